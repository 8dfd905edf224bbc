"""The test of the order of locks notices another order."""

import pytest
from django.db import transaction

from campaigns.models import Interaction
from customers.models import Customer
from tests.factories import make_customer, make_interaction, make_organization
from tests.locks import locks_watched

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("connections")]


def _tables(customers: list[Customer]) -> None:
    interaction = make_interaction(customers[0])
    with transaction.atomic():
        Interaction.objects.filter(pk=interaction.pk).update(closed_by="dismiss")
        Customer.objects.select_for_update().get(pk=customers[0].pk)


def _rows(customers: list[Customer]) -> None:
    with transaction.atomic():
        for customer in reversed(customers):
            Customer.objects.filter(pk=customer.pk).update(points=1)


def _unordered(customers: list[Customer]) -> None:
    Customer.objects.filter(pk__in=[customer.pk for customer in customers]).update(points=1)


def _descending(customers: list[Customer]) -> None:
    with transaction.atomic():
        list(Customer.objects.select_for_update().filter(organization=customers[0].organization).order_by("-id"))


def _by_another_column(customers: list[Customer]) -> None:
    with transaction.atomic():
        list(Customer.objects.select_for_update().filter(organization=customers[0].organization).order_by("uuid"))


def test_another_order_is_noticed() -> None:
    organization = make_organization()
    customers = [make_customer(organization) for _ in range(2)]
    for breach in (_tables, _rows, _unordered, _descending, _by_another_column):
        with pytest.raises(AssertionError, match="customers_customer"), locks_watched(breach.__name__):
            breach(customers)
