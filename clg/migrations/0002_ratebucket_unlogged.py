from django.db import migrations


class Migration(migrations.Migration):
    """Rate buckets are worth nothing after a crash: spare their writes the log."""

    dependencies = [("clg", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE clg_ratebucket SET UNLOGGED", reverse_sql="ALTER TABLE clg_ratebucket SET LOGGED"
        )
    ]
