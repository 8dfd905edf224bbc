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
# After the row, not before it: a BEFORE trigger would lock the row as if its key changed wherever Django names all
# columns, and foreign keys that are checked meanwhile would wait for it.
RAISE = """
CREATE FUNCTION campaigns_raise_frequency_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- At the end of what a smallint holds a change no longer begins anew.
    UPDATE campaigns_adcampaign SET frequency_rule = LEAST(OLD.frequency_rule::int
        + ((NEW.frequency_unit, NEW.frequency_period) IS DISTINCT FROM (OLD.frequency_unit, OLD.frequency_period))::int,
        32767)
    WHERE id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER campaigns_raise_frequency_rule AFTER UPDATE ON campaigns_adcampaign FOR EACH ROW
WHEN (pg_trigger_depth() = 0 AND (NEW.frequency_unit, NEW.frequency_period, NEW.frequency_rule)
    IS DISTINCT FROM (OLD.frequency_unit, OLD.frequency_period, OLD.frequency_rule))
EXECUTE FUNCTION campaigns_raise_frequency_rule()
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
