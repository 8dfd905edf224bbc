"""What a row points to is of its organization: the database keeps it so (docs/decisions/0090)."""

from django.db import migrations

from customers.tenancy import ParentInOrganization, WatchedInOrganization, WithinOrganization


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("campaigns", "0022_bounded_waits"),
        ("customers", "0012_rows_of_one_organization"),
    ]

    operations = [
        ParentInOrganization("adcampaign"),
        ParentInOrganization("adbundle"),
        ParentInOrganization("adlineitem"),
        ParentInOrganization("adgroup"),
        ParentInOrganization("adunit"),
        ParentInOrganization("achievement"),
        ParentInOrganization("audiencejob"),
        ParentInOrganization("offer"),
        ParentInOrganization("eventoutcome"),
        ParentInOrganization("earning"),
        WithinOrganization("adbundle", "campaign"),
        WithinOrganization("adlineitem", "campaign"),
        WithinOrganization("adgroup", "line_item"),
        WithinOrganization("adunit", "group", "application", "achievement"),
        WithinOrganization("adtarget", "bundle", "group"),
        WithinOrganization("achievement", "campaign", "composite"),
        WithinOrganization("audiencejob", "campaign", "unit"),
        WithinOrganization("audiencechunk", "job"),
        WithinOrganization("countedevent", "customer", "goal"),
        WithinOrganization("decisionrecord", "customer"),
        WithinOrganization("event", "customer"),
        WithinOrganization("interaction", "customer", "campaign"),
        WithinOrganization("issuedoffer", "customer", "offer"),
        WithinOrganization("outcome", "achievement", "offer", "unit", "event"),
        WithinOrganization("earning", "customer", "achievement"),
        WithinOrganization("pointsentry", "customer", "earning"),
        WithinOrganization("participation", "customer", "campaign"),
        WithinOrganization("spendtotal", "campaign"),
        WithinOrganization("spendentry", "campaign"),
        WithinOrganization("spendlimit", "campaign"),
        WatchedInOrganization("audiencemember", "customer", "job", "unit"),
    ]
