"""What the decisions of the trace dialect are measured on: campaigns with targets, and visitors in great number."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction

from campaigns.models import AdBundle, AdCampaign, AdTarget
from customers.applications.applications import create_application
from customers.field_values.field_type import FieldType
from customers.models import Application, CustomerField, Organization
from customers.organizations.organizations import get_or_create_organization
from funnels.models import Banner, BusinessEvent, EventBinding, Placeholder
from tests.bench.database import settle

SEED = 20210813
STARTS_AT, ENDS_AT = datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
STATES = [f"S{number:02}" for number in range(50)]
TIERS = ["bronze", "silver", "gold", "platinum"]
TAGS = [f"tag-{number:02}" for number in range(30)]
PLATFORMS = ["iOS", "Android", "Chrome Browser"]
# Campaigns that everybody may see, so that every answer has its four tokens.
WIDE = 4
VISITORS = 30_000
# A statement has at most 65 535 parameters.
ROWS_A_STATEMENT = 1000
# Twelve digits, so that a trail's id ends in the id of the request.
FIRST_ID = 100_000_000_000
PEOPLE = """
INSERT INTO customers_customer (organization_id, uuid, external_id, is_anonymous, attributes, tags, points, consent,
                                email_consent, push_consent, last_platform)
SELECT %(organization)s::bigint, gen_random_uuid(), 'visitor-' || (%(first)s::bigint + number - 1), false,
    jsonb_build_object('state', 'S' || lpad((number %% 50)::text, 2, '0'),
        'loyalty_tier', (ARRAY['bronze','silver','gold','platinum'])[number %% 4 + 1],
        'email', 'visitor.' || number || '@example.com', 'first_name', 'Visitor', 'city', 'Springfield'),
    ARRAY['tag-' || lpad((number %% 30)::text, 2, '0'), 'tag-' || lpad((number * 7 %% 30)::text, 2, '0')],
    number %% 5000, true, true, true, 'iOS'
FROM generate_series(1, %(visitors)s::int) number;
"""
TRACES = """
INSERT INTO traces_trace (organization_id, application_id, customer_id, uuid)
SELECT organization_id, %(application)s::bigint, id, gen_random_uuid()
FROM customers_customer WHERE organization_id = %(organization)s::bigint ORDER BY id;
"""
TRAILS = """
INSERT INTO traces_trail (organization_id, trace_id, uuid, language, platform, channel)
SELECT organization_id, id,
    ('00000000-0000-4001-%(series)s-' || (%(first)s + row_number() OVER (ORDER BY id) - 1))::uuid,
    'en-US', (ARRAY['iOS','Android','Chrome Browser'])[id %% 3 + 1], 'web'
FROM traces_trace WHERE organization_id = %(organization)s::bigint;
"""
# Nobody knows them, and each is on a visit.
STRANGERS = """
WITH people AS (
    INSERT INTO customers_customer (organization_id, uuid, external_id, is_anonymous, attributes, tags, points, consent,
                                    email_consent, push_consent, last_platform)
    SELECT %(organization)s::bigint, identity, identity::text, true, '{}'::jsonb, ARRAY[]::varchar[], 0,
        true, true, true, 'iOS'
    FROM (SELECT gen_random_uuid() AS identity FROM generate_series(1, %(visitors)s::int)) made
    RETURNING id, organization_id
), traces AS (
    INSERT INTO traces_trace (organization_id, application_id, customer_id, uuid)
    SELECT organization_id, %(application)s::bigint, id, gen_random_uuid() FROM people ORDER BY id
    RETURNING id, organization_id
)
INSERT INTO traces_trail (organization_id, trace_id, uuid, language, platform, channel)
SELECT organization_id, id,
    ('00000000-0000-4001-' || %(series)s || '-' || (%(first)s + row_number() OVER (ORDER BY id) - 1))::uuid,
    'en-US', 'iOS', 'web'
FROM traces;
"""


@dataclass(frozen=True)
class ChannelData:
    """What the scenarios refer to; trail ids of a series are `00000000-0000-4001-<series>-<12 digits>`."""

    application: Application
    series: int
    event: str = "registration"

    @property
    def trail(self) -> str:
        """The id of a visit, whose last digits are the request's."""
        return _trail(self.series)


def _trail(series: int) -> str:
    return f"00000000-0000-4001-{series}-{{id}}"


def make_channel_data(name: str, *, campaigns: int, series: int) -> ChannelData:
    """An organization with so many live campaigns of 3 to 5 targets in two placeholders, and many visitors."""
    with transaction.atomic():
        organization = get_or_create_organization(name=name)
        application, _ = create_application(organization=organization, name=name, platforms=["rest"])
        for field in ("state", "loyalty_tier", "email", "first_name", "city"):
            CustomerField.objects.create(organization=organization, name=field, type=FieldType.STRING)
        _make_campaigns(organization, application, campaigns)
        values = {
            "organization": organization.pk,
            "application": application.pk,
            "visitors": VISITORS,
            "first": FIRST_ID,
        }
        with connection.cursor() as cursor:
            cursor.execute(PEOPLE, values)
            cursor.execute(TRACES, values)
            cursor.execute(TRAILS % {"series": series, "first": FIRST_ID, "organization": organization.pk})
    settle()
    return ChannelData(application, series)


def make_strangers(data: ChannelData, *, series: int) -> str:
    """As many anonymous visitors beside the known ones; the id of their visits, whose last digits are the request's."""
    values = {
        "organization": data.application.organization_id,
        "application": data.application.pk,
        "visitors": VISITORS,
        "first": FIRST_ID,
        "series": series,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STRANGERS, values)
    settle()
    return _trail(series)


def _make_campaigns(organization: Organization, application: Application, number: int) -> None:
    source = random.Random(SEED)
    campaigns = AdCampaign.objects.bulk_create(
        [
            AdCampaign(
                organization=organization,
                name=f"Campaign {position}",
                permalink=f"campaign-{position}",
                status="live",
                category="Sales" if position % 2 else "Loyalty",
                starts_at=STARTS_AT,
                ends_at=ENDS_AT,
            )
            for position in range(number)
        ],
        batch_size=ROWS_A_STATEMENT,
    )
    bundles = AdBundle.objects.bulk_create(
        [AdBundle(organization=organization, campaign=campaign) for campaign in campaigns], batch_size=ROWS_A_STATEMENT
    )
    AdTarget.objects.bulk_create(
        [
            AdTarget(organization=organization, bundle=bundle, position=position, **target)
            for order, bundle in enumerate(bundles)
            for position, target in enumerate(_wide_targets() if order < WIDE else _targets(source))
        ],
        batch_size=ROWS_A_STATEMENT,
    )
    places = Placeholder.objects.bulk_create(
        Placeholder(
            organization=organization, application=application, name=name, width=800, height=600, maximum_banners=2
        )
        for name in ("id-placeholder1", "id-placeholder2")
    )
    Banner.objects.bulk_create(
        [
            Banner(
                organization=organization,
                placeholder=places[position % 2],
                campaign=campaign,
                link=f"/media/campaigns/{position}/banner-800x600.png",
            )
            for position, campaign in enumerate(campaigns)
        ],
        batch_size=ROWS_A_STATEMENT,
    )
    event = BusinessEvent.objects.create(organization=organization, application=application, name="registration")
    EventBinding.objects.bulk_create(
        EventBinding(organization=organization, event=event, campaign=campaign) for campaign in campaigns[:20]
    )


def _wide_targets() -> list[dict[str, Any]]:
    return [
        {"attribute": "state", "operator": "exists", "values": []},
        {"attribute": "points", "operator": "gte", "values": [0]},
        {"attribute": "platform", "operator": "in", "values": PLATFORMS},
    ]


def _targets(source: random.Random) -> list[dict[str, Any]]:
    several: list[dict[str, Any]] = [
        {"attribute": "state", "operator": "in", "values": source.sample(STATES, 4)},
        {"attribute": "loyalty_tier", "operator": "in", "values": source.sample(TIERS, 2)},
        {"attribute": "tag", "operator": "in", "values": source.sample(TAGS, 4)},
        {"attribute": "points", "operator": "gte", "values": [source.randrange(2000)]},
        {"attribute": "platform", "operator": "not_in", "values": [source.choice(PLATFORMS)]},
    ]
    return source.sample(several, source.randint(3, 5))
