import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='SecurityLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('event', models.CharField(max_length=60)),
                ('actor', models.CharField(blank=True, default='', help_text='user:3, client:7, system', max_length=100)),
                ('object_type', models.CharField(blank=True, default='', max_length=60)),
                ('object_id', models.CharField(blank=True, default='', max_length=60)),
                ('request_id', models.CharField(blank=True, default='', max_length=32)),
                ('result', models.CharField(default='ok', max_length=40)),
                ('data', models.JSONField(blank=True, default=dict)),
            ],
            options={
                'indexes': [models.Index(fields=['-at'], name='clg_securitylog_recent')],
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION '% refused: table % is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';", hash='13093b0f061a34720043b38ad1a1115bce5d6e70', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_append_only_36d5a', table='clg_securitylog', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='OutboxEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('type', models.CharField(max_length=80)),
                ('object_type', models.CharField(max_length=40)),
                ('object_id', models.UUIDField(help_text='public_id of the object')),
                ('version', models.BigIntegerField(null=True)),
                ('changed_fields', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), db_default=[], default=list, size=None)),
                ('refs', models.JSONField(db_default={}, default=dict, help_text='object type -> public_id in hex')),
                ('origin_kind', models.CharField(db_default='system', default='system', max_length=20)),
                ('origin_source', models.CharField(db_default='', default='', max_length=100)),
                ('origin_actor', models.CharField(db_default='', default='', help_text='client:7, user:3', max_length=100)),
                ('trace_id', models.CharField(db_default='', default='', max_length=255)),
                ('occurred_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('position', models.BigIntegerField(null=True, unique=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('position', None)), fields=['id'], name='clg_outboxevent_unnumbered')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('version__isnull', False)), fields=('type', 'object_type', 'object_id', 'version'), name='clg_outboxevent_once_a_version')],
            },
        ),
        migrations.CreateModel(
            name='FeedState',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('epoch', models.UUIDField(default=uuid.uuid4)),
                ('last_position', models.BigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='clg_feedstate_one_row')],
            },
        ),
        migrations.CreateModel(
            name='FeedConsumer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('position', models.BigIntegerField(default=0)),
                ('lease_until', models.DateTimeField(null=True)),
                ('fence', models.BigIntegerField(default=0)),
                ('attempts', models.IntegerField(default=0)),
                ('last_error', models.TextField(blank=True, default='')),
            ],
        ),
        migrations.CreateModel(
            name='ConsumerFailure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('consumer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='failures', to='clg.feedconsumer')),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='clg.outboxevent')),
                ('error', models.TextField()),
                ('failed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('consumer', 'event'), name='clg_consumerfailure_once_an_event')],
            },
        ),
        migrations.CreateModel(
            name='SweepTick',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('job', models.CharField(max_length=80)),
                ('tick', models.BigIntegerField(help_text='whole intervals since 1970')),
                ('claimed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('job', 'tick'), name='clg_sweeptick_once')],
            },
        ),
        migrations.CreateModel(
            name='IdempotencyKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('principal', models.CharField(help_text='client:7 or user:3', max_length=100)),
                ('key', models.CharField(max_length=255)),
                ('fingerprint', models.BinaryField(max_length=32)),
                ('status', models.SmallIntegerField()),
                ('headers', models.JSONField(default=dict)),
                ('body', models.BinaryField(help_text='encrypted with FIELD_KEYS: it may hold a secret that is shown once')),
                ('refs', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, help_text='public ids touched', size=None)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('expires_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['expires_at'], name='clg_idempotencykey_purge')],
                'constraints': [models.UniqueConstraint(fields=('principal', 'key'), name='clg_idempotencykey_once')],
            },
        ),
        migrations.CreateModel(
            name='RateBucket',
            fields=[
                ('key', models.CharField(max_length=120, primary_key=True, serialize=False)),
                ('tokens', models.FloatField()),
                ('refilled_at', models.DateTimeField()),
            ],
        ),
    ]
