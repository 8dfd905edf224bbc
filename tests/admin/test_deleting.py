"""Deleting in the admin: customers with all that hangs on them, levels softly, or nothing."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import AdCampaign, Delivery, IssuedOffer, Offer, Recipient
from config.verification import all_checks
from config.verification.check import LIST_FINDINGS
from customers.customers.deletion import delete_customers
from customers.customers.merging import identify
from customers.models import Customer, CustomerOwned
from funnels.models import FunnelEntry
from marketing_solutions.models import Advertiser
from tests.admin.browser import address, superuser, told, viewer
from tests.admin.everything import make_everything
from tests.factories import make_anonymous, make_customer, make_organization
from traces.models import Action, Trail

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Client:
    """Somebody who may do everything."""
    return superuser()


def _owned() -> Iterator[type[models.Model]]:
    return (model for model in apps.get_models() if issubclass(model, CustomerOwned))


def test_deleting_a_customer_deletes_all_their_rows(operator: Client) -> None:
    theirs, ours = make_everything(), make_everything()
    kept = {model: model._base_manager.filter(customer=theirs.customer).count() for model in _owned()}
    assert all(kept.values()), "there is a row of every kind"
    page = address(Customer, ours.customer.pk, "delete")
    assert b"Yes, I" in operator.get(page).content
    assert operator.post(page, {"post": "yes"}).status_code == 302
    assert list(Customer.objects.values_list("pk", flat=True)) == [theirs.customer.pk]
    for model in _owned():
        assert model._base_manager.count() == kept[model], model
    assert (Trail.objects.count(), Action.objects.count()) == (1, 1)
    delivery = Delivery.objects.get(organization=ours.organization)
    assert (delivery.audience, delivery.sent) == (0, 0)
    assert Offer.objects.get(organization=ours.organization).issued_count == 0
    connection.check_constraints()


def test_deleting_leaves_consistent_rows() -> None:
    everything = [make_everything() for _ in range(2)]
    before = _findings()
    for ours in everything:
        delete_customers(organization=ours.organization, customer_ids=[ours.customer.pk])
    assert _findings() <= before


def _findings() -> set[str]:
    found = set()
    with connection.cursor() as cursor:
        for check in all_checks():
            cursor.execute(LIST_FINDINGS.format(sql=check.sql), {"organization": None})
            found |= {f"{check.name}: {sentence}" for _, sentence in cursor.fetchall()}
    return found


def test_issuing_many_offers_takes_as_many_statements_as_one() -> None:
    counts = []
    for number in (1, 20):
        organization = make_organization()
        ids = [make_customer(organization).pk for _ in range(number)]
        with CaptureQueriesContext(connection) as taken:
            assert delete_customers(organization=organization, customer_ids=ids) == number
        counts.append(len(taken))
    assert counts[0] == counts[1] <= 30


def test_another_organizations_customer_stays() -> None:
    theirs = make_customer(make_organization())
    assert delete_customers(organization=make_organization(), customer_ids=[theirs.pk]) == 0
    assert Customer.objects.get() == theirs


def test_the_aliases_of_a_deleted_customer_are_deleted(operator: Client) -> None:
    organization = make_organization()
    visitor, known = make_anonymous(organization), make_customer(organization, external_id="51")
    identify(organization=organization, anonymous=visitor, customer_id="51")
    assert operator.post(address(Customer, known.pk, "delete"), {"post": "yes"}).status_code == 302
    assert not Customer.objects.exists()
    assert make_customer(organization, external_id=str(visitor.uuid)), "the former id is free"


def test_levels_are_deleted_softly_with_all_below(operator: Client) -> None:
    ours = make_everything()
    rows = (ours.hierarchy.campaign, ours.hierarchy.line_item, ours.hierarchy.group, ours.hierarchy.creative)
    form = {"action": "delete_selected", "_selected_action": [ours.hierarchy.campaign.pk], "post": "yes"}
    assert operator.post(address(AdCampaign), form).status_code == 302
    for row in rows:
        row.refresh_from_db()
        assert row.deleted_at is not None


def test_deleting_several_is_deleting_all_or_none(operator: Client) -> None:
    """A refusal of the second leaves the first, and no history that it was deleted."""
    ours = make_everything()
    free = Advertiser.objects.create(organization=ours.organization, name="Nobody's")
    both = [free.pk, ours.of(Advertiser).pk]
    form = {"action": "delete_selected", "_selected_action": both, "post": "yes"}
    assert "has 1 campaigns" in told(operator.post(address(Advertiser), form))
    assert Advertiser.objects.filter(pk__in=both).count() == 2
    assert not LogEntry.objects.exists()


def test_nobody_may_delete_history(operator: Client) -> None:
    ours = make_everything()
    for model in (IssuedOffer, Recipient, Trail, Action):
        assert operator.post(address(model, ours.of(model).pk, "delete"), {"post": "yes"}).status_code == 403
    entry = ours.of(FunnelEntry)
    assert operator.post(address(FunnelEntry, entry.pk, "delete"), {"post": "yes"}).status_code == 302
    assert not FunnelEntry.objects.exists()


def test_deleting_needs_its_permission() -> None:
    ours = make_everything()
    client = viewer(may=("view", "change", "add"))
    form = {"action": "delete_selected", "_selected_action": [ours.customer.pk], "post": "yes"}
    client.post(address(Customer), form)
    assert client.post(address(Customer, ours.customer.pk, "delete"), form).status_code == 403
    assert Customer.objects.exists()
