"""A person's answer makes a score due as well."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('advocacy', '0018_touches_of_acts'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='readinessdirty',
            name='advocacy_readinessdirty_reason_known',
        ),
        migrations.AlterField(
            model_name='readinessdirty',
            name='reason',
            field=models.CharField(choices=[('signal', 'Signal'), ('answer', 'Answer'), ('tenure', 'Tenure'), ('contact', 'Contact'), ('champion', 'Champion')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='readinessdirty',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['signal', 'answer', 'tenure', 'contact', 'champion'])), name='advocacy_readinessdirty_reason_known'),
        ),
    ]
