"""Counts towards frequency caps say by which rule (unit and period) they are; those that are there, by today's."""

from django.db import migrations, models

# The numbers of campaigns.models.frequency.RULE_NUMBERS.
NUMBER_THOSE_THAT_ARE_THERE = """
UPDATE campaigns_participation participation
SET capped_rule = CASE campaign.frequency_unit WHEN 'impressions' THEN 0 ELSE 4 END
    + array_position(ARRAY['daily', 'weekly', 'monthly', 'lifetime'], campaign.frequency_period::text)
FROM campaigns_adcampaign campaign
WHERE campaign.id = participation.campaign_id AND participation.capped_from IS NOT NULL
    AND campaign.frequency_unit IS NOT NULL AND campaign.frequency_period IS NOT NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0010_points_ledger'),
    ]

    operations = [
        migrations.AddField(
            model_name='participation',
            name='capped_rule',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.RunSQL(NUMBER_THOSE_THAT_ARE_THERE, migrations.RunSQL.noop),
    ]
