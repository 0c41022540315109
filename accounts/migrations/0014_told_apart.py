"""What our people said of rows that look like one and are not."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0013_known_words'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='ToldApartHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('object_type', models.CharField(choices=[('account', 'Account'), ('contact', 'Contact'), ('opportunity', 'Opportunity')], max_length=20)),
                ('keys', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('told_by', models.CharField(help_text='user:3', max_length=100)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='ToldApart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('object_type', models.CharField(choices=[('account', 'Account'), ('contact', 'Contact'), ('opportunity', 'Opportunity')], max_length=20)),
                ('keys', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('told_by', models.CharField(help_text='user:3', max_length=100)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'verbose_name': 'word that rows are not the same',
                'verbose_name_plural': 'words that rows are not the same',
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['keys'], name='accounts_toldapart_keys')],
                'constraints': [models.CheckConstraint(condition=models.Q(('object_type__in', ['account', 'contact', 'opportunity'])), name='accounts_toldapart_object_type_known')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='toldapart',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_toldaparthistory" ("created_at", "id", "keys", "object_type", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "told_by") SELECT new_values."created_at", new_values."id", new_values."keys", new_values."object_type", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."told_by" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='1e4535f317bdeee7c97d45b250cf828433fe9feb', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_363c1', referencing='REFERENCING NEW TABLE AS new_values ', table='accounts_toldapart', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='toldapart',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_toldaparthistory" ("created_at", "id", "keys", "object_type", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "told_by") SELECT new_values."created_at", new_values."id", new_values."keys", new_values."object_type", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."told_by" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='2248009464a484c5613375ebc19ad68bc23e883e', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_b5c62', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='accounts_toldapart', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='toldapart',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_toldaparthistory" ("created_at", "id", "keys", "object_type", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "told_by") SELECT old_values."created_at", old_values."id", old_values."keys", old_values."object_type", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."told_by" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='558ca24c7e51e03cd01fccf75c2dc04646b1ef03', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_8b273', referencing='REFERENCING OLD TABLE AS old_values ', table='accounts_toldapart', when='AFTER')),
        ),
        migrations.AddField(
            model_name='toldaparthistory',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='toldaparthistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='accounts.toldapart'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='toldaparthistory',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION '% refused: table % is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';", hash='95881427d53d571865968597c3c8bf224761025e', level='STATEMENT', operation='UPDATE OR DELETE OR TRUNCATE', pgid='pgtrigger_append_only_74933', table='accounts_toldaparthistory', when='BEFORE')),
        ),
    ]
