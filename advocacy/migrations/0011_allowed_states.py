"""What a champion's source and ways, a band, and a touch's role and side may be is kept by the database as well."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('advocacy', '0010_marks_that_move'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='champion',
            constraint=models.CheckConstraint(condition=models.Q(('source__in', ['nomination', 'signal', 'self', 'import', 'successor'])), name='advocacy_champion_source_known'),
        ),
        migrations.AddConstraint(
            model_name='champion',
            constraint=models.CheckConstraint(condition=models.Q(('reach_via__in', ['direct', 'through_csm'])), name='advocacy_champion_reach_via_known'),
        ),
        migrations.AddConstraint(
            model_name='champion',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['email', 'phone', 'chat'])), name='advocacy_champion_channel_known'),
        ),
        migrations.AddConstraint(
            model_name='readiness',
            constraint=models.CheckConstraint(condition=models.Q(('band__in', ['ready', 'warming', 'not_ready', 'unknown'])), name='advocacy_readiness_band_known'),
        ),
        migrations.AddConstraint(
            model_name='touch',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['sourced', 'influenced'])), name='advocacy_touch_role_known'),
        ),
        migrations.AddConstraint(
            model_name='touch',
            constraint=models.CheckConstraint(condition=models.Q(('side__in', ['own', 'family', 'peer'])), name='advocacy_touch_side_known'),
        ),
    ]
