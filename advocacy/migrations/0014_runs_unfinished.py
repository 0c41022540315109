"""What to work on next is found without reading the runs that are done: there is one more each minute that had work."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("advocacy", "0013_guards_by_index")]

    operations = [
        migrations.AddIndex(
            model_name="attributionrun",
            index=models.Index(
                fields=["branch_id", "id"],
                condition=models.Q(status__in=["queued", "running"]),
                name="advocacy_run_unfinished",
            ),
        ),
    ]
