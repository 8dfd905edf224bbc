"""Merges that meet: each other, and everything else that is written about a customer."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Event, Interaction, Participation
from customers.customers.attributes import save_attributes
from customers.customers.identity import find_or_create_customer
from customers.customers.lookup import find_customer
from customers.customers.merging import identify
from customers.customers.push_tokens import subscribe
from customers.customers.visitor_limits import Stranger
from customers.models import Customer, CustomerAlias, Organization, PushToken
from tests.dialects.trace.caller import Caller
from tests.factories import make_anonymous, make_customer, make_field, make_interaction, make_organization, make_trail
from tests.together import together
from traces.models import Action, Trace, Trail

# PostgreSQL allows a hundred connections in all: tests with threads run one after the other.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("connections")]
ROUNDS = range(2)
Work = Callable[[], Any]


def _merge(anonymous: Customer, customer: Customer) -> Work:
    return partial(
        identify, organization=anonymous.organization, anonymous=anonymous, customer_id=str(customer.external_id)
    )


def _resolved(organization: Organization, *customers: Customer) -> set[Customer | None]:
    return {find_customer(organization=organization, customer_id=str(each.external_id)) for each in customers}


def _anonymous(organization: Organization) -> Customer:
    """With a visit, an interaction and seven points."""
    customer = make_anonymous(organization, points=7, tags=[f"tag {organization.pk}"])
    make_trail(customer)
    make_interaction(customer)
    return customer


def test_find_or_create_at_once() -> None:
    organization = make_organization()
    works = [partial(find_or_create_customer, organization=organization, customer_id=f"c{n % 2}") for n in range(12)]
    found = together(works)
    assert Customer.objects.count() == len(set(found)) == 2


@pytest.mark.parametrize("_round", ROUNDS)
def test_the_same_merge_from_many_places(_round: int) -> None:
    organization = make_organization()
    anonymous, known = _anonymous(organization), make_customer(organization, points=5)
    assert set(together([_merge(anonymous, known)] * 6)) == {known}
    survivor = Customer.objects.get()
    assert (survivor, survivor.points) == (known, 12)
    assert CustomerAlias.objects.get().external_id == anonymous.external_id


@pytest.mark.parametrize("_round", ROUNDS)
def test_crossing_merges_of_two_anonymous_customers(_round: int) -> None:
    """A→B and B→A: one of them lives on, with all of both."""
    organization = make_organization()
    one, other = _anonymous(organization), _anonymous(organization)
    results = together([_merge(one, other), _merge(other, one)] * 3)
    survivor = Customer.objects.get()
    assert set(results) == {survivor} == _resolved(organization, one, other)
    assert survivor.points == 14
    assert set(Trace.objects.values_list("customer", flat=True)) == {survivor.pk}
    assert (Trace.objects.count(), Interaction.objects.count()) == (2, 2)


@pytest.mark.parametrize("_round", ROUNDS)
def test_an_anonymous_customer_claimed_by_two_known_ones_is_merged_once(_round: int) -> None:
    """A→K and A→L: one of them gets everything, and both known customers live on."""
    organization = make_organization()
    anonymous, one, other = _anonymous(organization), make_customer(organization), make_customer(organization)
    results = together([_merge(anonymous, one), _merge(anonymous, other)] * 3)
    assert results == [one, other] * 3
    assert set(Customer.objects.all()) == {one, other}
    (owner,) = _resolved(organization, anonymous)
    assert owner in {one, other}
    assert owner is not None
    assert owner.points == 7
    assert {Trace.objects.get().customer, Interaction.objects.get().customer} == {owner}


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_chain_of_merges(_round: int) -> None:
    """A→B, B→K and C→B at once: whichever is first, all of it ends with K."""
    organization = make_organization()
    first, second, third = (_anonymous(organization) for _ in range(3))
    known = make_customer(organization)
    together([_merge(first, second), _merge(second, known), _merge(third, second)] * 2)
    assert Customer.objects.get() == known
    assert _resolved(organization, first, second, third) == {known}
    known.refresh_from_db()
    assert known.points == 21
    assert Trace.objects.filter(customer=known).count() == 3


@pytest.mark.parametrize("_round", ROUNDS)
def test_a_merge_racing_with_everything_that_is_written(_round: int) -> None:
    caller = Caller.of()
    organization = caller.organization
    make_field(organization, "state", "string")
    anonymous, known = make_anonymous(organization), make_customer(organization)
    trail, token = make_trail(anonymous, caller.application), str(make_interaction(anonymous).token)
    other_trail = make_trail(anonymous, caller.application)
    anonymous_id = str(anonymous.external_id)

    def call(path: str, body: dict[str, object]) -> int:
        return int(Caller(caller.application).post(path, {"app-token": caller.token} | body, "json").status_code)

    data = [{"name": "tracking-token", "value": token}]
    works: list[Work] = [
        _merge(anonymous, known),
        partial(call, "traces/trace", {"customer-id": anonymous_id}),
        partial(call, f"traces/{other_trail.trace.uuid}/trail", {"channel": "atm", "platform": "iOS"}),
        partial(call, f"traces/trail/{other_trail.uuid}/action", {"name": "click", "type": "action"}),
        partial(call, f"traces/trail/{trail.uuid}/action", {"name": "x", "type": "conversion", "data": data}),
        partial(call, "customers", {"customer": {"id": anonymous_id, "state": "CA"}}),
        partial(call, "customers/subscribe", {"customer-id": anonymous_id, "reg-token": "r", "platform": "ios"}),
    ]
    assert together(works)[1:] == [200] * 6
    survivor = Customer.objects.get()
    assert survivor == known
    assert (survivor.last_channel, survivor.last_platform, survivor.attributes) == ("atm", "iOS", {"state": "CA"})
    assert (Trace.objects.count(), Trail.objects.count(), Action.objects.count(), Event.objects.count()) == (3, 3, 2, 2)
    for model in (Trace, Event, Participation, PushToken, Interaction):
        assert set(model.objects.values_list("customer", flat=True)) == {known.pk}
    assert Participation.objects.get().converted_count == 1
    assert Trace.objects.filter(closed_by="conversion").count() == 1


@pytest.mark.parametrize("_round", ROUNDS)
def test_updates_at_once_keep_what_each_brought(_round: int) -> None:
    organization = make_organization()
    for number in range(6):
        make_field(organization, f"f{number}", "integer")
    save = partial(save_attributes, organization=organization, customer_id="51")
    together([partial(save, attributes={f"f{number}": number}) for number in range(6)])
    assert Customer.objects.get().attributes == {f"f{number}": number for number in range(6)}


@pytest.mark.parametrize("_round", ROUNDS)
def test_one_device_that_two_customers_register_while_they_are_merged(_round: int) -> None:
    caller = Caller.of()
    anonymous, known = make_anonymous(caller.organization), make_customer(caller.organization)
    who: dict[str, Any] = {"stranger": Stranger(), "now": timezone.now()}
    register = partial(subscribe, application=caller.application, token="r", platform="ios", **who)
    works: list[Work] = [partial(register, customer_id=str(each.external_id)) for each in (anonymous, known)]
    together([*works, _merge(anonymous, known), *works])
    assert PushToken.objects.get().customer == known
