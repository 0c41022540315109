from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0009_received'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='account',
            index=models.Index(condition=Q(('complete', False), ('deleted_at', None)), fields=['created_at'], name='accounts_account_unfinished'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(condition=Q(('complete', False), ('deleted_at', None)), fields=['created_at'], name='accounts_contact_unfinished'),
        ),
        migrations.AddIndex(
            model_name='opportunity',
            index=models.Index(condition=Q(('complete', False), ('deleted_at', None)), fields=['created_at'], name='accounts_deal_unfinished'),
        ),
        migrations.AddIndex(
            model_name='syncconflict',
            index=models.Index(fields=['source', '-at'], name='accounts_conflict_newest'),
        ),
    ]
