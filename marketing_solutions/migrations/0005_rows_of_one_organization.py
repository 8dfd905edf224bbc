"""What a row points to is of its organization: the database keeps it so (docs/decisions/0090)."""

from django.db import migrations

from customers.tenancy import ParentInOrganization, WithinOrganization


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("marketing_solutions", "0004_no_request_count"),
        ("campaigns", "0023_rows_of_one_organization"),
    ]

    operations = [
        ParentInOrganization("advertiser"),
        WithinOrganization("advertisercampaign", "campaign", "advertiser"),
        WithinOrganization("portfolio", "application", "advertiser"),
    ]
