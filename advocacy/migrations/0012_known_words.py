"""Every column with choices holds one of them, whoever writes: a check in the database each."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0013_known_words'),
        ('advocacy', '0011_allowed_states'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='championevent',
            name='from_standing',
            field=models.CharField(blank=True, choices=[('nominated', 'Nominated'), ('invited', 'Invited'), ('active', 'Active'), ('resting', 'Resting'), ('paused', 'Paused'), ('retired', 'Retired')], default='', max_length=20),
        ),
        migrations.AlterField(
            model_name='championevent',
            name='to_standing',
            field=models.CharField(choices=[('nominated', 'Nominated'), ('invited', 'Invited'), ('active', 'Active'), ('resting', 'Resting'), ('paused', 'Paused'), ('retired', 'Retired')], max_length=20),
        ),
        migrations.AlterField(
            model_name='creditset',
            name='closed_reason',
            field=models.CharField(blank=True, choices=[('deleted', 'Deleted'), ('not_opened_yet', 'Not opened yet'), ('kind_out_of_scope', 'Kind out of scope'), ('milestone_not_reached', 'Milestone not reached'), ('no_buyer_report', 'No buyer report'), ('model_retired', 'Model retired')], db_default='', default='', max_length=30),
        ),
        migrations.AlterField(
            model_name='readinesschange',
            name='cause',
            field=models.CharField(choices=[('signal', 'Signal'), ('week', 'Another week'), ('model', 'Weight set'), ('answer', 'Answer')], max_length=10),
        ),
        migrations.AlterField(
            model_name='readinesschange',
            name='new_band',
            field=models.CharField(choices=[('ready', 'Ready'), ('warming', 'Warming'), ('not_ready', 'Not ready'), ('unknown', 'Unknown')], max_length=10),
        ),
        migrations.AlterField(
            model_name='readinesschange',
            name='old_band',
            field=models.CharField(blank=True, choices=[('ready', 'Ready'), ('warming', 'Warming'), ('not_ready', 'Not ready'), ('unknown', 'Unknown')], default='', max_length=10),
        ),
        migrations.AlterField(
            model_name='readinessdirty',
            name='reason',
            field=models.CharField(choices=[('signal', 'Signal'), ('tenure', 'Tenure'), ('contact', 'Contact'), ('champion', 'Champion')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='attributiondirty',
            constraint=models.CheckConstraint(condition=models.Q(('cause__in', ['touch', 'match', 'withdrawal', 'deal', 'stage', 'rate', 'report', 'model', 'clock', 'full'])), name='advocacy_attributiondirty_cause_known'),
        ),
        migrations.AddConstraint(
            model_name='attributionmodel',
            constraint=models.CheckConstraint(condition=models.Q(('question__in', ['sourced', 'influenced'])), name='advocacy_attributionmodel_question_known'),
        ),
        migrations.AddConstraint(
            model_name='attributionmodelversion',
            constraint=models.CheckConstraint(condition=models.Q(('activity_kinds', None), ('activity_kinds__contained_by', ['reference_call', 'group_call', 'site_visit', 'email_qa', 'written_reference', 'written_answer', 'recorded_answer', 'analyst_call', 'press_interview', 'quote', 'logo', 'review', 'case_study', 'video', 'podcast', 'webinar', 'speaking', 'advisory_board', 'beta_feedback', 'award', 'social', 'investor_material', 'community_answer', 'community_contribution', 'introduction', 'referral']), _connector='OR'), name='advocacy_attributionmodelversion_activity_kinds_allowed'),
        ),
        migrations.AddConstraint(
            model_name='attributionmodelversion',
            constraint=models.CheckConstraint(condition=models.Q(('family__in', ['positions', 'last_non', 'time_decay'])), name='advocacy_attributionmodelversion_family_known'),
        ),
        migrations.AddConstraint(
            model_name='attributionmodelversion',
            constraint=models.CheckConstraint(condition=models.Q(('dedupe__in', ['none', 'collapse', 'first', 'last'])), name='advocacy_attributionmodelversion_dedupe_known'),
        ),
        migrations.AddConstraint(
            model_name='attributionrun',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['changes', 'full', 'model', 'as_of'])), name='advocacy_attributionrun_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='attributionrun',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['queued', 'running', 'completed', 'failed'])), name='advocacy_attributionrun_status_known'),
        ),
        migrations.AddConstraint(
            model_name='champion',
            constraint=models.CheckConstraint(condition=models.Q(('paused_by__in', ['', 'person', 'staff'])), name='advocacy_champion_paused_by_known'),
        ),
        migrations.AddConstraint(
            model_name='championevent',
            constraint=models.CheckConstraint(condition=models.Q(('from_standing__in', ['', 'nominated', 'invited', 'active', 'resting', 'paused', 'retired'])), name='advocacy_championevent_from_standing_known'),
        ),
        migrations.AddConstraint(
            model_name='championevent',
            constraint=models.CheckConstraint(condition=models.Q(('to_standing__in', ['nominated', 'invited', 'active', 'resting', 'paused', 'retired'])), name='advocacy_championevent_to_standing_known'),
        ),
        migrations.AddConstraint(
            model_name='credit',
            constraint=models.CheckConstraint(condition=models.Q(('unattributed_reason__in', ['', 'no_touch', 'no_eligible_touch', 'no_weight', 'not_by_references'])), name='advocacy_credit_unattributed_reason_known'),
        ),
        migrations.AddConstraint(
            model_name='creditset',
            constraint=models.CheckConstraint(condition=models.Q(('cause__in', ['touch', 'match', 'withdrawal', 'deal', 'stage', 'rate', 'report', 'model', 'clock', 'full'])), name='advocacy_creditset_cause_known'),
        ),
        migrations.AddConstraint(
            model_name='creditset',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['lines', 'closed'])), name='advocacy_creditset_state_known'),
        ),
        migrations.AddConstraint(
            model_name='creditset',
            constraint=models.CheckConstraint(condition=models.Q(('closed_reason__in', ['', 'deleted', 'not_opened_yet', 'kind_out_of_scope', 'milestone_not_reached', 'no_buyer_report', 'model_retired'])), name='advocacy_creditset_closed_reason_known'),
        ),
        migrations.AddConstraint(
            model_name='creditset',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['open', 'won', 'lost'])), name='advocacy_creditset_outcome_known'),
        ),
        migrations.AddConstraint(
            model_name='opportunityfact',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['', 'new_business', 'expansion', 'renewal'])), name='advocacy_opportunityfact_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='opportunityfact',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['open', 'won', 'lost'])), name='advocacy_opportunityfact_outcome_known'),
        ),
        migrations.AddConstraint(
            model_name='readinesschange',
            constraint=models.CheckConstraint(condition=models.Q(('old_band__in', ['', 'ready', 'warming', 'not_ready', 'unknown'])), name='advocacy_readinesschange_old_band_known'),
        ),
        migrations.AddConstraint(
            model_name='readinesschange',
            constraint=models.CheckConstraint(condition=models.Q(('new_band__in', ['ready', 'warming', 'not_ready', 'unknown'])), name='advocacy_readinesschange_new_band_known'),
        ),
        migrations.AddConstraint(
            model_name='readinesschange',
            constraint=models.CheckConstraint(condition=models.Q(('cause__in', ['signal', 'week', 'model', 'answer'])), name='advocacy_readinesschange_cause_known'),
        ),
        migrations.AddConstraint(
            model_name='readinessdirty',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['signal', 'tenure', 'contact', 'champion'])), name='advocacy_readinessdirty_reason_known'),
        ),
        migrations.AddConstraint(
            model_name='readinessweight',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['relationship', 'nps', 'health', 'success_plan', 'usage', 'adoption', 'sentiment', 'support', 'executive_review', 'usage_trend', 'csat', 'tenure', 'community', 'escalation', 'risk'])), name='advocacy_readinessweight_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='touch',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['conversation', 'content', 'event', 'introduction', 'referral', 'review'])), name='advocacy_touch_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='touch',
            constraint=models.CheckConstraint(condition=models.Q(('activity_kind__in', ['reference_call', 'group_call', 'site_visit', 'email_qa', 'written_reference', 'written_answer', 'recorded_answer', 'analyst_call', 'press_interview', 'quote', 'logo', 'review', 'case_study', 'video', 'podcast', 'webinar', 'speaking', 'advisory_board', 'beta_feedback', 'award', 'social', 'investor_material', 'community_answer', 'community_contribution', 'introduction', 'referral'])), name='advocacy_touch_activity_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='touch',
            constraint=models.CheckConstraint(condition=models.Q(('void_reason__in', ['', 'withdrawn', 'duplicate_activity'])), name='advocacy_touch_void_reason_known'),
        ),
    ]
