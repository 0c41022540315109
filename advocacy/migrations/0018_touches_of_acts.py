"""Touches of an act and of a champion are found by index in all their versions: a line of the ledger names the version
that stood when it was written, so the current ones alone do not tell what an act earned.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0017_records")]

    operations = [
        migrations.RemoveIndex(model_name="touch", name="advocacy_touch_activity"),
        migrations.RemoveIndex(model_name="touch", name="advocacy_touch_champion"),
        migrations.AddIndex(
            model_name="touch", index=models.Index(fields=["activity"], name="advocacy_touch_activity")
        ),
        migrations.AddIndex(
            model_name="touch", index=models.Index(fields=["champion"], name="advocacy_touch_champion")
        ),
    ]
