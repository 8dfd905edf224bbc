"""What a row points to is of its organization: the database keeps it so (docs/decisions/0090)."""

from django.db import migrations
from django.contrib.postgres.operations import RemoveIndexConcurrently

from customers.tenancy import ParentInOrganization, WithinOrganization


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("customers", "0011_minute_count"),
    ]

    operations = [
        ParentInOrganization("customer"),
        ParentInOrganization("application"),
        RemoveIndexConcurrently("customer", "customer_organization_id"),
        WithinOrganization("customeralias", "customer"),
        WithinOrganization("pushtoken", "customer", "application"),
    ]
