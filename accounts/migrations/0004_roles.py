from django.db import migrations

ROLES = ["administrator", "marketer", "sales", "csm", "leader", "auditor", "legal", "finance", "revops"]


def make_roles(apps, schema_editor):
    group = apps.get_model("auth", "Group")
    for name in ROLES:
        group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    """The roles of security 2.1 as groups."""

    dependencies = [("accounts", "0003_staging")]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
