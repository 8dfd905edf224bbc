"""Campaigns number the units and periods that their caps have had, so that a count tells an older one from a newer one.

The numbers that counts bear already are those of units and periods (`0011_capped_rule`): a campaign begins with that of
its present ones, and counts by others are numbered lower. A trigger raises the number, whoever writes the row.
"""

from django.db import migrations, models

NUMBER_THOSE_THAT_ARE_THERE = """
UPDATE campaigns_adcampaign SET frequency_rule = COALESCE(
    CASE frequency_unit WHEN 'impressions' THEN 0 WHEN 'interactions' THEN 4 END
    + array_position(ARRAY['daily', 'weekly', 'monthly', 'lifetime'], frequency_period::text), 8);
UPDATE campaigns_participation participation SET capped_rule = 0
FROM campaigns_adcampaign campaign
WHERE campaign.id = participation.campaign_id AND participation.capped_rule <> campaign.frequency_rule
"""
RAISE = """
CREATE FUNCTION campaigns_raise_frequency_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.frequency_rule := OLD.frequency_rule;
    IF (NEW.frequency_unit, NEW.frequency_period) IS DISTINCT FROM (OLD.frequency_unit, OLD.frequency_period) THEN
        -- At the end of what a smallint holds a change no longer begins anew.
        NEW.frequency_rule := LEAST(OLD.frequency_rule::int + 1, 32767);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER campaigns_raise_frequency_rule BEFORE UPDATE OF frequency_unit, frequency_period, frequency_rule
ON campaigns_adcampaign FOR EACH ROW EXECUTE FUNCTION campaigns_raise_frequency_rule()
"""
DROP = """
DROP TRIGGER campaigns_raise_frequency_rule ON campaigns_adcampaign;
DROP FUNCTION campaigns_raise_frequency_rule()
"""


class Migration(migrations.Migration):

    dependencies = [
        ("campaigns", "0020_capped_in_the_period_of_sending"),
    ]

    operations = [
        migrations.AddField(
            model_name="adcampaign",
            name="frequency_rule",
            field=models.PositiveSmallIntegerField(
                db_default=1, default=1, editable=False, help_text="Raised by a trigger of the table."
            ),
        ),
        migrations.RunSQL(NUMBER_THOSE_THAT_ARE_THERE, migrations.RunSQL.noop),
        migrations.RunSQL(RAISE, DROP),
    ]
