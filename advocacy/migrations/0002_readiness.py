import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('advocacy', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReadinessModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(unique=True)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('active', 'Active'), ('retired', 'Retired')], default='draft', max_length=10)),
                ('reason', models.TextField(blank=True, default='')),
                ('made_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('activated_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('activated_at', models.DateTimeField(blank=True, null=True)),
                ('ready_from', models.DecimalField(decimal_places=2, default=70, max_digits=5)),
                ('warming_from', models.DecimalField(decimal_places=2, default=50, max_digits=5)),
                ('min_confidence', models.DecimalField(decimal_places=2, default=40, max_digits=5)),
                ('history_threshold', models.DecimalField(decimal_places=2, default=1, max_digits=5)),
            ],
            options={
                'ordering': ['-version'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('state',), name='advocacy_readinessmodel_one_active'), models.CheckConstraint(condition=models.Q(('ready_from__gt', models.F('warming_from'))), name='advocacy_readinessmodel_bands_in_order'), models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'active', 'retired'])), name='advocacy_readinessmodel_state_known')],
                'triggers': [pgtrigger.compiler.Trigger(name='frozen', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NOT (OLD."state" = \'draft\'))', declare='DECLARE before advocacy_readinessmodel%ROWTYPE;', func="\n                    IF TG_OP = 'UPDATE' AND OLD.state = 'active' AND NEW.state = 'retired' THEN\n                        before := NEW;\n                        before.state := 'active';\n                        IF before IS NOT DISTINCT FROM OLD THEN RETURN NEW; END IF;\n                    END IF;\n                    RAISE EXCEPTION '% refused: weight set % is frozen', TG_OP, OLD.version\n                        USING ERRCODE = 'restrict_violation';\n                ", hash='8fb698431d553991c2065dfdb59fcd9bd351602e', operation='UPDATE OR DELETE', pgid='pgtrigger_frozen_9105e', table='advocacy_readinessmodel', when='BEFORE')), pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "advocacy_readinessmodelhistory" ("activated_at", "activated_by_id", "history_threshold", "id", "made_by_id", "min_confidence", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ready_from", "reason", "state", "version", "warming_from") SELECT new_values."activated_at", new_values."activated_by_id", new_values."history_threshold", new_values."id", new_values."made_by_id", new_values."min_confidence", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."ready_from", new_values."reason", new_values."state", new_values."version", new_values."warming_from" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='0d8c3821e23e25b85decb818f50b6605335bcf7e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_895b2', referencing='REFERENCING NEW TABLE AS new_values ', table='advocacy_readinessmodel', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "advocacy_readinessmodelhistory" ("activated_at", "activated_by_id", "history_threshold", "id", "made_by_id", "min_confidence", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ready_from", "reason", "state", "version", "warming_from") SELECT new_values."activated_at", new_values."activated_by_id", new_values."history_threshold", new_values."id", new_values."made_by_id", new_values."min_confidence", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."ready_from", new_values."reason", new_values."state", new_values."version", new_values."warming_from" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='8b613f538b1de2a516275f020147976da278e413', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_7c45c', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='advocacy_readinessmodel', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "advocacy_readinessmodelhistory" ("activated_at", "activated_by_id", "history_threshold", "id", "made_by_id", "min_confidence", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ready_from", "reason", "state", "version", "warming_from") SELECT old_values."activated_at", old_values."activated_by_id", old_values."history_threshold", old_values."id", old_values."made_by_id", old_values."min_confidence", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."ready_from", old_values."reason", old_values."state", old_values."version", old_values."warming_from" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='be75d522ecb03e2765e61fe3c09cee3383f3fe71', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_a49bf', referencing='REFERENCING OLD TABLE AS old_values ', table='advocacy_readinessmodel', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='ReadinessModelHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='advocacy.readinessmodel')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('version', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('active', 'Active'), ('retired', 'Retired')], default='draft', max_length=10)),
                ('reason', models.TextField(blank=True, default='')),
                ('made_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('activated_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('activated_at', models.DateTimeField(blank=True, null=True)),
                ('ready_from', models.DecimalField(decimal_places=2, default=70, max_digits=5)),
                ('warming_from', models.DecimalField(decimal_places=2, default=50, max_digits=5)),
                ('min_confidence', models.DecimalField(decimal_places=2, default=40, max_digits=5)),
                ('history_threshold', models.DecimalField(decimal_places=2, default=1, max_digits=5)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(pgid='pgtrigger_append_only_33fbe', func="RAISE EXCEPTION '% refused: table % is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';", table='advocacy_readinessmodelhistory', when='BEFORE', operation='UPDATE OR DELETE OR TRUNCATE', level='STATEMENT', hash='cd618816800cd9f846ac443fc4a03fe89db8d6b7'))],
            },
        ),
        migrations.CreateModel(
            name='ReadinessWeight',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='weights', to='advocacy.readinessmodel')),
                ('kind', models.CharField(choices=[('relationship', 'Relationship'), ('nps', 'NPS'), ('health', 'Health score'), ('success_plan', 'Success plan'), ('usage', 'Usage'), ('adoption', 'Adoption'), ('sentiment', 'Sentiment'), ('support', 'Support load'), ('executive_review', 'Executive review'), ('usage_trend', 'Usage trend'), ('csat', 'CSAT'), ('tenure', 'Tenure'), ('community', 'Community'), ('escalation', 'Escalation'), ('risk', 'Risk')], max_length=20)),
                ('weight', models.PositiveSmallIntegerField()),
                ('half_life_days', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('missing', models.CharField(choices=[('reweight', 'Left out, the others carry its weight'), ('neutral', 'Counts as 50'), ('zero', 'Counts as 0')], default='reweight', max_length=10)),
            ],
            options={
                'ordering': ['-weight', 'kind'],
                'constraints': [models.UniqueConstraint(fields=('model', 'kind'), name='advocacy_readinessweight_once'), models.CheckConstraint(condition=models.Q(('weight__range', (0, 100))), name='advocacy_readinessweight_weight_range'), models.CheckConstraint(condition=models.Q(('half_life_days__isnull', True), ('half_life_days__range', (7, 3650)), _connector='OR'), name='advocacy_readinessweight_half_life_range'), models.CheckConstraint(condition=models.Q(('missing__in', ['reweight', 'neutral', 'zero'])), name='advocacy_readinessweight_missing_known')],
                'triggers': [pgtrigger.compiler.Trigger(name='frozen', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF EXISTS (\n                        SELECT FROM advocacy_readinessmodel m\n                         WHERE m.state <> 'draft'\n                           AND m.id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.model_id END,\n                                        CASE WHEN TG_OP <> 'DELETE' THEN NEW.model_id END)\n                    ) THEN\n                        RAISE EXCEPTION '% refused: the weight set is frozen', TG_OP\n                            USING ERRCODE = 'restrict_violation';\n                    END IF;\n                    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;\n                ", hash='45d6e8b92f7d87f087cbe6e0124241c351630ffd', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_frozen_00da9', table='advocacy_readinessweight', when='BEFORE')), pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "advocacy_readinessweighthistory" ("half_life_days", "id", "kind", "missing", "model_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "weight") SELECT new_values."half_life_days", new_values."id", new_values."kind", new_values."missing", new_values."model_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."weight" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='c11c7e4d9fe078e823d2bb21d32d335539f7f089', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_c3d67', referencing='REFERENCING NEW TABLE AS new_values ', table='advocacy_readinessweight', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "advocacy_readinessweighthistory" ("half_life_days", "id", "kind", "missing", "model_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "weight") SELECT new_values."half_life_days", new_values."id", new_values."kind", new_values."missing", new_values."model_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."weight" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='9507f1d4d609b38c3c55210ac6fb586bf444f479', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_35d4a', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='advocacy_readinessweight', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "advocacy_readinessweighthistory" ("half_life_days", "id", "kind", "missing", "model_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "weight") SELECT old_values."half_life_days", old_values."id", old_values."kind", old_values."missing", old_values."model_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."weight" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='d1f37c92b44ffb121f71cc53ca9d723fa8c15c03', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_c92b0', referencing='REFERENCING OLD TABLE AS old_values ', table='advocacy_readinessweight', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='ReadinessWeightHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='advocacy.readinessweight')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('model', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='advocacy.readinessmodel')),
                ('kind', models.CharField(choices=[('relationship', 'Relationship'), ('nps', 'NPS'), ('health', 'Health score'), ('success_plan', 'Success plan'), ('usage', 'Usage'), ('adoption', 'Adoption'), ('sentiment', 'Sentiment'), ('support', 'Support load'), ('executive_review', 'Executive review'), ('usage_trend', 'Usage trend'), ('csat', 'CSAT'), ('tenure', 'Tenure'), ('community', 'Community'), ('escalation', 'Escalation'), ('risk', 'Risk')], max_length=20)),
                ('weight', models.PositiveSmallIntegerField()),
                ('half_life_days', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('missing', models.CharField(choices=[('reweight', 'Left out, the others carry its weight'), ('neutral', 'Counts as 50'), ('zero', 'Counts as 0')], default='reweight', max_length=10)),
            ],
            options={
                'abstract': False,
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(pgid='pgtrigger_append_only_5e882', func="RAISE EXCEPTION '% refused: table % is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';", table='advocacy_readinessweighthistory', when='BEFORE', operation='UPDATE OR DELETE OR TRUNCATE', level='STATEMENT', hash='ff021231ab41552a3ad2d7950ec126bbae7649d6'))],
            },
        ),
        migrations.CreateModel(
            name='ReadinessDecay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('half_life_days', models.PositiveSmallIntegerField()),
                ('weeks', models.PositiveSmallIntegerField()),
                ('decay_micros', models.PositiveIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('half_life_days', 'weeks'), name='advocacy_readinessdecay_once')],
            },
        ),
        migrations.CreateModel(
            name='Readiness',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('champion', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='readiness', to='advocacy.champion')),
                ('score', models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ('coverage', models.DecimalField(decimal_places=2, max_digits=5)),
                ('confidence', models.DecimalField(decimal_places=2, max_digits=5)),
                ('band', models.CharField(choices=[('ready', 'Ready'), ('warming', 'Warming'), ('not_ready', 'Not ready'), ('unknown', 'Unknown')], max_length=10)),
                ('parts', models.JSONField()),
                ('terms', models.JSONField(db_default=[], default=list, help_text='terms of willingness, by the same job')),
                ('scored_week', models.DateField(help_text='the Monday scored at')),
                ('model', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='advocacy.readinessmodel')),
            ],
            options={
                'verbose_name_plural': 'readiness',
                'indexes': [models.Index(fields=['band', '-score'], name='advocacy_readiness_list'), models.Index(fields=['model', 'scored_week'], name='advocacy_readiness_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('score__isnull', True), ('score__range', (0, 100)), _connector='OR'), name='advocacy_readiness_score_range'), models.CheckConstraint(condition=models.Q(('confidence__range', (0, 100)), ('coverage__range', (0, 100))), name='advocacy_readiness_shares_range')],
            },
        ),
        migrations.CreateModel(
            name='ReadinessChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('champion', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='readiness_changes', to='advocacy.champion')),
                ('at', models.DateTimeField()),
                ('old_score', models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ('new_score', models.DecimalField(decimal_places=2, max_digits=5, null=True)),
                ('old_band', models.CharField(blank=True, default='', max_length=10)),
                ('new_band', models.CharField(max_length=10)),
                ('parts', models.JSONField()),
                ('cause', models.CharField(help_text='signal, week, model, answer', max_length=10)),
                ('model', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='advocacy.readinessmodel')),
            ],
            options={
                'ordering': ['-at', '-id'],
                'indexes': [models.Index(fields=['champion', '-id'], name='advocacy_readinesschange_last')],
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION '% refused: table % is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';", hash='3e79a1d02028753a7a0b87ff69087c590bedfb15', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_append_only_96933', table='advocacy_readinesschange', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='ReadinessDirty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account_id', models.BigIntegerField()),
                ('contact_id', models.BigIntegerField(null=True)),
                ('reason', models.CharField(max_length=20)),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'indexes': [models.Index(fields=['due_at'], name='advocacy_readinessdirty_due')],
            },
        ),
    ]
