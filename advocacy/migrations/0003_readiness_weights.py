from django.db import migrations

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


def seed(apps, schema_editor):
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


class Migration(migrations.Migration):
    """Weight set 1, active, and the decay of every half-life in use."""

    dependencies = [("advocacy", "0002_readiness_guards")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
