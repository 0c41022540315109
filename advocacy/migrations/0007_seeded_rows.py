"""What every installation begins with: the readiness weights and the rule models of attribution."""

from django.db import migrations

# --- Weight set 1, active, and the decay of every half-life in use. -------------------------------------------------
# kind, weight, half-life in days (none: does not decay); the sum of the weights is 100.
WEIGHTS = [
    ("relationship", 18, 120),
    ("nps", 15, 180),
    ("health", 12, 60),
    ("success_plan", 12, 365),
    ("usage", 8, 45),
    ("adoption", 8, 90),
    ("sentiment", 6, 90),
    ("support", 5, 30),
    ("executive_review", 4, 180),
    ("usage_trend", 4, 30),
    ("csat", 3, 120),
    ("tenure", 3, None),
    ("community", 2, 90),
]

# Numeric `power`, no floats: 0.5 ^ (7 weeks / half-life) in millionths, half up, as far as a row counts (3 half-lives).
FILL_DECAY = """
INSERT INTO advocacy_readinessdecay (half_life_days, weeks, decay_micros)
SELECT h.days, w.weeks, round(power(0.5::numeric, (7 * w.weeks)::numeric / h.days), 6) * 1000000
  FROM (SELECT DISTINCT half_life_days AS days FROM advocacy_readinessweight WHERE half_life_days IS NOT NULL) h,
       LATERAL generate_series(0, 3 * h.days / 7) AS w (weeks)
ON CONFLICT DO NOTHING
"""


def seed_weights(apps, schema_editor):
    models = apps.get_model("advocacy", "ReadinessModel").objects
    if models.exists():
        return
    first = models.create(version=1, state="draft", reason="The weights this software comes with.")
    weight = apps.get_model("advocacy", "ReadinessWeight")
    weight.objects.bulk_create(
        weight(model=first, kind=kind, weight=points, half_life_days=half_life, missing="reweight")
        for kind, points, half_life in WEIGHTS
    )
    models.filter(pk=first.pk).update(state="active")
    schema_editor.execute(FILL_DECAY)


# --- Attribution models. Influenced ones share one form and differ in how they weigh. -------------------------------
ALL_RUNGS = [1, 2, 3, 4, 5, 6]
ALL_KINDS = ["new_business", "expansion", "renewal"]

# key, name, description, family, parameters, is active
INFLUENCED = [
    ("linear", "Linear", "Every eligible touch earns the same.", "positions", {"preset": "linear"}, True),
    ("u", "U-shaped", "40 % to the first and the last touch, 20 % between them.", "positions", {"preset": "u"}, True),
    ("last", "Last touch", "All to the last eligible touch.", "positions", {"preset": "last"}, True),
    ("decay", "Time decay", "A touch earns half as much for every 30 days before the last one.", "time_decay",
     {"half_life_hours": 720}, True),
    ("first", "First touch", "All to the first eligible touch.", "positions", {"preset": "first"}, False),
    ("j", "J-shaped", "20 % to the first touch, 60 % to the last, 20 % between.", "positions", {"preset": "j"}, False),
    ("inverse-j", "Inverse J", "60 % to the first touch, 20 % to the last, 20 % between.", "positions",
     {"preset": "inverse_j"}, False),
    ("w", "W-shaped", "30 % each to first touch, lead and opening, 10 % between.", "positions", {"preset": "w"}, False),
    ("full-path", "Full path", "22.5 % each to first touch, lead, opening and closing, 10 % between.", "positions",
     {"preset": "full_path"}, False),
    ("last-non", "Last but logo and quote", "All to the last touch that is neither a logo nor a quote.", "last_non",
     {"exclude": ["logo", "quote"]}, False),
    ("stages", "Own stages", "30 % at opening, 30 % at closing, 40 % between.", "positions",
     {"weights": {"opened": "0.3", "closed": "0.3"}, "middle": "0.4"}, False),
]


def seed_models(apps, schema_editor):
    model_rows = apps.get_model("advocacy", "AttributionModel").objects
    version_rows = apps.get_model("advocacy", "AttributionModelVersion").objects

    def add(key, name, question, description, is_active, is_default, **rule):
        if model_rows.filter(key=key).exists():
            return
        model = model_rows.create(
            key=key, name=name, question=question, description=description, is_active=False, is_default=False
        )
        version = version_rows.create(model=model, number=1, note="Seeded", window_days=180, **rule)
        model_rows.filter(pk=model.pk).update(
            current_version=version, is_active=is_active, is_default=is_default
        )

    add(
        "sourced-first", "Sourced, first", "sourced", "All to the earliest activity that sourced the deal.", True, True,
        family="positions", parameters={"preset": "first"}, anchor="opened", dedupe="none", rungs=ALL_RUNGS,
        sides=["own", "family", "peer"], opportunity_kinds=["new_business", "expansion"],
    )
    for key, name, description, family, parameters, is_active in INFLUENCED:
        add(
            f"influenced-{key}", f"Influenced, {name[0].lower()}{name[1:]}", "influenced", description, is_active,
            key == "linear", family=family, parameters=parameters, anchor="closed", dedupe="collapse",
            rungs=[1, 2, 3, 4], sides=["peer", "family"], opportunity_kinds=ALL_KINDS,
        )


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0006_attribution_marks")]

    # The rows stay on the way back: versions are append-only, and scores and the ledger may point to them.
    operations = [
        migrations.RunPython(seed_weights, migrations.RunPython.noop),
        migrations.RunPython(seed_models, migrations.RunPython.noop),
    ]
