"""Every column with choices holds one of them, whoever writes: a check in the database each."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clg', '0008_webhooks'),
    ]

    operations = [
        migrations.AlterField(
            model_name='outboxevent',
            name='origin_kind',
            field=models.CharField(choices=[('user', 'User'), ('client', 'Client'), ('link', 'Link'), ('anonymous', 'Anonymous visitor'), ('import', 'Import'), ('task', 'Task'), ('command', 'Command'), ('system', 'System')], db_default='system', default='system', max_length=20),
        ),
        migrations.AddConstraint(
            model_name='outboxevent',
            constraint=models.CheckConstraint(condition=models.Q(('origin_kind__in', ['user', 'client', 'link', 'anonymous', 'import', 'task', 'command', 'system'])), name='clg_outboxevent_origin_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(('disabled_reason__in', ['', 'gone', 'failing', 'by_hand'])), name='clg_webhookendpoint_disabled_reason_known'),
        ),
    ]
