"""What operators do takes its locks in the written order (docs/architecture.md), and nothing else of the traffic."""

from functools import partial

import pytest

from campaigns.models import Destination
from campaigns.offers.points import adjust_points
from customers.customers.deletion import delete_customers
from tests.admin.browser import address, changeable, opened, superuser
from tests.admin.everything import make_everything
from tests.campaigns.behaviors.makers import NOW
from tests.locks import locks_watched

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("connections")]


def test_customers_are_deleted_in_the_written_order() -> None:
    ours = make_everything()
    with locks_watched("delete customers") as spy:
        delete_customers(organization=ours.organization, customer_ids=[ours.customer.pk])
    wanted = {"advisory", "customers_customer", "campaigns_offer", "campaigns_participation", "customers_organization"}
    assert wanted | {"campaigns_recipient", "campaigns_delivery"} <= set(spy.locked)


def test_points_are_adjusted_in_the_written_order() -> None:
    ours = make_everything()
    adjust = partial(adjust_points, organization=ours.organization, customer_id=ours.customer.pk, note="n", now=NOW)
    with locks_watched("adjust points") as spy:
        adjust(amount=1)
    assert "customers_customer" in spy.locked


def test_a_default_moves_in_the_written_order() -> None:
    """Back and forth: to the older of two, and to the younger."""
    ours, client = make_everything(), superuser()
    older = ours.of(Destination)
    younger = Destination.objects.create(
        organization=ours.organization, name="another", kind=older.kind, is_default=False
    )
    for row in (younger, older, younger):
        page = address(Destination, row.pk, "change")
        form = opened(client, page) | {"is_default": ["on"]}
        with locks_watched("move the default") as spy:
            assert client.post(page, form).status_code == 302
        assert sum(table == "campaigns_destination" for table, _ in spy.held) == 2
        assert Destination.objects.get(kind=older.kind, is_default=True) == row


def test_forms_are_saved_in_the_written_order() -> None:
    ours, client = make_everything(), superuser()
    for each in changeable():
        page = address(each.model, ours.of(each.model).pk, "change")
        form = opened(client, page)
        name = next((name for name in form if name in ("name", "text", "weight", "position", "style", "amount")), None)
        if name is None:
            continue
        with locks_watched(each.model.__name__):
            assert client.post(page, form | {name: ["9"]}).status_code in {200, 302}
