"""What new databases begin with: the tables as 0001 to 0022 leave them (`python -m tests.upgrade` compares)."""

from importlib import import_module

from django.db import migrations

from campaigns.migrations._deliveries import DELIVERIES
from campaigns.migrations._levels import LEVELS
from customers.squashed import CreateTogether

FREQUENCY_RULE = import_module("campaigns.migrations.0021_frequency_rule")


class Migration(migrations.Migration):

    initial = True

    replaces = [
        ("campaigns", "0001_initial"),
        ("campaigns", "0002_visits"),
        ("campaigns", "0003_spend"),
        ("campaigns", "0004_decisions"),
        ("campaigns", "0005_behaviors"),
        ("campaigns", "0006_audience"),
        ("campaigns", "0007_fewer_indexes"),
        ("campaigns", "0008_engine"),
        ("campaigns", "0009_channels"),
        ("campaigns", "0010_points_ledger"),
        ("campaigns", "0011_capped_rule"),
        ("campaigns", "0012_interaction_closed_by"),
        ("campaigns", "0013_retention"),
        ("campaigns", "0014_interaction_is_seen"),
        ("campaigns", "0015_triggered_messages"),
        ("campaigns", "0016_caps_returned"),
        ("campaigns", "0017_building_and_merges"),
        ("campaigns", "0018_campaigns_by_status"),
        ("campaigns", "0019_bounded_texts"),
        ("campaigns", "0020_capped_in_the_period_of_sending"),
        ("campaigns", "0021_frequency_rule"),
        ("campaigns", "0022_bounded_waits"),
    ]

    dependencies = [
        ("customers", "0007_merges_of_customers"),
    ]

    operations = [
        CreateTogether([*LEVELS, *DELIVERIES]),
        migrations.RunSQL(FREQUENCY_RULE.RAISE, FREQUENCY_RULE.DROP),
    ]
