"""Whom a customer id stands for."""

import pytest

from customers.customers.identity import find_or_create_customer
from customers.customers.lookup import find_customer, find_customer_by_uuid, get_customer
from customers.errors import DomainError
from customers.models import Customer, Organization
from tests.factories import make_organization

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    """Whose customers these are."""
    return make_organization()


def test_an_id_stands_for_one_customer_who_is_created_if_missing(organization: Organization) -> None:
    known = find_or_create_customer(organization=organization, customer_id="51")
    assert find_or_create_customer(organization=organization, customer_id="51") == known
    anonymous = find_or_create_customer(organization=organization, customer_id=None)
    assert anonymous.is_anonymous
    assert find_or_create_customer(organization=organization, customer_id=anonymous.external_id) == anonymous
    assert get_customer(organization=organization, customer_id="51") == known
    assert Customer.objects.count() == 2


def test_an_id_means_nobody_in_another_organization(organization: Organization) -> None:
    known = find_or_create_customer(organization=organization, customer_id="51")
    other = make_organization()
    assert find_customer(organization=other, customer_id="51") is None
    assert find_customer_by_uuid(organization=other, identity=known.uuid) is None
    with pytest.raises(DomainError, match="not found"):
        get_customer(organization=other, customer_id="51")
    assert find_or_create_customer(organization=other, customer_id="51") != known
