from django.db import migrations, models

# What was asked for by somebody else is believed for an hour at most; years that Python doesn't know were, too.
MEND = """
UPDATE campaigns_audiencemember SET due_at = now()
WHERE state IN ('pending', 'leased') AND due_at > now() + interval '1 day'
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0021_frequency_rule'),
    ]

    operations = [
        migrations.AddField(
            model_name='audiencemember',
            name='tried_since',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(MEND, migrations.RunSQL.noop),
    ]
