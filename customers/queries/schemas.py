"""The schema of an organization's customers."""

from django.db.models import QuerySet

from customers.models import CustomerField, Organization


def fields_of(*, organization: Organization) -> QuerySet[CustomerField]:
    """The fields of the schema, oldest first."""
    return CustomerField.objects.filter(organization=organization).order_by("id")


def get_field_types(*, organization: Organization) -> dict[str, str]:
    """The type of each field by its name: what the targeting language is checked against."""
    return dict(fields_of(organization=organization).values_list("name", "type"))
