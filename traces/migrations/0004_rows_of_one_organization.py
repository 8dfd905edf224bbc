"""What a row points to is of its organization: the database keeps it so (docs/decisions/0090)."""

from django.db import migrations

from customers.tenancy import ParentInOrganization, WithinOrganization


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("traces", "0003_trace_is_trusted"),
        ("customers", "0012_rows_of_one_organization"),
    ]

    operations = [
        ParentInOrganization("trace"),
        ParentInOrganization("trail"),
        WithinOrganization("trace", "customer", "application"),
        WithinOrganization("trail", "trace"),
        WithinOrganization("action", "trail"),
    ]
