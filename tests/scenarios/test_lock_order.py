"""Every use case that writes locks in the order that docs/architecture.md has written down."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.utils import timezone

from campaigns.delivery.channels.base import Outcome
from campaigns.models import AdCampaign, Participation, SpendLimit
from campaigns.spend.ledger import book_correction, record_spend
from customers.customers.merging import identify
from customers.models import Customer, CustomerOwned, RetiredField
from customers.schema.uses import clear_retired_field
from marketing_solutions.campaigns import PAGE
from tests.bench.portfolio_rows import make_campaigns
from tests.campaigns.delivery.scheduled import work
from tests.channels import ENDS_AT, STARTS_AT
from tests.dialects.management import bodies
from tests.dialects.marketing_solutions.actor import Buyer, new_campaign, update
from tests.dialects.trace.caller import Caller, accepted
from tests.dialects.trace.test_advance_funnel import DETAILS, Walk
from tests.dialects.trace.test_visitor_bounds import Shop
from tests.factories import (
    make_application,
    make_customer,
    make_field,
    make_interaction,
    make_issued_offer,
    make_trail,
)
from tests.funnels.card_upgrade import make_card_upgrade
from tests.locks import locks_watched, written_order
from tests.scenarios import deliveries
from tests.scenarios.deliveries import Work
from tests.scenarios.eventful import CAPPED, EVENTS, PRICED, Scene
from tests.together import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("connections")]
CUSTOMER, PARTICIPATION = "customers_customer", "campaigns_participation"
LIMIT, TOTAL = "campaigns_spendlimit", "campaigns_spendtotal"
OFFER, MEMBER, DELIVERY = "campaigns_offer", "campaigns_recipient", "campaigns_delivery"
CHUNK, ORGANIZATION, CAMPAIGN = "campaigns_audiencechunk", "customers_organization", "campaigns_adcampaign"
# What only they write who have locked the customer, and what is only ever added.
WITHOUT_A_PLACE = {
    *("campaigns_event", "campaigns_completion", "campaigns_goalprogressevent", "campaigns_pointsentry"),
    *("customers_customeralias", "campaigns_decisionrecord"),
}

OUT_OF_TRANSACTIONS = ("customers_minutecount", "marketing_solutions_searchturn")


def _page(scene: Scene) -> Work:
    return partial(
        scene.post, "campaigns/sync-page", {"trail-id": scene.trail(), "placeholders": [{"placeholder": "hero"}]}
    )


def _page_of_free_campaigns(scene: Scene) -> Work:
    AdCampaign.objects.update(price_per_impression=None, price_per_conversion=None)
    return _page(scene)


def _identifying_page(scene: Scene) -> Work:
    trail = scene.trail(scene.anonymous)
    asked = {"trail-id": trail, "customer-id": scene.known.external_id, "placeholders": [{"placeholder": "hero"}]}
    return partial(scene.post, "campaigns/sync-page", asked)


def _active(scene: Scene) -> Work:
    return partial(scene.post, "campaigns/active", {"trail-id": scene.trail()})


def _visit(scene: Scene) -> Work:
    return lambda: scene.caller.visit("somebody new", "json")


def _walk(scene: Scene) -> Walk:
    campaign = make_card_upgrade(scene.organization)
    AdCampaign.objects.filter(pk=campaign.pk).update(**CAPPED | {"frequency_unit": "interactions"})
    return Walk.of(scene.caller, "json", campaign, scene.known)


def _whole_funnel(scene: Scene) -> Work:
    walk = _walk(scene)

    def work() -> None:
        walk.step()
        walk.step(step_data={})
        walk.step(step_data=DETAILS | {"income": 1})

    return work


def _business_event(scene: Scene) -> Work:
    body: dict[str, Any] = {"event-name": "buy", "customer-id": scene.known.external_id, "context": {}}
    return partial(scene.post, "campaigns/business-event", body, 202)


def _business_event_of_somebody_new(scene: Scene) -> Work:
    make_field(scene.organization, "state", "string", targetable=True)
    body: dict[str, Any] = {"event-name": "buy", "customer-id": {"state": "CA"}, "context": {}, "event-id": "e"}
    return partial(scene.post, "campaigns/business-event", body | {"restart-funnel": True}, 202)


def _business_event_whose_first_choice_is_gone(scene: Scene) -> Work:
    """Its money was spent between decision and offer."""
    _business_event_of(scene, scene.anonymous)
    limits = SpendLimit.objects.filter(campaign=scene.shown[0])
    limits.update(type="capped", renewal="lifetime", amount=PRICED["price_per_impression"])
    return _business_event(scene)


def _conversion(scene: Scene) -> Work:
    return partial(scene.act, "conversion", "x")


def _dismissal(scene: Scene) -> Work:
    return partial(scene.act, "dismiss", "x")


def _action(scene: Scene) -> Work:
    return partial(scene.act, "action", "look")


def _action_that_nobody_counts(scene: Scene) -> Work:
    return partial(scene.act, "action", "blink")


def _events(scene: Scene) -> Work:
    told = [
        {"name": name, "external_id": customer.external_id, "event_id": f"{name} {customer.pk}"}
        for customer in (scene.known, scene.anonymous)
        for name in EVENTS
    ]
    return partial(scene.manage, "POST", "/priv/v1/apps/:api_key/events", {"events": told})


def _perform(scene: Scene) -> Work:
    path = f"/priv/v2/apps/:api_key/users/{scene.known.uuid}/campaigns/{scene.rewarding['buy'].pk}/perform"
    return partial(scene.manage, "POST", path, {"domain": "complete_campaign"})


def _redeem(scene: Scene) -> Work:
    issued = make_issued_offer(scene.known)
    return partial(scene.manage, "POST", f"/priv/v1/apps/:api_key/users/{scene.known.uuid}/offers/{issued.pk}/redeem")


def _customer(scene: Scene) -> Work:
    make_field(scene.organization, "state", "string")
    return partial(scene.post, "customers", {"customer": {"id": scene.known.external_id, "state": "CA"}})


def _deleted_field(scene: Scene) -> Work:
    Customer.objects.update(attributes={"gone": 1})
    long_ago = timezone.now() - timedelta(hours=1)
    RetiredField.objects.create(organization=scene.organization, name="gone", created_at=long_ago)
    return clear_retired_field


def _subscription(scene: Scene) -> Work:
    token = {"customer-id": scene.known.external_id, "reg-token": "r", "platform": "ios"}
    return partial(scene.post, "customers/subscribe", token)


def _merge(scene: Scene) -> Work:
    for customer in (scene.anonymous, scene.known):
        for campaign in scene.shown:
            Participation.objects.create(organization=scene.organization, customer=customer, campaign=campaign)
            make_interaction(customer, campaign)
        _business_event_of(scene, customer)
    arguments: dict[str, Any] = {"anonymous": scene.anonymous, "customer_id": str(scene.known.external_id)}
    return partial(identify, organization=scene.organization, **arguments)


def _business_event_of(scene: Scene, customer: Customer) -> None:
    body: dict[str, Any] = {"event-name": "buy", "customer-id": customer.external_id, "context": {}}
    scene.post("campaigns/business-event", body, 202)


def _limits(scene: Scene) -> Work:
    buyer = Buyer(scene.credentials)
    campaigns = [buyer.campaign() for _ in range(3)]
    wanted = [update(campaign.pk, amount=7) for campaign in reversed(campaigns)]
    return lambda: (buyer.create(new_campaign(buyer.advertiser.pk)), buyer.patch(*wanted))


def _spend(scene: Scene) -> Work:
    campaign = scene.shown[0]
    booked: dict[str, Any] = {"organization": scene.organization, "campaign": campaign, "at": timezone.now()}

    def work() -> None:
        record_spend(**booked, amount=Decimal(3))
        book_correction(**booked, amount=Decimal(-1), note="too much")

    return work


def _levels(scene: Scene) -> Work:
    """Everything that is made, changed and deleted in the hierarchy, with a delivery below it."""
    dates = {"starts_at": STARTS_AT.isoformat(), "ends_at": ENDS_AT.isoformat(), "status": "live"}

    def work() -> None:
        campaign = scene.manage("POST", "campaigns", bodies.campaign(**dates))["campaign"]["id"]
        line_items = scene.manage("POST", f"campaigns/{campaign}/line_items", bodies.line_item(**dates))
        line_item = line_items["line_items"][0]["id"]
        groups = scene.manage("POST", f"line_items/{line_item}/creative_groups", bodies.creative_group(**dates))
        group = groups["creative_groups"][0]["id"]
        creatives = scene.manage("POST", f"creative_groups/{group}/creatives", bodies.creative(status="live"))
        creative = creatives["creatives"][0]["id"]
        behaviors = scene.manage("POST", f"campaigns/{campaign}/behaviors/_batch", bodies.behaviors())
        levels = {
            f"behaviors/{behaviors['behaviors'][0]['id']}": "behavior",
            f"creatives/{creative}": "creative",
            f"creative_groups/{group}": "creative_group",
            f"line_items/{line_item}": "line_item",
            f"campaigns/{campaign}": "campaign",
        }
        for path, wrapper in levels.items():
            scene.manage("PUT", path, {wrapper: {"name": "changed"}})
            if wrapper != "behavior":
                scene.manage("PUT", path, {wrapper: {"status": "paused"}})
        for path in levels:
            scene.manage("DELETE", path)

    return work


def _triggered_messages(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Work:
    deliveries.delivered(scene, monkeypatch, Outcome.SENT, capped=False)
    _events(scene)()
    return work


CASES: dict[str, list[tuple[Callable[..., Work], set[str]]]] = {
    "visits": [
        (_page, {LIMIT, CUSTOMER, PARTICIPATION, TOTAL}),
        (_page_of_free_campaigns, {CUSTOMER, PARTICIPATION}),
        (_identifying_page, {"advisory", CUSTOMER, PARTICIPATION}),
        (_active, {CUSTOMER}),
        (_visit, {"+customers_customer", CUSTOMER}),
        (_whole_funnel, {CUSTOMER, PARTICIPATION, "traces_trace", "funnels_funnelentry"}),
    ],
    "events": [
        (_business_event, {LIMIT, CUSTOMER, OFFER, PARTICIPATION, TOTAL}),
        (_business_event_of_somebody_new, {"advisory", "+customers_customer", OFFER}),
        (_business_event_whose_first_choice_is_gone, {LIMIT, CUSTOMER, OFFER, PARTICIPATION, TOTAL}),
        (_conversion, {LIMIT, CUSTOMER, OFFER, PARTICIPATION, "campaigns_interaction", "traces_trace", TOTAL}),
        (_dismissal, {CUSTOMER, OFFER, PARTICIPATION, "campaigns_interaction", "traces_trace"}),
        (_action, {CUSTOMER, OFFER, PARTICIPATION}),
        (_action_that_nobody_counts, {CUSTOMER}),
        (_events, {CUSTOMER, OFFER, PARTICIPATION}),
    ],
    "customers and money": [
        (_perform, {CUSTOMER, OFFER, PARTICIPATION}),
        (_redeem, {CUSTOMER, "campaigns_issuedoffer"}),
        (_customer, {CUSTOMER}),
        (_deleted_field, {CUSTOMER}),
        (_subscription, {CUSTOMER}),
        (_limits, {LIMIT, ORGANIZATION}),
        (_spend, {LIMIT, TOTAL}),
        (_levels, {CAMPAIGN, "campaigns_adlineitem", "campaigns_adgroup", "campaigns_adunit", ORGANIZATION, DELIVERY}),
    ],
    "deliveries": [
        (deliveries.delivery, {CHUNK, MEMBER, DELIVERY}),
        (_triggered_messages, {MEMBER}),
        (deliveries.offers_in_bulk, {CUSTOMER, OFFER, MEMBER, DELIVERY}),
        (deliveries.resolved, {MEMBER, DELIVERY}),
        (deliveries.expired, {MEMBER, DELIVERY}),
        (deliveries.resumed, {ORGANIZATION, MEMBER, DELIVERY}),
        (deliveries.redirected, {MEMBER, DELIVERY}),
    ],
    "merges and caps of deliveries": [
        (_merge, {"advisory", CUSTOMER, PARTICIPATION, "campaigns_interaction"}),
        (deliveries.capped_delivery, {CUSTOMER, PARTICIPATION, CHUNK, MEMBER, DELIVERY}),
        (deliveries.overnight_delivery, {CUSTOMER, PARTICIPATION, MEMBER, DELIVERY}),
        (deliveries.operated, {ORGANIZATION, CHUNK, DELIVERY, CUSTOMER, PARTICIPATION}),
    ],
}


@pytest.mark.parametrize("kind", CASES)
def test_locks_are_taken_in_the_written_order(settings: Any, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    settings.DECISION_LOG = "all"
    for case, expected in CASES[kind]:
        scene = Scene(make_application(platforms=["rest"]))
        wants_patches = case.__code__.co_argcount > 1
        do = case(scene, monkeypatch) if wants_patches else case(scene)
        with locks_watched(case.__name__) as spy:
            do()
        assert expected <= set(spy.locked), (case.__name__, spy.locked)


def test_whatever_hangs_on_customers_has_its_place() -> None:
    hanging = {model._meta.db_table for model in apps.get_models() if issubclass(model, CustomerOwned)}
    assert hanging - WITHOUT_A_PLACE <= written_order().keys()
    assert written_order().keys() <= {*connection.introspection.table_names(), "advisory", "+customers_customer"}


def test_counts_of_a_minute_and_turns_at_searches_are_transactions_by_themselves(settings: Any) -> None:
    """So they need no place in the order."""
    settings.REDIS_URL = ""
    settings.REQUESTS_PER_MINUTE = settings.NEW_VISITORS_PER_MINUTE = settings.CHARGED_IMPRESSIONS_PER_MINUTE = 1_000
    web, buyer = Caller.of(platforms=["web", "android"]), Buyer.of()
    shop, trail = Shop(web), make_trail(make_customer(web.organization), web.application)
    make_campaigns(buyer.organization, [buyer.advertiser.pk], PAGE + 1)
    body = {"app-token": web.token, "reg-token": "device", "platform": "android"}
    seen: list[tuple[str, bool]] = []

    def look(execute: Any, sql: str, *arguments: Any) -> Any:
        seen.extend((table, connection.in_atomic_block) for table in OUT_OF_TRANSACTIONS if table in sql)
        return execute(sql, *arguments)

    with connection.execute_wrapper(look):
        for place, path in enumerate(("traces/trace", "campaigns/active", "customers/subscribe")):
            accepted(web.post(path, body | {"customer-id": f"visitor-{place}"}, "edn"))
        accepted(shop.page(trail, "edn", "dear"))
        answer: Any = buyer.search()
        assert b"".join(answer.streaming_content)
    counts, turns = OUT_OF_TRANSACTIONS
    # Three visitors, impressions, and the request of the buyer; a turn that is taken and left.
    assert sorted(seen) == [(counts, False)] * 5 + [(turns, False)] * 2


def test_what_triggers_messages_waits_for_no_page_view_in_a_circle(settings: Any) -> None:
    settings.DECISION_LOG = "off"
    scene = Scene(make_application(platforms=["rest"]))
    before = _deadlocks()
    for _ in range(8):
        scene.known = make_customer(scene.organization)
        works = [case(scene) for case in (_conversion, _page, _dismissal, _page, _business_event, _page)]
        together(works)
    assert _deadlocks() == before


def _deadlocks() -> int:
    """How many there were in this database; every connection has told its own when it was closed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        (number,) = cursor.fetchone()
    return int(number)


def test_no_trigger_locks_a_row_as_if_its_key_changed() -> None:
    """A BEFORE trigger does where Django names all columns; foreign keys checked at the commit would wait for it."""
    with connection.cursor() as cursor:
        # Bits of tgtype: for each row, before, at an update.
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgtype & 19 = 19")
        assert cursor.fetchall() == []


def test_who_saves_a_level_is_waited_for_by_no_foreign_key() -> None:
    scene = Scene(make_application(platforms=["rest"]))
    campaign = scene.shown[0]
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        campaign.save()
        made = pool.submit(_participate, scene.known.pk, campaign.pk, scene.organization.pk)
        made.result(30)


def _participate(customer_id: int, campaign_id: int, organization_id: int) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10s'; SET CONSTRAINTS ALL IMMEDIATE")
            key = {"customer_id": customer_id, "campaign_id": campaign_id, "organization_id": organization_id}
            Participation.objects.create(**key)
    finally:
        connection.close()
