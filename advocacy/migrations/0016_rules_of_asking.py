"""What every installation begins with: the uses, one budget for everybody, the public sector's limits of gifts."""

import datetime as dt

from django.db import migrations

# use, keys, minutes, days of rest after doing, asks in 90 days, base acceptance in percent. `readiness` table 6.1.
USES = [
    ("invitation", "", 5, 0, 1, 50),
    ("grant_request", "", 5, 0, 2, 55),
    ("survey", "", 5, 7, 2, 40),
    ("review", "P", 20, 14, 1, 55),
    ("social", "P", 5, 7, 2, 60),
    ("referral", "P", 10, 14, 2, 45),
    ("anonymous_quote", "P", 10, 14, 2, 70),
    ("quote", "PC", 15, 14, 2, 60),
    ("logo", "C", 5, 0, 1, 45),
    ("email_qa", "PC", 30, 14, 2, 65),
    ("written_reference", "PC", 45, 30, 2, 55),
    ("award", "PC", 30, 30, 1, 45),
    ("investor_material", "PC", 15, 30, 1, 35),
    ("call", "PC", 45, 30, 2, 62),
    ("group_call", "PC", 60, 30, 2, 55),
    ("site_visit", "PC", 120, 90, 1, 30),
    ("video", "PC", 60, 30, 1, 40),
    ("podcast", "PC", 60, 30, 1, 40),
    ("webinar", "PC", 120, 60, 1, 40),
    ("press", "PC", 45, 60, 1, 30),
    ("analyst", "PC", 45, 30, 1, 45),
    ("case_study", "PC", 120, 60, 1, 40),
    ("event_talk", "PC", 240, 90, 1, 35),
    ("advisory_board", "PC", 120, 30, 1, 50),
    ("beta", "PC", 60, 30, 1, 55),
    ("ai_training", "PC", None, 0, None, None),
]
SINCE = dt.date(2000, 1, 1)
US_LIMIT = "5 CFR 2635.204(a), https://www.law.cornell.edu/cfr/text/5/2635.204"


def seed_uses(apps, schema_editor):
    rules = apps.get_model("advocacy", "UseRule")
    rules.objects.bulk_create(
        (
            rules(
                use=use,
                needs_person="P" in keys,
                needs_company="C" in keys,
                minutes=minutes,
                rest_days=rest,
                cap=cap,
                base_percent=base,
            )
            for use, keys, minutes, rest, cap, base in USES
        ),
        ignore_conflicts=True,
    )


def seed_budget(apps, schema_editor):
    budgets = apps.get_model("advocacy", "EffortBudget").objects
    if not budgets.filter(scope="tenant").exists():
        budgets.create(
            scope="tenant",
            person_minutes=120,
            account_minutes=300,
            max_asks=3,
            max_open_asks=1,
            reason="The budget this software comes with.",
            valid_from=SINCE,
        )


def seed_gift_limits(apps, schema_editor):
    limits = apps.get_model("advocacy", "GiftLimit")
    first = {"use": "*", "cash_allowed": False, "currency": "USD", "valid_from": SINCE, "sector": "public"}
    limits.objects.bulk_create(
        [
            limits(country="US", per_gift_minor=2000, per_year_minor=5000, source=US_LIMIT, **first),
            limits(country="*", per_gift_minor=0, per_year_minor=0, source="Nothing, until a limit is known", **first),
        ],
        ignore_conflicts=True,
    )


def seed(apps, schema_editor):
    seed_uses(apps, schema_editor)
    seed_budget(apps, schema_editor)
    seed_gift_limits(apps, schema_editor)


class Migration(migrations.Migration):

    dependencies = [
        ("advocacy", "0015_asks_and_grants"),
    ]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
