from django.db import migrations


class Migration(migrations.Migration):
    """Rate buckets are worth nothing after a crash: spare their writes the log. The one row that numbers the outbox."""

    dependencies = [("clg", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE clg_ratebucket SET UNLOGGED", reverse_sql="ALTER TABLE clg_ratebucket SET LOGGED"
        ),
        migrations.RunSQL(
            "INSERT INTO clg_feedstate (id, epoch, last_position) VALUES (1, gen_random_uuid(), 0) ON CONFLICT DO NOTHING",
            reverse_sql="DELETE FROM clg_feedstate",
        ),
    ]
