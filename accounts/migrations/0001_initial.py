import accounts.models.user
import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import oauth2_provider.generators
import oauth2_provider.models
import pgtrigger.compiler
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    # The client model must exist before the tables of the OAuth toolkit point at it.
    run_before = [("oauth2_provider", "0001_initial")]

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='CrmSource',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('salesforce', 'Salesforce'), ('hubspot', 'HubSpot'), ('other', 'Other')], max_length=20)),
                ('ordering', models.CharField(choices=[('updated_at', 'Moment of change'), ('version', 'Version number')], default='updated_at', max_length=20)),
                ('rank', models.PositiveSmallIntegerField(help_text='1 is highest: its values win', unique=True)),
                ('time_zone', models.CharField(default='UTC', max_length=64)),
                ('currency', models.CharField(blank=True, default='', help_text='of amounts that name none', max_length=3)),
                ('match_accounts_by_domain', models.BooleanField(default=False)),
                ('match_contacts_by_email', models.BooleanField(default=False)),
                ('stage_map', models.JSONField(blank=True, default=dict, help_text='stage -> {"outcome": "won", "order": 5}')),
                ('value_maps', models.JSONField(blank=True, default=dict, help_text='map name -> {their value: our value}')),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'ordering': ['rank'],
                'constraints': [models.CheckConstraint(condition=models.Q(('rank__gt', 0)), name='accounts_crmsource_rank_positive'), models.CheckConstraint(condition=models.Q(('kind__in', ['salesforce', 'hubspot', 'other'])), name='accounts_crmsource_kind_known'), models.CheckConstraint(condition=models.Q(('ordering__in', ['updated_at', 'version'])), name='accounts_crmsource_ordering_known')],
                'triggers': [pgtrigger.compiler.Trigger(name='ordering_frozen', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.ordering IS DISTINCT FROM NEW.ordering)', func="IF EXISTS (SELECT FROM accounts_externalidentity i WHERE i.source_id = OLD.id) THEN RAISE EXCEPTION 'the ordering of a source with identities is frozen' USING ERRCODE = 'restrict_violation'; END IF; RETURN NEW;", hash='ed9c646b170ca15a12121ba594e2d8b0c8e5e1dd', operation='UPDATE OF "ordering"', pgid='pgtrigger_ordering_frozen_807b8', table='accounts_crmsource', when='BEFORE')), pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_crmsourcehistory" ("created_at", "currency", "id", "is_active", "kind", "match_accounts_by_domain", "match_contacts_by_email", "name", "ordering", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_id", "rank", "slug", "stage_map", "time_zone", "value_maps") SELECT new_values."created_at", new_values."currency", new_values."id", new_values."is_active", new_values."kind", new_values."match_accounts_by_domain", new_values."match_contacts_by_email", new_values."name", new_values."ordering", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."public_id", new_values."rank", new_values."slug", new_values."stage_map", new_values."time_zone", new_values."value_maps" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='5de1f1a127a8de21f7a2a48f711c4407280fc3e4', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_9e51b', referencing='REFERENCING NEW TABLE AS new_values ', table='accounts_crmsource', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_crmsourcehistory" ("created_at", "currency", "id", "is_active", "kind", "match_accounts_by_domain", "match_contacts_by_email", "name", "ordering", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_id", "rank", "slug", "stage_map", "time_zone", "value_maps") SELECT new_values."created_at", new_values."currency", new_values."id", new_values."is_active", new_values."kind", new_values."match_accounts_by_domain", new_values."match_contacts_by_email", new_values."name", new_values."ordering", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."public_id", new_values."rank", new_values."slug", new_values."stage_map", new_values."time_zone", new_values."value_maps" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='72b14ab48c2e2c6d19d25ec27bb538ff6d23cb05', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_dd59e', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='accounts_crmsource', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_crmsourcehistory" ("created_at", "currency", "id", "is_active", "kind", "match_accounts_by_domain", "match_contacts_by_email", "name", "ordering", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_id", "rank", "slug", "stage_map", "time_zone", "value_maps") SELECT old_values."created_at", old_values."currency", old_values."id", old_values."is_active", old_values."kind", old_values."match_accounts_by_domain", old_values."match_contacts_by_email", old_values."name", old_values."ordering", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."public_id", old_values."rank", old_values."slug", old_values."stage_map", old_values."time_zone", old_values."value_maps" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='d42fb631ec1b7caf3b72ecd01abce8f53bfd63ba', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_93679', referencing='REFERENCING OLD TABLE AS old_values ', table='accounts_crmsource', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='CrmSourceHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='accounts.crmsource')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('public_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False)),
                ('slug', models.SlugField(db_index=False, max_length=60)),
                ('name', models.CharField(max_length=100)),
                ('kind', models.CharField(choices=[('salesforce', 'Salesforce'), ('hubspot', 'HubSpot'), ('other', 'Other')], max_length=20)),
                ('ordering', models.CharField(choices=[('updated_at', 'Moment of change'), ('version', 'Version number')], default='updated_at', max_length=20)),
                ('rank', models.PositiveSmallIntegerField(help_text='1 is highest: its values win')),
                ('time_zone', models.CharField(default='UTC', max_length=64)),
                ('currency', models.CharField(blank=True, default='', help_text='of amounts that name none', max_length=3)),
                ('match_accounts_by_domain', models.BooleanField(default=False)),
                ('match_contacts_by_email', models.BooleanField(default=False)),
                ('stage_map', models.JSONField(blank=True, default=dict, help_text='stage -> {"outcome": "won", "order": 5}')),
                ('value_maps', models.JSONField(blank=True, default=dict, help_text='map name -> {their value: our value}')),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(pgid='pgtrigger_append_only_519f3', func="RAISE EXCEPTION '% refused: table % is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';", table='accounts_crmsourcehistory', when='BEFORE', operation='UPDATE OR DELETE OR TRUNCATE', level='STATEMENT', hash='226f83dc26d6480d71db4c97eafcdb6a5039a079'))],
            },
        ),
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True)),
                ('superior', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.team')),
            ],
            options={
                'ordering': ['name'],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_teamhistory" ("id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "superior_id") SELECT new_values."id", new_values."name", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."superior_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='25d7914a07de1b9a436c091e9ec20571368f5c33', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_71b40', referencing='REFERENCING NEW TABLE AS new_values ', table='accounts_team', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_teamhistory" ("id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "superior_id") SELECT new_values."id", new_values."name", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."superior_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='ff2d3ba3e336a93f182b0cecd11494e28d62fab0', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_529da', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='accounts_team', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_teamhistory" ("id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "superior_id") SELECT old_values."id", old_values."name", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."superior_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='7947e95c7b471d5b3d5a0942f31c0b97e1b23135', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_5bd04', referencing='REFERENCING OLD TABLE AS old_values ', table='accounts_team', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='TeamHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='accounts.team')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('name', models.CharField(max_length=100)),
                ('superior', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.team')),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(pgid='pgtrigger_append_only_888d1', func="RAISE EXCEPTION '% refused: table % is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';", table='accounts_teamhistory', when='BEFORE', operation='UPDATE OR DELETE OR TRUNCATE', level='STATEMENT', hash='07b7f33ca6e4c67cd772e7251d500d07d5c08229'))],
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False, unique=True)),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(max_length=254)),
                ('name', models.CharField(blank=True, max_length=150)),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='members', to='accounts.team')),
                ('superior', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reports', to=settings.AUTH_USER_MODEL)),
                ('time_zone', models.CharField(default='UTC', max_length=64)),
                ('is_staff', models.BooleanField(default=True, verbose_name='may open the admin')),
                ('is_active', models.BooleanField(default=True, verbose_name='may sign in')),
                ('joined_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'ordering': ['email'],
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='accounts_user_email_once', violation_error_message='Somebody with this email address exists already.')],
                'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_userhistory" ("email", "id", "is_active", "is_staff", "is_superuser", "joined_at", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_id", "superior_id", "team_id", "time_zone") SELECT new_values."email", new_values."id", new_values."is_active", new_values."is_staff", new_values."is_superuser", new_values."joined_at", new_values."name", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."public_id", new_values."superior_id", new_values."team_id", new_values."time_zone" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='4d0efb4ee984f81ecfcedee0f4acfc3d41eaa451', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_3867c', referencing='REFERENCING NEW TABLE AS new_values ', table='accounts_user', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_userhistory" ("email", "id", "is_active", "is_staff", "is_superuser", "joined_at", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_id", "superior_id", "team_id", "time_zone") SELECT new_values."email", new_values."id", new_values."is_active", new_values."is_staff", new_values."is_superuser", new_values."joined_at", new_values."name", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."public_id", new_values."superior_id", new_values."team_id", new_values."time_zone" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."email" IS DISTINCT FROM (new_values."email") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."is_active" IS DISTINCT FROM (new_values."is_active") OR old_values."is_staff" IS DISTINCT FROM (new_values."is_staff") OR old_values."is_superuser" IS DISTINCT FROM (new_values."is_superuser") OR old_values."joined_at" IS DISTINCT FROM (new_values."joined_at") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."public_id" IS DISTINCT FROM (new_values."public_id") OR old_values."superior_id" IS DISTINCT FROM (new_values."superior_id") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."time_zone" IS DISTINCT FROM (new_values."time_zone")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='ff239bd9438fa5a6931c6aaeed1623dd0a99417d', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_0e890', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='accounts_user', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_userhistory" ("email", "id", "is_active", "is_staff", "is_superuser", "joined_at", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "public_id", "superior_id", "team_id", "time_zone") SELECT old_values."email", old_values."id", old_values."is_active", old_values."is_staff", old_values."is_superuser", old_values."joined_at", old_values."name", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."public_id", old_values."superior_id", old_values."team_id", old_values."time_zone" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='224bee829926035c333b6522f55e3b24c2dabb1f', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_19f14', referencing='REFERENCING OLD TABLE AS old_values ', table='accounts_user', when='AFTER'))],
            },
            managers=[
                ('objects', accounts.models.user.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name='ApiClient',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('client_id', models.CharField(db_index=True, default=oauth2_provider.generators.generate_client_id, max_length=255, unique=True, verbose_name='client ID')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='%(app_label)s_%(class)s', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('redirect_uris', models.TextField(blank=True, help_text='Allowed URIs list, space separated', verbose_name='redirect URIs')),
                ('post_logout_redirect_uris', models.TextField(blank=True, default='', help_text='Allowed Post Logout URIs list, space separated', verbose_name='post logout redirect URIs')),
                ('client_type', models.CharField(choices=[('confidential', 'Confidential'), ('public', 'Public')], max_length=32, verbose_name='client type')),
                ('authorization_grant_type', models.CharField(choices=[('authorization-code', 'Authorization code'), ('urn:ietf:params:oauth:grant-type:device_code', 'Device Code'), ('implicit', 'Implicit'), ('password', 'Resource owner password-based'), ('client-credentials', 'Client credentials'), ('openid-hybrid', 'OpenID connect hybrid')], max_length=44, verbose_name='authorization grant type')),
                ('client_secret', oauth2_provider.models.ClientSecretField(blank=True, db_index=True, default=oauth2_provider.generators.generate_client_secret, help_text='Client secret for authentication', max_length=255, verbose_name='client secret')),
                ('hash_client_secret', models.BooleanField(default=True, verbose_name='hash client secret')),
                ('name', models.CharField(blank=True, max_length=255, verbose_name='name')),
                ('skip_authorization', models.BooleanField(default=False, verbose_name='skip authorization')),
                ('created', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated', models.DateTimeField(auto_now=True, verbose_name='updated')),
                ('algorithm', models.CharField(blank=True, choices=[('', 'No OIDC support'), ('RS256', 'RSA with SHA-2 256'), ('HS256', 'HMAC with SHA-2 256')], default='', max_length=5, verbose_name='algorithm')),
                ('allowed_origins', models.TextField(blank=True, default='', help_text='Allowed origins list to enable CORS, space separated', verbose_name='allowed origins')),
                ('registration_source', models.CharField(choices=[('manual', 'Manual'), ('dcr', 'Dynamic Client Registration'), ('cimd', 'Client ID Metadata Document')], default='manual', help_text='How this application was registered (manual, DCR per RFC 7591, or CIMD)', max_length=32, verbose_name='registration source')),
                ('cimd_expires_at', models.DateTimeField(blank=True, default=None, help_text='When the cached Client ID Metadata Document should be re-fetched', null=True, verbose_name='CIMD expires at')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clients', to='accounts.crmsource')),
                ('allowed_scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), default=list, size=None)),
                ('ip_ranges', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), blank=True, default=list, size=None)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('is_active', models.BooleanField(default=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('batch_status', models.SmallIntegerField(choices=[(207, '207 Multi-Status'), (200, '200 OK')], default=207, help_text='answer to a batch')),
            ],
            options={
                'abstract': False,
                'swappable': 'OAUTH2_PROVIDER_APPLICATION_MODEL',
            },
        ),
        migrations.CreateModel(
            name='UserHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to=settings.AUTH_USER_MODEL)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('public_id', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid.uuid4, editable=False)),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(max_length=254)),
                ('name', models.CharField(blank=True, max_length=150)),
                ('team', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.team')),
                ('superior', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('time_zone', models.CharField(default='UTC', max_length=64)),
                ('is_staff', models.BooleanField(default=True, verbose_name='may open the admin')),
                ('is_active', models.BooleanField(default=True, verbose_name='may sign in')),
                ('joined_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(pgid='pgtrigger_append_only_4f815', func="RAISE EXCEPTION '% refused: table % is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';", table='accounts_userhistory', when='BEFORE', operation='UPDATE OR DELETE OR TRUNCATE', level='STATEMENT', hash='614a278ed8e6f66370038744478084cfda742d31'))],
            },
        ),
    ]
