"""Banners and popups of a page (contract 3, Banners and Popups; contract 4, section C)."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Interaction, Participation, SpendEntry, SpendLimit, SpendTotal
from customers.models import Customer
from customers.organizations.organizations import bump_version
from tests.channels import FUNNEL, make_banner, make_live_campaign, make_placeholder, make_popup
from tests.dialects.trace.caller import FORMS, Caller, Form, accepted, refused
from tests.factories import make_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_decision_log")]
PAGE = "http://my.domain/page"


def sync(caller: Caller, trail: str, *names: str, form: Any = "edn", **members: Any) -> dict[str, Any]:
    """The answer for placeholders of these names."""
    return accepted(caller.post("campaigns/sync-page", body(caller, trail, *names, **members), form))


def body(caller: Caller, trail: str, *names: str, **members: object) -> dict[str, object]:
    """A request for placeholders of these names."""
    basics = {"app-token": caller.token, "trail-id": trail, "page-location": PAGE}
    return basics | {"placeholders": [{"placeholder": name} for name in names]} | members


@pytest.mark.parametrize("form", FORMS)
def test_banner_and_popup_have_exactly_the_members_of_the_contract(caller: Caller, form: Form) -> None:
    placeholder = make_placeholder(caller.application, name="hero", popup_timeout=1000)
    banner = make_banner(placeholder)
    popup = make_popup(caller.application)
    answer = sync(caller, caller.visit("5114932", form), "none", "hero", form=form, **{"sync-popups": True})
    tokens = {one.campaign_id: str(one.token) for one in Interaction.objects.all()}
    assert answer == {
        "customer-id": "5114932",
        "popup": {
            "tracking-token": tokens[popup.campaign_id],
            "campaign": popup.campaign_id,
            "show-close": True,
            "funnel": FUNNEL,
        },
        "placeholders": [
            {
                "index": 1,
                "customer-id": "5114932",
                "banners-list": [
                    {
                        "banner": {
                            "tracking-token": tokens[banner.campaign_id],
                            "campaign": banner.campaign_id,
                            "width": 800,
                            "height": 600,
                            "link": "/media/banner.png",
                        },
                        "funnel": FUNNEL,
                    }
                ],
                "is-popup": False,
                "popup-timeout": 1000,
                "popup-show-close": True,
                "transition-time": 5000,
                "width": 800,
                "height": 600,
            }
        ],
    }


@pytest.mark.parametrize("form", FORMS)
def test_html_with_anything_in_it_arrives_as_it_was_stored(caller: Caller, form: Form) -> None:
    html = '<p title="é">" \\ 00000000-0000-0000-0000-000000000000 \n</p>'
    make_banner(make_placeholder(caller.application, name="hero"), html_content=html)
    answer = sync(caller, caller.visit("1", form), "hero", form=form)
    (detail,) = answer["placeholders"][0]["banners-list"]
    assert detail["banner"]["html-content"] == html
    assert "link" not in detail["banner"]


def test_without_popups_or_matching_page_the_popup_is_an_empty_map(caller: Caller) -> None:
    make_popup(caller.application, page_location="*/offer")
    trail = caller.visit("1")
    assert sync(caller, trail, **{"sync-popups": "false"})["popup"] == {}
    assert sync(caller, trail, **{"sync-popups": "true"})["popup"] == {}
    page = {"page-location": "http://my.domain/offer"}
    assert sync(caller, trail, **{"sync-popups": "true"}, **page)["popup"] != {}


def test_a_placeholder_shows_one_banner_or_a_carousel(caller: Caller) -> None:
    single = make_placeholder(caller.application, name="single")
    carousel = make_placeholder(caller.application, name="carousel", maximum_banners=2)
    campaigns = [make_live_campaign(caller.organization, priority=priority) for priority in (1, 3, 2)]
    for campaign in campaigns:
        make_banner(single, campaign)
        make_banner(carousel, campaign)
    answer = sync(caller, caller.visit("1"), "single", "carousel")
    shown = [[one["banner"]["campaign"] for one in part["banners-list"]] for part in answer["placeholders"]]
    assert shown == [[campaigns[1].pk], [campaigns[1].pk, campaigns[2].pk]]
    # One offer for each campaign, wherever it is shown.
    assert Interaction.objects.count() == 2
    assert set(Participation.objects.values_list("campaign_id", "seen_count")) == {
        (campaigns[1].pk, 1),
        (campaigns[2].pk, 1),
    }


def test_least_recently_seen_comes_first(caller: Caller) -> None:
    placeholder = make_placeholder(caller.application, name="hero")
    first, second = (make_banner(placeholder).campaign_id for _ in range(2))
    trail = caller.visit("1")
    shown = [sync(caller, trail, "hero")["placeholders"][0]["banners-list"][0]["banner"]["campaign"] for _ in range(3)]
    assert shown == [first, second, first]


def test_only_campaigns_whose_targets_match_are_shown(caller: Caller) -> None:
    placeholder = make_placeholder(caller.application, name="hero", maximum_banners=9)
    anywhere = make_banner(placeholder).campaign_id
    iphone = {"attribute": "platform", "operator": "in", "values": ["iOS"]}
    ours = make_banner(placeholder, make_live_campaign(caller.organization, iphone)).campaign_id
    make_banner(placeholder, make_live_campaign(caller.organization, iphone | {"values": ["Android"]}))
    trace = caller.trace("1")["trace-id"]
    answer = sync(caller, caller.trail(trace, platform="iOS"), "hero")
    assert {one["banner"]["campaign"] for one in answer["placeholders"][0]["banners-list"]} == {anywhere, ours}


def test_identification_merges_the_anonymous_customer(caller: Caller) -> None:
    make_banner(make_placeholder(caller.application, name="hero"))
    trace = caller.trace()
    trail = caller.trail(trace["trace-id"])
    sync(caller, trail, "hero")
    answer = sync(caller, trail, "hero", **{"customer-id": "5114932"})
    assert answer["customer-id"] == answer["placeholders"][0]["customer-id"] == "5114932"
    assert Customer.objects.get().external_id == "5114932"
    assert Participation.objects.get().seen_count == 2
    # The old id still means the same customer, and another one changes nothing any more.
    assert sync(caller, trail, "hero", **{"customer-id": trace["customer-id"]})["customer-id"] == "5114932"
    assert sync(caller, trail, "hero", **{"customer-id": "another"})["customer-id"] == "5114932"


@pytest.mark.parametrize(
    ("platforms", "status"), [(["web", "ios"], 410), (["rest"], 400), (["rest", "web"], 400), (["android"], 410)]
)
def test_a_closed_trace_is_400_for_servers_and_410_for_native_clients(platforms: list[str], status: int) -> None:
    caller = Caller.of(platforms=platforms)
    make_banner(make_placeholder(caller.application, name="hero"))
    trail = caller.visit("1")
    token = sync(caller, trail, "hero")["placeholders"][0]["banners-list"][0]["banner"]["tracking-token"]
    accepted(caller.act(trail, "conversion", tracking_token=token))
    refused(caller.post("campaigns/sync-page", body(caller, trail, "hero")), status, "trace-closed")


def test_conversion_closes_and_excludes_later(caller: Caller) -> None:
    make_banner(make_placeholder(caller.application, name="hero"))
    trail = caller.visit("1")
    token = sync(caller, trail, "hero")["placeholders"][0]["banners-list"][0]["banner"]["tracking-token"]
    accepted(caller.act(trail, "conversion", tracking_token=token))
    refused(caller.post("campaigns/sync-page", body(caller, trail, "hero")), 400, "trace-closed")
    assert sync(caller, caller.visit("1"), "hero")["placeholders"] == []


def test_unknown_things_are_404(caller: Caller) -> None:
    trail = caller.visit("1")
    stranger = Caller.of()
    path = "campaigns/sync-page"
    refused(caller.post(path, body(caller, trail) | {"app-token": str(uuid.uuid4())}), 404, "unknown-application")
    refused(caller.post(path, body(caller, trail) | {"app-token": "x"}), 404, "unknown-application")
    refused(caller.post(path, body(caller, str(uuid.uuid4()))), 404, "unknown-trail")
    refused(caller.post(path, body(caller, "x")), 404, "unknown-trail")
    refused(stranger.post(path, body(stranger, trail)), 404, "unknown-trail")


def test_wrong_members_are_400(caller: Caller) -> None:
    trail = caller.visit("1")
    many = [{"placeholder": "hero"}] * 51
    wrongs: list[dict[str, object]] = [
        {"placeholders": many},
        {"placeholders": "hero"},
        {"placeholders": [{}]},
        {"placeholders": [{"placeholder": 1}]},
        {"sync-popups": "perhaps"},
        {"trail-id": None},
        {"app-token": None},
    ]
    for wrong in wrongs:
        refused(caller.post("campaigns/sync-page", body(caller, trail) | wrong), 400, "invalid-body")


def test_a_new_definition_is_used_at_once(caller: Caller) -> None:
    placeholder = make_placeholder(caller.application, name="hero")
    banner = make_banner(placeholder)
    trail = caller.visit("1")
    assert len(sync(caller, trail, "hero")["placeholders"]) == 1
    banner.campaign.status = "paused"
    banner.campaign.save()
    bump_version(organization=caller.organization)
    assert sync(caller, trail, "hero")["placeholders"] == []


def test_a_campaign_is_not_shown_beyond_its_frequency_cap(caller: Caller) -> None:
    cap = {"frequency_cap": 2, "frequency_unit": "impressions", "frequency_period": "daily"}
    make_banner(make_placeholder(caller.application, name="hero"), make_live_campaign(caller.organization, **cap))
    trail = caller.visit("1")
    assert [len(sync(caller, trail, "hero")["placeholders"]) for _ in range(4)] == [1, 1, 0, 0]
    assert len(sync(caller, caller.visit("2"), "hero")["placeholders"]) == 1


def test_each_impression_is_charged_until_the_budget_is_exhausted(caller: Caller) -> None:
    campaign = make_live_campaign(caller.organization, price_per_impression=Decimal("0.4"))
    SpendLimit.objects.create(
        organization=caller.organization, campaign=campaign, type="capped", renewal="lifetime", amount=Decimal(1)
    )
    make_banner(make_placeholder(caller.application, name="hero"), campaign)
    trail = caller.visit("1")
    assert [len(sync(caller, trail, "hero")["placeholders"]) for _ in range(4)] == [1, 1, 0, 0]
    assert SpendEntry.objects.count() == 2
    assert set(SpendTotal.objects.values_list("amount", flat=True)) == {Decimal("0.8")}


def test_impressions_of_uncapped_campaigns_are_charged_as_well(caller: Caller) -> None:
    campaign = make_live_campaign(caller.organization, price_per_impression=Decimal("0.4"))
    make_banner(make_placeholder(caller.application, name="hero"), campaign)
    sync(caller, caller.visit("1"), "hero")
    assert SpendTotal.objects.filter(amount=Decimal("0.4")).count() == 3


def test_a_page_costs_a_fixed_number_of_statements(caller: Caller) -> None:
    free = make_placeholder(caller.application, name="free", maximum_banners=5)
    for _ in range(4):
        make_banner(free)
    trail = caller.visit("1")
    sync(caller, trail, "free")
    with CaptureQueriesContext(connection) as captured:
        sync(caller, trail, "free")
    assert len(captured) == 2
    campaign = make_live_campaign(caller.organization, price_per_impression=Decimal("0.4"))
    SpendLimit.objects.create(
        organization=caller.organization, campaign=campaign, type="capped", renewal="lifetime", amount=Decimal(100)
    )
    make_banner(free, campaign)
    bump_version(organization=caller.organization)
    sync(caller, trail, "free")
    with CaptureQueriesContext(connection) as captured:
        answer = sync(caller, trail, "free")
    assert len(answer["placeholders"][0]["banners-list"]) == 5
    statements = [one["sql"] for one in captured if "SAVEPOINT" not in one["sql"]]
    assert len(statements) == 4


def test_without_consent_no_banner_is_shown(caller: Caller) -> None:
    make_customer(caller.organization, external_id="shy", consent=False)
    make_banner(make_placeholder(caller.application, name="hero"))
    assert sync(caller, caller.visit("shy"), "hero")["placeholders"] == []
