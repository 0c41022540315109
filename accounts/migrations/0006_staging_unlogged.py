from django.db import migrations

TABLES = ["accounts_stagedaccount", "accounts_stagedcontact", "accounts_stagedopportunity"]


class Migration(migrations.Migration):
    """Staging rows live for one transaction: no log for them, and a vacuum that keeps up with whole batches."""

    dependencies = [("accounts", "0005_sync_engine")]

    operations = [
        migrations.RunSQL(
            [
                statement
                for table in TABLES
                for statement in (
                    f"ALTER TABLE {table} SET UNLOGGED",
                    f"ALTER TABLE {table} SET (autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_scale_factor = 0)",
                )
            ],
            reverse_sql=[f"ALTER TABLE {table} SET LOGGED" for table in TABLES],
        )
    ]
