from django.db import migrations


class Migration(migrations.Migration):
    """The one row that numbers the outbox."""

    dependencies = [("clg", "0002_ratebucket_unlogged")]

    operations = [
        migrations.RunSQL(
            "INSERT INTO clg_feedstate (id, epoch, last_position) VALUES (1, gen_random_uuid(), 0) ON CONFLICT DO NOTHING",
            reverse_sql="DELETE FROM clg_feedstate",
        )
    ]
