"""Events counted towards behaviors: one, a batch of a thousand, and one of a customer with a long history."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from campaigns.models import Achievement, AdBundle, AdCampaign
from customers.applications.applications import create_application
from customers.models import Application, Organization
from customers.organizations.organizations import bump_version, get_or_create_organization
from tests.bench.channel_data import ENDS_AT, STARTS_AT
from tests.bench.database import settle
from tests.bench.harness import Scenario, answer_of, statements_of
from tests.bench.requests import Ids, Request, RunFailedError

ONE, BATCH, HISTORY = "one event", "1 000 events of 500 customers, 20 behaviors", "one event after 100 000"
MOMENT = "1 000 events of one customer at one moment, 1 000 needed in a month"
NAMES = (ONE, BATCH, HISTORY, MOMENT)

BEHAVIORS, EVENT_NAMES = 20, 10
CUSTOMERS, EVENTS = 500, 1000
# Enough for every run of the longest bench; each is used once.
SAVED = "saved up"
FIRST, ROWS = 100_000_000_000, 100_000
SHORT, LONG = 10, 100_000
GOOD = '{"status":"ok","events":[{'
CUSTOMERS_SQL = """
INSERT INTO customers_customer
    (organization_id, uuid, external_id, is_anonymous, attributes, consent, email_consent, push_consent)
SELECT %s, gen_random_uuid(), number, false, '{"state": "NY"}', true, true, true
FROM generate_series(%s::bigint, %s::bigint) number
"""
# A past of so many events, an hour apart, of which every third earned all behaviors that look at them.
PAST = """
WITH customer AS (
    SELECT id, organization_id FROM customers_customer WHERE organization_id = %(organization)s AND external_id = %(id)s
), event AS (
    SELECT customer.*, number, now() - number * interval '1 hour' AS at
    FROM customer, generate_series(1, %(number)s) number
), told AS (
    INSERT INTO campaigns_event (organization_id, customer_id, name, at, attributes)
    SELECT organization_id, id, 'event 0', at, '{}' FROM event
), counted AS (
    INSERT INTO campaigns_goalprogressevent (organization_id, customer_id, goal_id, at, is_consumed)
    SELECT event.organization_id, event.id, goal.id, event.at, true
    FROM event, campaigns_achievement goal
    WHERE goal.organization_id = event.organization_id AND goal.internal_event_name = 'event 0'
)
INSERT INTO campaigns_completion (organization_id, customer_id, achievement_id, at)
SELECT event.organization_id, event.id, achievement.id, event.at
FROM event, campaigns_achievement goal, campaigns_achievement achievement
WHERE number %% 3 = 0 AND goal.organization_id = event.organization_id AND goal.internal_event_name = 'event 0'
AND achievement.id IN (goal.id, goal.composite_id)
"""


def scenarios() -> list[Scenario]:
    """Make the data, check that statements don't grow with the batch, and describe what is measured."""
    with transaction.atomic():
        organization = get_or_create_organization(name="Bench of behaviors")
        application, secret = create_application(organization=organization, name="Bench")
        _make_behaviors(organization)
        _make_saver(organization)
        with connection.cursor() as cursor:
            cursor.execute(CUSTOMERS_SQL, [organization.pk, FIRST, FIRST + ROWS - 1])
            cursor.execute(CUSTOMERS_SQL, [organization.pk, 1, CUSTOMERS + 2])
            for customer_id, number in ((CUSTOMERS + 1, SHORT), (CUSTOMERS + 2, LONG)):
                cursor.execute(PAST, {"organization": organization.pk, "id": str(customer_id), "number": number})
    settle()
    call = Request(_path(application), "POST", authorization=_basic(application, secret), good=GOOD)
    return [_one(call), _batch(call), _history(call), _moment(call)]


def _one(call: Request) -> Scenario:
    request = replace(call, body='{"event":{"name":"event 0","external_id":"{id}"}}')
    ids = Ids(FIRST, FIRST + ROWS - 1)
    queries = statements_of(request, ids.first)
    ids.take(2)
    return Scenario(ONE, request, goal=0.06, ids=ids, queries=queries)


def _batch(call: Request) -> Scenario:
    request = replace(call, body=_events(EVENTS))
    naive = replace(request, path=f"{call.path}/naive")
    # Three events of one customer, which earn two behaviors.
    three = json.dumps({"events": [{"name": "event 0", "external_id": str(CUSTOMERS)}] * 3})
    few, many = statements_of(replace(call, body=three)), statements_of(request)
    if few != many:
        raise RunFailedError(f"{EVENTS} events take {many} statements, and 3 take {few}")
    told = [len(json.loads(answer_of(each).content)["events"]) for each in (request, naive)]
    if told != [EVENTS, EVENTS]:
        raise RunFailedError("the two ways to tell events answer differently")
    return Scenario(BATCH, request, 20, None, naive, "one by one with models", queries=many, alone=True)


def _history(call: Request) -> Scenario:
    short, long = (
        replace(call, body=f'{{"event":{{"name":"event 0","external_id":"{customer_id}"}}}}', connections=1)
        for customer_id in (CUSTOMERS + 1, CUSTOMERS + 2)
    )
    return Scenario(HISTORY, long, 0.77, None, short, "one event after 10", queries=statements_of(long))


def _moment(call: Request) -> Scenario:
    """As many events as their goal needs, all at one moment: a batch like any other, at most half a second."""
    at = (timezone.now() - timedelta(days=1)).isoformat()
    event = {"name": SAVED, "external_id": str(CUSTOMERS), "at": at}
    request = replace(call, body=json.dumps({"events": [event] * EVENTS}))
    return Scenario(
        MOMENT,
        request,
        0.5,
        None,
        replace(call, body=_events(EVENTS)),
        BATCH,
        queries=statements_of(request),
        alone=True,
    )


def _events(number: int) -> str:
    events = [
        {"name": f"event {place % EVENT_NAMES}", "external_id": str(place % CUSTOMERS + 1), "amount": 12.5}
        for place in range(number)
    ]
    return json.dumps({"events": events})


def _make_behaviors(organization: Organization) -> None:
    """Behaviors of one goal each, with windows, throttles and caps; each event name is of two of them."""
    for number in range(BEHAVIORS):
        campaign = _make_campaign(organization, f"campaign {number}")
        of_both: dict[str, Any] = {"organization": organization, "campaign": campaign, "period": 7 * 86_400}
        composite = Achievement.objects.create(
            **of_both, name=f"Behavior {number}", tags=f"tag {number}", points=1, max_times_achievable_per_period=200
        )
        Achievement.objects.create(
            **of_both,
            name=f"Goal {number}",
            composite=composite,
            internal_event_name=f"event {number % EVENT_NAMES}",
            event_count=3,
            min_time_between_events=1,
            min_time_between_events_count=100,
        )
    bump_version(organization=organization)


def _make_saver(organization: Organization) -> None:
    """A behavior that needs as many events in a month as a batch has."""
    own: dict[str, Any] = {"organization": organization, "campaign": _make_campaign(organization, SAVED)}
    composite = Achievement.objects.create(**own, name="Saver")
    goal: dict[str, Any] = {"internal_event_name": SAVED, "event_count": EVENTS, "period": 30 * 86_400}
    Achievement.objects.create(**own, name="Saved", composite=composite, **goal)
    bump_version(organization=organization)


def _make_campaign(organization: Organization, name: str) -> AdCampaign:
    dates = {"starts_at": STARTS_AT, "ends_at": ENDS_AT}
    campaign = AdCampaign.objects.create(
        organization=organization, name=name, permalink=name.replace(" ", "-"), status="live", **dates
    )
    AdBundle.objects.create(organization=organization, campaign=campaign)
    return campaign


def _path(application: Application) -> str:
    return f"/priv/v1/apps/{application.api_key}/events"


def _basic(application: Application, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{application.api_key}:{secret}".encode()).decode()
