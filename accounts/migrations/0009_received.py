import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

OBJECT_TYPES = [('account', 'Account'), ('contact', 'Contact'), ('opportunity', 'Opportunity')]


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_merges'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReceivedHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('object_type', models.CharField(choices=OBJECT_TYPES, max_length=20)),
                ('hour', models.DateTimeField(help_text='its first moment, UTC')),
                ('counts', models.JSONField(default=dict, help_text='outcome -> items')),
                ('refused', models.JSONField(default=dict, help_text='code -> failed items, each under its first code')),
                ('received_at', models.DateTimeField(help_text='the last batch')),
                ('clock', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), help_text='newest of the hour, as a pair', null=True, size=2)),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='received_hours', to='accounts.crmsource')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source', 'object_type', 'hour'), name='accounts_receivedhour_once')],
            },
        ),
        migrations.CreateModel(
            name='UnmappedStage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stage', models.CharField(max_length=100)),
                ('items', models.BigIntegerField(default=0, help_text='items that brought it')),
                ('first_received_at', models.DateTimeField()),
                ('received_at', models.DateTimeField(help_text='the last such item')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='unmapped_stages', to='accounts.crmsource')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('source', 'stage'), name='accounts_unmappedstage_once')],
            },
        ),
    ]
