"""A customer's attributes, as the organization's schema allows them."""

from collections.abc import Mapping

from django.db import IntegrityError, transaction

from customers.customers.identity import lock_customer
from customers.customers.lookup import find_customer
from customers.errors import DomainError, ErrorKind
from customers.models import Customer, CustomerField, Organization
from customers.models.schema import CheckedAttributes, check_attributes
from customers.schema.fields import field_of_unique_index, fields_of


@transaction.atomic
def save_attributes(*, organization: Organization, customer_id: str, attributes: Mapping[str, object]) -> Customer:
    """Create or update the customer with an id: attributes are merged, None clears one.

    DomainError `invalid_fields` names every field that the schema doesn't have, whose value is of another type, that
    is required, or whose value another customer has; nothing is changed then.
    """
    schema = list(fields_of(organization=organization))
    checked = check_attributes(schema, attributes)
    existing = find_customer(organization=organization, customer_id=customer_id)
    if existing is None:
        _require(schema, checked)
    if checked.errors:
        raise _invalid_fields(checked.errors)
    # Locked and read again, so that concurrent updates lose nothing.
    customer = lock_customer(organization=organization, customer_id=customer_id)
    customer.attributes = {**customer.attributes, **checked.values}
    for name in checked.cleared:
        customer.attributes.pop(name, None)
    try:
        with transaction.atomic():
            customer.save(update_fields=["attributes", "updated_at"])
    except IntegrityError as error:
        name = field_of_unique_index(schema, error)
        raise _invalid_fields({name: "Another customer has this value."}) from error
    return customer


def _require(schema: list[CustomerField], checked: CheckedAttributes) -> None:
    """A new customer needs every required field."""
    for field in schema:
        if field.required and field.name not in checked.values:
            checked.errors.setdefault(field.name, "This field is required.")


def _invalid_fields(refused: Mapping[str, str]) -> DomainError:
    return DomainError(
        ErrorKind.INVALID,
        "invalid_fields",
        "The customer has wrong fields.",
        fields={name: [sentence] for name, sentence in refused.items()},
    )
