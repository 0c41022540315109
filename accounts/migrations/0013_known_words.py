"""Every column with choices holds one of them, whoever writes: a check in the database each."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0012_identity_source_index'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='apiclient',
            constraint=models.CheckConstraint(condition=models.Q(('batch_status__in', [207, 200])), name='accounts_apiclient_batch_status_known'),
        ),
        migrations.AddConstraint(
            model_name='apiclient',
            constraint=models.CheckConstraint(condition=models.Q(('authorization_grant_type', 'client-credentials'), ('client_type', 'confidential')), name='accounts_apiclient_credentials_only'),
        ),
        migrations.AddConstraint(
            model_name='externalidentity',
            constraint=models.CheckConstraint(condition=models.Q(('object_type__in', ['account', 'contact', 'opportunity'])), name='accounts_externalidentity_object_type_known'),
        ),
        migrations.AddConstraint(
            model_name='externalidentity',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['active', 'deleted', 'merged', 'suppressed'])), name='accounts_externalidentity_state_known'),
        ),
        migrations.AddConstraint(
            model_name='importjob',
            constraint=models.CheckConstraint(condition=models.Q(('object_type__in', ['account', 'contact', 'opportunity'])), name='accounts_importjob_object_type_known'),
        ),
        migrations.AddConstraint(
            model_name='importjob',
            constraint=models.CheckConstraint(condition=models.Q(('file_format__in', ['csv', 'ndjson'])), name='accounts_importjob_file_format_known'),
        ),
        migrations.AddConstraint(
            model_name='importjob',
            constraint=models.CheckConstraint(condition=models.Q(('operation__in', ['upsert', 'update_only', 'delete', 'restore'])), name='accounts_importjob_operation_known'),
        ),
        migrations.AddConstraint(
            model_name='mergeevent',
            constraint=models.CheckConstraint(condition=models.Q(('object_type__in', ['account', 'contact', 'opportunity'])), name='accounts_mergeevent_object_type_known'),
        ),
        migrations.AddConstraint(
            model_name='receivedhour',
            constraint=models.CheckConstraint(condition=models.Q(('object_type__in', ['account', 'contact', 'opportunity'])), name='accounts_receivedhour_object_type_known'),
        ),
    ]
