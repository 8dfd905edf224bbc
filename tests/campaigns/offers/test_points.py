"""The ledger of points: whatever changes them, the entries add up to what stands in the customer's row."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from importlib import import_module

import pytest
from django.db import connection
from django.db.models import F, IntegerField, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from campaigns.models import PointsEntry
from campaigns.models.offer import MAXIMUM_BALANCE, MAXIMUM_POINTS
from campaigns.offers.issuing import Grant, issue_offers
from campaigns.offers.points import adjust_points, book_opening_balances
from config.demo.people import COUNT, create_people
from customers.customers.generation import generate_customers
from customers.customers.merging import identify
from customers.errors import DomainError
from customers.models import Customer
from tests.campaigns.behaviors.makers import NOW, make_live_behavior, record
from tests.factories import make_anonymous, make_customer, make_offer, make_organization
from tests.together import together

OPEN = import_module("campaigns.migrations.0010_points_ledger").OPEN


def differing() -> list[int]:
    """The customers whose points are not the sum of their entries."""
    entries = PointsEntry.objects.filter(customer=OuterRef("pk")).order_by().values("customer")
    booked = Coalesce(Subquery(entries.annotate(sum=Sum("amount")).values("sum"), output_field=IntegerField()), 0)
    return list(Customer.objects.annotate(booked=booked).exclude(points=F("booked")).values_list("pk", flat=True))


@pytest.mark.django_db
def test_every_change_of_points_has_a_ledger_entry() -> None:
    organization = make_organization()
    make_live_behavior(organization, points=10)
    visitor, known = make_anonymous(organization), make_customer(organization, external_id="51")
    offer = make_offer(organization, points=5)
    for customer in (visitor, known):
        record(customer, NOW, NOW + timedelta(minutes=1))
        issue_offers(organization_id=organization.pk, grants=[Grant(offer.pk, customer.pk, f"key {customer.pk}", NOW)])
        adjust_points(organization=organization, customer_id=customer.pk, amount=-3, note="mistake", now=NOW)
    assert differing() == []
    kept = identify(organization=organization, anonymous=visitor, customer_id="51")
    kept.refresh_from_db()
    assert (kept.points, differing()) == (44, [])


@pytest.mark.django_db
def test_points_beyond_the_maximum_balance_are_not_booked() -> None:
    organization = make_organization()
    make_live_behavior(organization, points=10)
    offer = make_offer(organization, points=MAXIMUM_POINTS)
    rich = make_customer(organization, points=MAXIMUM_BALANCE - 13)
    book_opening_balances(organization=organization)
    record(rich, NOW, NOW + timedelta(minutes=1))
    grants = [Grant(offer.pk, rich.pk, f"key {number}", NOW) for number in range(3)]
    assert len(issue_offers(organization_id=organization.pk, grants=grants)) == 3
    rich.refresh_from_db()
    assert (rich.points, differing()) == (MAXIMUM_BALANCE, [])
    with pytest.raises(DomainError) as refused:
        adjust_points(organization=organization, customer_id=rich.pk, amount=1, note="more", now=NOW)
    assert refused.value.fields.keys() == {"amount"}
    adjust_points(organization=organization, customer_id=rich.pk, amount=-7, note="less", now=NOW)
    grants = [Grant(make_offer(organization, points=5).pk, rich.pk, f"other {number}", NOW) for number in range(2)]
    issue_offers(organization_id=organization.pk, grants=grants)
    assert [entry.amount for entry in PointsEntry.objects.order_by("-id")[:3]] == [2, 5, -7]
    assert differing() == []


@pytest.mark.django_db
def test_events_of_a_customer_with_an_excessive_balance_are_still_recorded() -> None:
    organization = make_organization()
    make_live_behavior(organization, points=10)
    customer = make_customer(organization, points=2**63 - 1)
    record(customer, NOW)
    grants = [Grant(make_offer(organization, points=5).pk, customer.pk, "key", NOW)]
    assert issue_offers(organization_id=organization.pk, grants=grants) == {"key"}
    customer.refresh_from_db()
    assert customer.points == 2**63 - 1


@pytest.mark.django_db
def test_customers_who_are_made_with_points_have_an_opening_entry() -> None:
    demo, grown = make_organization(), make_organization()
    create_people(organization=demo)
    assert sum(generate_customers(organization=grown, number=50)) == 50
    assert Customer.objects.filter(organization=demo).count() == COUNT
    assert differing() == []
    book_opening_balances(organization=demo)
    assert differing() == [], "a second time books nothing"


@pytest.mark.django_db
def test_the_migration_explains_what_was_there() -> None:
    organization = make_organization()
    typed, earned, both = (make_customer(organization, points=points) for points in (7, 0, 0))
    make_live_behavior(organization, points=10)
    record(earned, NOW)
    record(both, NOW)
    Customer.objects.filter(pk=both.pk).update(points=F("points") - 12)
    assert differing() == [typed.pk, both.pk]
    with connection.cursor() as cursor:
        cursor.execute(OPEN)
    assert differing() == []
    assert list(PointsEntry.objects.filter(key__startswith="opening:").values_list("amount", flat=True)) == [7, -12]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("amount", "note", "field"),
    [(0, "why", "amount"), (2**31, "why", "amount"), (-8, "why", "amount"), (1, " ", "note"), (1, "a\x00", "note")],
)
def test_invalid_adjustments_are_refused(amount: int, note: str, field: str) -> None:
    customer = make_customer(make_organization())
    adjust = partial(adjust_points, customer_id=customer.pk, now=timezone.now())
    adjust(organization=customer.organization, amount=7, note="given")
    for organization, wrong in ((customer.organization, field), (make_organization(), "customer")):
        with pytest.raises(DomainError) as refused:
            adjust(
                organization=organization, amount=amount if wrong == field else 1, note=note if wrong == field else "x"
            )
        assert refused.value.fields.keys() == {wrong}
    customer.refresh_from_db()
    assert (customer.points, differing()) == (7, [])


@pytest.mark.django_db(transaction=True)
def test_adjusting_and_earning_at_once_loses_nothing() -> None:
    organization = make_organization()
    make_live_behavior(organization, points=10)
    customer = make_customer(organization)
    adjust = partial(adjust_points, organization=organization, customer_id=customer.pk, note="a gift", now=NOW)
    works: list[Callable[[], object]] = [partial(adjust, amount=1) for _ in range(4)]
    works += [partial(record, customer, NOW + timedelta(minutes=number)) for number in range(4)]
    together(works)
    customer.refresh_from_db()
    assert (customer.points, differing()) == (44, [])
