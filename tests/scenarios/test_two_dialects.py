"""A campaign made in one dialect is read and acted on through the other."""

from typing import Any

import pytest
from django.test import Client

from campaigns.models import AdCampaign
from customers.models import Operator
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import accepted, only
from tests.dialects.marketing_solutions.actor import Buyer, new_campaign, update
from tests.dialects.marketing_solutions.expected import results
from tests.dialects.marketing_solutions.portfolios import limit_of
from tests.factories import Credentials, make_field

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer() -> Buyer:
    return Buyer.of()


@pytest.fixture
def manager(buyer: Buyer) -> Actor:
    """The same application, calling the management dialect."""
    return Actor(Credentials(buyer.application, buyer.secret))


@pytest.fixture
def operator() -> Client:
    """An operator in the admin."""
    client = Client()
    client.force_login(Operator.objects.create_superuser("operator"))
    return client


def test_bought_here_and_programmed_there(buyer: Buyer, manager: Actor) -> None:
    campaign_id = buyer.create(new_campaign(buyer.advertiser.pk)).json()["data"]["id"]
    seen = only(manager.get(f"campaigns/{campaign_id}"), "campaign")
    assert (seen["name"], seen["status"], seen["ad_bundle"]["targets"]) == ("My Campaign", "live", [])
    make_field(buyer.organization, "state", "string")
    targets = [{"attribute": "state", "operator": "in", "values": ["NY"]}]
    only(manager.put(f"campaigns/{campaign_id}", {"campaign": {"name": "Renamed", "targets": targets}}), "campaign")
    line_item = only(manager.post(f"campaigns/{campaign_id}/line_items", bodies.line_item()), "line_items")
    group = only(
        manager.post(f"line_items/{line_item['id']}/creative_groups", bodies.creative_group()), "creative_groups"
    )
    only(manager.post(f"creative_groups/{group['id']}/creatives", bodies.creative()), "creatives")
    tree = only(manager.get(f"campaigns/{campaign_id}/navigation"), "campaign")
    assert len(tree["line_items"][0]["creative_groups"][0]["creatives"]) == 1
    assert buyer.get(campaign_id).json()["data"]["attributes"]["name"] == "Renamed"
    accepted(manager.delete(f"campaigns/{campaign_id}"))
    assert buyer.get(campaign_id).status_code == 404
    assert buyer.search().json()["data"] == []
    assert results(buyer.patch(update(campaign_id, amount=5)))[1] == {0: "campaign-not-found"}
    assert buyer.create(new_campaign(buyer.advertiser.pk, name="Renamed")).status_code == 201, "the name is free again"


def test_made_there_and_given_an_advertiser_and_a_limit_in_the_admin(
    buyer: Buyer, manager: Actor, operator: Client
) -> None:
    campaign_id = only(manager.post("campaigns", bodies.campaign()), "campaign")["id"]
    assert buyer.get(campaign_id).status_code == 404
    _save(
        operator,
        "marketing_solutions/advertisercampaign",
        campaign=campaign_id,
        advertiser=buyer.advertiser.pk,
        goal="acquisition",
    )
    attributes = buyer.get(campaign_id).json()["data"]["attributes"]
    assert (attributes["goal"], attributes["spendLimit"]["spendLimitType"]) == ("Acquisition", "uncapped")
    pk = AdCampaign.objects.get(id=campaign_id).spend_limit.pk
    _save(operator, f"campaigns/spendlimit/{pk}", type="capped", renewal="daily", amount="12.34")
    assert results(buyer.patch(update(campaign_id, renewal="monthly")))[1] == {}
    assert limit_of(AdCampaign.objects.get(id=campaign_id)) == ("capped", "monthly", "12.34")
    link = AdCampaign.objects.get(id=campaign_id).advertiser_campaign
    assert (
        _post(operator, f"marketing_solutions/advertisercampaign/{link.pk}/delete/", {"post": "yes"}).status_code == 302
    )
    assert buyer.get(campaign_id).status_code == 404
    assert only(manager.get(f"campaigns/{campaign_id}"), "campaign")["id"] == campaign_id


def test_corrections_and_features_in_the_admin(buyer: Buyer, operator: Client) -> None:
    campaign = buyer.campaign()
    at = {"at_0": "2026-03-02", "at_1": "12:00:00", "note": "lost in the mail", "campaign": campaign.pk}
    _save(operator, "campaigns/spendentry", amount="50", **at)
    _save(operator, "campaigns/spendentry", amount="-20.5", **at)
    for amount in ("-1000", "9999999", "0"):
        _post(operator, "campaigns/spendentry/add/", {"amount": amount, **at})
    totals = campaign.spend_totals.values_list("amount", flat=True)
    assert [str(amount) for amount in totals] == ["29.500000"] * 3
    lifetime = {"type": "capped", "renewal": "lifetime"}
    page = f"campaigns/spendlimit/{campaign.spend_limit.pk}"
    assert _post(operator, f"{page}/change/", lifetime | {"amount": "29"}).status_code == 200, "less than is spent"
    _save(operator, page, **lifetime, amount="30")
    owner = buyer.organization.pk
    _save(
        operator, f"marketing_solutions/advertiser/{buyer.advertiser.pk}", organization=owner, name="A", currency="EUR"
    )
    assert results(buyer.patch(update(campaign.pk, amount=40)))[1][0].endswith("for-this-advertiser")
    for listing in (
        "campaigns/spendlimit",
        "campaigns/spendentry",
        "campaigns/spendtotal",
        "marketing_solutions/portfolio",
    ):
        assert operator.get(f"/admin/{listing}/").status_code == 200


def test_the_admin_joins_no_two_organizations(buyer: Buyer, operator: Client) -> None:
    rival = Buyer.of()
    campaign = rival.campaign()
    pair = {"campaign": campaign.pk, "advertiser": buyer.advertiser.pk, "goal": "retention"}
    assert _post(operator, "marketing_solutions/advertisercampaign/add/", pair).status_code == 200
    link = campaign.advertiser_campaign.pk
    assert _post(operator, f"marketing_solutions/advertisercampaign/{link}/change/", pair).status_code == 200
    pair = {"application": rival.application.pk, "advertiser": buyer.advertiser.pk, "may_manage": "on"}
    assert _post(operator, "marketing_solutions/portfolio/add/", pair).status_code == 200
    assert rival.search({"filters": {"advertiserIds": [buyer.advertiser.pk]}}).json()["data"] == []


def _post(operator: Client, page: str, form: dict[str, Any]) -> Any:
    return operator.post(f"/admin/{page}", form)


def _save(operator: Client, page: str, **form: Any) -> None:
    """Add a row, or change the one whose id ends the page; the admin goes on to its list when it is content."""
    last = page.rpartition("/")[2]
    answer = _post(operator, f"{page}/{'change' if last.isdecimal() else 'add'}/", form)
    assert answer.status_code == 302, answer.content.decode()[-3000:]
