"""What a row points to is of its organization: the database keeps it so (docs/decisions/0090)."""

from django.db import migrations

from customers.tenancy import ParentInOrganization, WatchedInOrganization, WithinOrganization


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("funnels", "0003_whose_values"),
        ("campaigns", "0023_rows_of_one_organization"),
        ("traces", "0004_rows_of_one_organization"),
    ]

    operations = [
        ParentInOrganization("placeholder"),
        ParentInOrganization("businessevent"),
        ParentInOrganization("funnelversion"),
        WithinOrganization("placeholder", "application"),
        WithinOrganization("banner", "placeholder", "campaign", "group"),
        WithinOrganization("businessevent", "application"),
        WithinOrganization("eventbinding", "event", "campaign"),
        WithinOrganization("eventoccurrence", "customer", "event", "campaign", "trace"),
        WithinOrganization("funnelversion", "campaign"),
        WithinOrganization("funnel", "campaign", "version"),
        WithinOrganization("funnelentry", "customer", "campaign", "version"),
        WithinOrganization("popup", "application", "campaign", "group"),
        WatchedInOrganization("funnelentry", "interaction"),
    ]
