"""The schema of an organization's customers."""

from django.db.models import QuerySet

from customers.models import CustomerField, Organization
from customers.queries.prepared import PreparedStatement

# Held until the transaction ends: nobody renames or deletes what is about to be named.
HELD = PreparedStatement(
    "SELECT name, type FROM customers_customerfield WHERE organization_id = %s::bigint ORDER BY id FOR SHARE"
)


def fields_of(*, organization: Organization) -> QuerySet[CustomerField]:
    """The fields of the schema, oldest first."""
    return CustomerField.objects.filter(organization=organization).order_by("id")


def get_field_types(*, organization: Organization) -> dict[str, str]:
    """The type of each field by its name: what the targeting language is checked against."""
    return dict(fields_of(organization=organization).values_list("name", "type"))


def hold_schema(*, organization: Organization) -> dict[str, str]:
    """`get_field_types` for who is about to write what names fields: they stay until the transaction ends."""
    return dict(HELD.rows([organization.pk]))
