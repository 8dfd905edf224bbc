"""What the storm rages over: one organization with customers, campaigns of every kind, and somebody to receive."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from campaigns.models import AdCampaign, Destination, SpendLimit
from campaigns.models.frequency import FrequencyPeriod, FrequencyUnit
from customers.models import Application, Operator, Organization
from customers.models.application import Platform
from customers.organizations.organizations import bump_version
from funnels.funnels.definitions import save_funnel
from tests.campaigns.behaviors.makers import add_outcome, make_behavior
from tests.channels import ENDS_AT, STARTS_AT, make_banner, make_event, make_live_campaign, make_placeholder, make_popup
from tests.dialects.marketing_solutions.portfolios import add_to_portfolio, make_advertiser, make_advertiser_campaign
from tests.factories import (
    Credentials,
    make_application,
    make_creative,
    make_field,
    make_group,
    make_line_item,
    make_offer,
    make_organization,
)

# Of so many known customers every third is a vip, and of the strangers as many as there are in two thousand.
KNOWN, VIP_SHARE = 2_000, 3
EDITED, BOUGHT = 8, 12
PASSWORD = "only-for-the-storm"
# What each event `score` gives; nothing else gives points.
POINTS = 5
PRICE = Decimal("0.01")
PEOPLE = """
INSERT INTO customers_customer (organization_id, uuid, external_id, is_anonymous, attributes, tags, consent,
    email_consent, push_consent)
SELECT %(organization)s, identity, CASE WHEN %(anonymous)s THEN identity::text ELSE 'known-' || number END,
    %(anonymous)s,
    jsonb_build_object('state', (ARRAY['CA', 'NY', 'TX'])[1 + number %% 3]),
    CASE WHEN number %% %(share)s = 0 THEN ARRAY['vip'] ELSE ARRAY[]::varchar[] END, true, true, true
FROM (SELECT number, gen_random_uuid() AS identity FROM generate_series(1, %(number)s) number) people
"""
VISITS = """
WITH traces AS (
    INSERT INTO traces_trace (organization_id, application_id, customer_id, uuid)
    SELECT organization_id, %(application)s, id, gen_random_uuid() FROM customers_customer
    WHERE organization_id = %(organization)s AND is_anonymous RETURNING id, organization_id
)
INSERT INTO traces_trail (organization_id, trace_id, uuid, language, platform, channel)
SELECT organization_id, id, gen_random_uuid(), 'en-US', 'iOS', 'web' FROM traces RETURNING uuid
"""


@dataclass(frozen=True)
class World:
    """Ids and credentials for the callers. `edited` and `bought` are campaigns by id; `trails` are anonymous visits.

    `app_token` stands in the pages of a shop, `server_token` is that of the organization's own servers.
    """

    organization_id: int
    application_id: int
    api_key: str
    api_secret: str
    app_token: str
    server_token: str
    advertiser_id: int
    funnel_id: int
    priced_id: int
    capped_id: int
    edited: tuple[int, ...]
    bought: tuple[int, ...]
    trails: tuple[str, ...]


def make_world(*, strangers: int, receiver: str) -> World:
    """Make it; `strangers` anonymous visitors wait to be identified, `receiver` takes the messages."""
    organization = make_organization(name="Storm", time_zone="America/New_York")
    credentials = make_application(organization, platforms=[Platform.REST])
    shop = make_application(organization, platforms=[Platform.WEB]).application
    _make_schema(organization)
    trails = _make_people(organization, shop, strangers)
    shown = _make_channel(organization, shop, credentials.application)
    _make_rewards(organization, credentials)
    advertiser = make_advertiser(organization)
    add_to_portfolio(credentials.application, advertiser)
    bought = [make_advertiser_campaign(advertiser, starts_at=STARTS_AT, ends_at=ENDS_AT).pk for _ in range(BOUGHT)]
    edited = [make_live_campaign(organization, name=f"Edited {number}").pk for number in range(EDITED)]
    destination = Destination(organization=organization, name="Receiver", kind="webhook", settings={"url": receiver})
    destination.set_secrets({"signing_secret": "storm"})
    destination.save()
    Operator.objects.create_superuser("storm", password=PASSWORD)
    bump_version(organization=organization)
    return World(
        organization_id=organization.pk,
        application_id=credentials.application.pk,
        api_key=credentials.application.api_key,
        api_secret=credentials.secret,
        app_token=str(shop.app_token),
        server_token=str(credentials.application.app_token),
        advertiser_id=advertiser.pk,
        edited=tuple(edited),
        bought=tuple(bought),
        trails=trails,
        **shown,
    )


def _make_schema(organization: Organization) -> None:
    make_field(organization, "state", "string", targetable=True)
    make_field(organization, "nickname", "string")
    make_field(organization, "visits", "integer")


def _make_people(organization: Organization, shop: Application, strangers: int) -> tuple[str, ...]:
    values = {"organization": organization.pk, "application": shop.pk}
    share_of_strangers = max(VIP_SHARE, VIP_SHARE * strangers // KNOWN)
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, {**values, "number": KNOWN, "anonymous": False, "share": VIP_SHARE})
        cursor.execute(PEOPLE, {**values, "number": strangers, "anonymous": True, "share": share_of_strangers})
        cursor.execute(VISITS, values)
        trails = tuple(str(row[0]) for row in cursor.fetchall())
        cursor.execute("ANALYZE")
    return trails


def _make_channel(organization: Organization, shop: Application, server: Application) -> dict[str, int]:
    """Banners, a popup, a funnel and a business event, of campaigns in ascending order of their ids."""
    hero = make_placeholder(shop, name="hero", maximum_banners=5)
    side = make_placeholder(shop, name="side", maximum_banners=3)
    prices = {"price_per_impression": PRICE, "price_per_conversion": Decimal("0.25")}
    priced = make_live_campaign(organization, name="Priced", **prices)
    limit = {"type": "capped", "renewal": "daily", "amount": Decimal("40.00")}
    SpendLimit.objects.create(organization=organization, campaign=priced, **limit)
    cap = {"frequency_unit": FrequencyUnit.IMPRESSIONS, "frequency_period": FrequencyPeriod.DAILY}
    capped = make_live_campaign(organization, name="Capped", frequency_cap=2, **cap)
    funnel = make_live_campaign(organization, name="Funnel")
    save_funnel(organization=organization, campaign_id=funnel.pk, steps=_steps(), look={})
    popup = make_live_campaign(organization, name="Popup")
    for campaign in (priced, capped, funnel):
        make_banner(hero, campaign)
    make_banner(side, popup)
    make_popup(shop, popup)
    make_event(server, priced, capped, funnel, name="registration")
    return {"priced_id": priced.pk, "capped_id": capped.pk, "funnel_id": funnel.pk}


def _steps() -> list[dict[str, object]]:
    return [
        {"name": "hello", "type": "message", "title": "Hello", "message": "There", "actions": ["next"], "next": "who"},
        {
            "name": "who",
            "type": "data-capture",
            "actions": ["next"],
            "fields": [{"label": "Nickname", "name": "nickname", "control_type": "text"}],
            "next": "bye",
        },
        {"name": "bye", "type": "message", "title": "Bye", "message": "Bye", "actions": ["close"]},
    ]


def _make_rewards(organization: Organization, credentials: Credentials) -> None:
    """Points for a score, an offer for every third purchase, and messages for conversions, dismissals and sign-ups."""
    campaign = make_live_campaign(organization, name="Rewards")
    make_behavior(campaign, {"internal_event_name": "score"}, points=POINTS)
    offer = make_offer(organization, guid="socks", total_limit=300, limit_per_customer=2)
    add_outcome(make_behavior(campaign, {"internal_event_name": "purchase", "event_count": 3}), offer=offer)
    make_behavior(campaign, {"internal_event_name": "purchase"}, max_times_achievable=2, tags="buyer")
    for event in ("conversion", "dismiss", "registration"):
        _make_message(make_live_campaign(organization, name=f"Message for {event}"), credentials, event)


def _make_message(campaign: AdCampaign, credentials: Credentials, event: str) -> None:
    dates = {"starts_at": STARTS_AT, "ends_at": ENDS_AT}
    group = make_group(make_line_item(campaign, **dates), **dates)
    kind = {
        "ad_type": "messaging_platform",
        "creative_type": "messaging-platform-external",
        "delivery_method": "triggered",
    }
    behavior = make_behavior(campaign, {"internal_event_name": event})
    make_creative(
        group, credentials.application, status="live", achievement=behavior, scheduled_delivery_date=None, **kind
    )
