"""Visitors in front of a funnel: some who have not begun, some at its first step, some at its second."""

from dataclasses import dataclass

from django.db import connection, transaction

from campaigns.models import AdBundle, AdCampaign
from customers.applications.applications import create_application
from customers.models import Application, CustomerField, Organization
from customers.organizations.organizations import get_or_create_organization
from funnels.funnels.definitions import save_funnel
from tests.bench.channel_data import ENDS_AT, STARTS_AT
from tests.bench.database import settle
from tests.bench.requests import Ids

VISITORS = 25_000
# Twelve digits: a trail, a token and an entry of one visitor end in the same id.
FIRST_ID = 200_000_000_000
FIELDS = {"first_name": "string", "email": "string", "income": "integer", "city": "string"}
STEPS = [
    {
        "name": "welcome",
        "type": "message",
        "title": "A better card",
        "message": "It takes a minute.",
        "next": "details",
    },
    {
        "name": "details",
        "type": "data-capture",
        "fields": [
            {"label": "First name", "name": "first_name", "control_type": "text"},
            {"label": "Email", "name": "email", "control_type": "email"},
            {"label": "Income", "name": "income", "control_type": "number"},
        ],
        "forks": [{"conditions": [{"attribute": "income", "operator": "gte", "values": [50_000]}], "to": "home"}],
        "next": "form",
    },
    {
        "name": "home",
        "type": "data-capture",
        "fields": [{"label": "City", "name": "city", "control_type": "text"}],
        "next": "form",
    },
    {"name": "form", "type": "redirect", "url": "https://bank.example/cards", "include_system_params": True},
]
PEOPLE = """
INSERT INTO customers_customer (organization_id, uuid, external_id, is_anonymous, attributes, tags, points, consent,
                                email_consent, push_consent)
SELECT %(organization)s::bigint, gen_random_uuid(), 'walker-' || number, false,
       jsonb_build_object('city', 'Springfield', 'first_name', 'Visitor'), ARRAY['tag-1', 'tag-2'], 10, true, true, true
FROM generate_series(%(first)s::bigint, %(last)s::bigint) number
"""
TRACES = """
INSERT INTO traces_trace (organization_id, application_id, customer_id, uuid)
SELECT organization_id, %(application)s::bigint, id,
       ('00000000-0000-4000-7000-' || substr(external_id, 8))::uuid
FROM customers_customer WHERE organization_id = %(organization)s::bigint ORDER BY id
"""
TRAILS = """
INSERT INTO traces_trail (organization_id, trace_id, uuid, language, platform, channel)
SELECT organization_id, id, uuid, 'en-US', 'iOS', 'web' FROM traces_trace
WHERE organization_id = %(organization)s::bigint ORDER BY id
"""
TOKENS = """
INSERT INTO campaigns_interaction (organization_id, customer_id, campaign_id, token)
SELECT organization_id, customer_id, %(campaign)s::bigint, uuid FROM traces_trace
WHERE organization_id = %(organization)s::bigint ORDER BY id
"""
ENTRIES = """
INSERT INTO funnels_funnelentry (organization_id, customer_id, campaign_id, version_id, interaction_id, uuid, step,
                                 is_finished, answers, data)
SELECT organization_id, customer_id, campaign_id, %(version)s::bigint, id, token, %(step)s::varchar, false,
       array_fill('{"type":"message","config":{}}'::text, ARRAY[%(length)s::int]), '{}'
FROM campaigns_interaction
WHERE organization_id = %(organization)s::bigint
  AND token BETWEEN ('00000000-0000-4000-7000-' || %(from)s::bigint)::uuid
                AND ('00000000-0000-4000-7000-' || %(to)s::bigint)::uuid
"""


@dataclass(frozen=True)
class FunnelData:
    """Three groups of visitors by their ids; each visitor's trail and token are `00000000-0000-4000-7000-<id>`."""

    campaign_id: int

    @property
    def newcomers(self) -> Ids:
        """Nobody of them has begun."""
        return _group(0)

    @property
    def readers(self) -> Ids:
        """They are at the message."""
        return _group(1)

    @property
    def writers(self) -> Ids:
        """They are at the data capture."""
        return _group(2)


def _group(number: int) -> Ids:
    first = FIRST_ID + number * VISITORS
    return Ids(first, first + VISITORS - 1)


def make_funnel_data() -> FunnelData:
    """An organization with one campaign, its funnel and a great many visitors."""
    with transaction.atomic():
        organization = get_or_create_organization(name="Bench funnel")
        application, _ = create_application(organization=organization, name="Bench funnel", platforms=["rest"])
        for name, kind in FIELDS.items():
            CustomerField.objects.create(organization=organization, name=name, type=kind)
        campaign = _campaign(organization)
        funnel = save_funnel(organization=organization, campaign_id=campaign.pk, steps=STEPS)
        _make_visitors(organization, application, campaign, funnel.version_id)
    settle()
    return FunnelData(campaign.pk)


def _campaign(organization: Organization) -> AdCampaign:
    campaign = AdCampaign.objects.create(
        organization=organization,
        name="Card upgrade",
        permalink="card-upgrade",
        status="live",
        starts_at=STARTS_AT,
        ends_at=ENDS_AT,
    )
    AdBundle.objects.create(organization=organization, campaign=campaign)
    return campaign


def _make_visitors(organization: Organization, application: Application, campaign: AdCampaign, version_id: int) -> None:
    shared: dict[str, str | int] = {"organization": organization.pk}
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE, shared | {"first": FIRST_ID, "last": FIRST_ID + 3 * VISITORS - 1})
        cursor.execute(TRACES, shared | {"application": application.pk})
        cursor.execute(TRAILS, shared)
        cursor.execute(TOKENS, shared | {"campaign": campaign.pk})
        for number, step in ((1, "welcome"), (2, "details")):
            group = _group(number)
            values: dict[str, str | int] = {
                "version": version_id,
                "step": step,
                "length": number,
                "from": group.first,
                "to": group.last,
            }
            cursor.execute(ENTRIES, shared | values)
