"""Business events that trigger campaigns (contract 3, Business Events; contract 4, section C)."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import orjson
from django.db import connection, transaction

from campaigns.behaviors.events import are_counted, record_events
from campaigns.behaviors.run import CustomerEvent, money_in
from campaigns.customer_facts.locking import CustomerGoneError, lock_customers
from campaigns.decisions.decide import decide_within_limits
from campaigns.decisions.engine import Candidate, Context, Decision, Subject
from campaigns.decisions.impressions import issue_impressions, lock_spend_limits, make_spend_limits
from campaigns.decisions.log import Write, is_logged, record_after_response
from campaigns.decisions.participation import Counting, forget_completion
from campaigns.models.frequency import frequency_starts
from customers.applications.applications import require_platform
from customers.customers.identity import find_or_create_customer
from customers.customers.search import find_or_create_by_attributes
from customers.errors import DomainError, ErrorKind
from customers.models import Customer, Organization
from customers.models.application import SERVERS
from customers.models.identifier import as_uuid
from customers.named_sql import NamedSQL
from funnels.funnels.definitions import restart_funnel
from funnels.models import EventOccurrence
from funnels.placements.compiled import NOTHING_SHOWN, ShownEvent
from funnels.placements.event_filters import with_context
from funnels.placements.loading import get_placement_catalog
from funnels.placements.visits import Visit, find_customer_visit, get_customer_visit, with_history
from traces.traces import add_trace
from traces.trails import add_trail

SQL = NamedSQL(__file__)

INSERT_EVENT_OCCURRENCE = SQL("insert_event_occurrence")
# Serialises the requests with one event-id: the second then finds what the first was answered.
LOCK_EVENT_ID = "SELECT pg_advisory_xact_lock(hashtextextended(%s::text, 0))"
# A trail that no page or device is known of.
NOWHERE = {"language": "", "platform": "", "channel": ""}


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """A business event as an application reports it.

    `customer` is a customer's id or a search by fields of the schema with their values. With an `event_id` reporting it
    again changes nothing.
    """

    app_token: str
    name: str
    customer: str | Mapping[str, object]
    context: Mapping[str, object]
    restarts_funnel: bool
    event_id: str | None


@dataclass(frozen=True, slots=True)
class TriggeredCampaign:
    """What the event led to; `customer_id` is the caller's own, or that of the customer who was found or created."""

    campaign: str
    campaign_id: int
    trace_id: uuid.UUID
    trail_id: uuid.UUID
    token: uuid.UUID
    customer_id: str
    after_response: Write | None = None


class _OfferExhaustedError(Exception):
    """The campaign that the decision chose has used up its cap or its budget meanwhile."""

    def __init__(self, campaign_id: int) -> None:
        super().__init__(campaign_id)
        self.campaign_id = campaign_id


def trigger_campaign(*, reported: ReportedEvent, now: datetime) -> TriggeredCampaign:
    """Choose the best campaign that is bound to an event for its customer, and offer it in a trace of its own.

    The trace has a trail, so that the campaign's funnel can be entered at once. The event itself happened whatever the
    decision: the customer is created, and behaviors count it, also where no campaign matches. DomainError
    `unknown_application` (also without the platform REST, since other app-tokens are public), `unknown_event`,
    `no_matching_campaign`, `invalid_fields` (a field outside the schema). Source: contract 3, Business Events; contract
    5, section A "business-event".
    """
    gone: set[int] = set()
    while True:
        try:
            triggered = _trigger(reported, gone, now)
        except CustomerGoneError:
            # The customer was merged meanwhile: the id finds the surviving customer now.
            continue
        except _OfferExhaustedError as error:
            # Start again in a new transaction: the next campaign's locks come first in the order of locks.
            gone.add(error.campaign_id)
            continue
        if triggered is None:
            raise DomainError(ErrorKind.NOT_FOUND, "no_matching_campaign", "No campaign matches this event.")
        return triggered


@transaction.atomic
def _trigger(reported: ReportedEvent, gone: Collection[int], now: datetime) -> TriggeredCampaign | None:
    """One attempt; campaigns that are `gone` are left out. None: no campaign matches, and the event is recorded."""
    visit = _visit(reported)
    require_platform(platforms=visit.platforms, wanted=SERVERS)
    organization = visit.organization
    catalog = get_placement_catalog(organization_id=organization.pk, version=organization.version)
    event = catalog.applications.get(visit.application_id, NOTHING_SHOWN).events.get(reported.name)
    if event is None:
        raise DomainError(ErrorKind.NOT_FOUND, "unknown_event", "The application has no such event.")
    again = _find_earlier_answer(event, reported)
    if again is not None:
        return again
    if visit.customer_pk is None:
        customer = _customer(organization, reported)
        visit = get_customer_visit(app_token=as_uuid(reported.app_token), customer_pk=customer.pk)
    decision, context = _decide(visit, event, reported, now)
    eligible = [candidate for candidate in decision.eligible if candidate.campaign_id not in gone]
    if not eligible:
        _record_unmatched(event, reported, visit, now)
        return None
    triggered = _offer(event, reported, visit, eligible[0], now)
    return _logged(triggered, visit, context, decision, now)


def _visit(reported: ReportedEvent) -> Visit:
    """The application, and the customer of the id if there is one."""
    token = as_uuid(reported.app_token)
    if isinstance(reported.customer, str):
        return find_customer_visit(app_token=token, customer_id=reported.customer)
    return get_customer_visit(app_token=token, customer_pk=None)


def _find_earlier_answer(event: ShownEvent, reported: ReportedEvent) -> TriggeredCampaign | None:
    """The answer to an earlier report of the event with the same event-id."""
    if reported.event_id is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(LOCK_EVENT_ID, [f"business event {event.event_id} {reported.event_id}"])
    found = EventOccurrence.objects.filter(event_id=event.event_id, idempotency_key=reported.event_id)
    before = found.select_related("campaign", "trace").first()
    if before is None:
        return None
    trail = before.trace.trails.order_by("id").first()
    # Occurrences of former versions have a trace only.
    trail_id = add_trail(trace_id=before.trace.uuid, **NOWHERE) if trail is None else trail.uuid
    return TriggeredCampaign(
        before.campaign.name, before.campaign_id, before.trace.uuid, trail_id, before.token, before.customer_reference
    )


def _customer(organization: Organization, reported: ReportedEvent) -> Customer:
    if isinstance(reported.customer, str):
        return find_or_create_customer(organization=organization, customer_id=reported.customer)
    return find_or_create_by_attributes(organization=organization, attributes=reported.customer)


def _decide(visit: Visit, event: ShownEvent, reported: ReportedEvent, now: datetime) -> tuple[Decision, Context]:
    context = Context(
        placements=frozenset([event.placement]),
        period_starts=frequency_starts(now, visit.organization.zone),
        is_restart=reported.restarts_funnel,
    )
    candidates = event.index.all
    visit = with_history(visit, candidates)
    subject: Subject = replace(visit.subject, facts=with_context(visit.subject.facts, reported.context))
    decision = decide_within_limits(
        organization=visit.organization, subject=subject, context=context, candidates=candidates, now=now
    )
    return decision, context


def _offer(
    event: ShownEvent, reported: ReportedEvent, visit: Visit, candidate: Candidate, now: datetime
) -> TriggeredCampaign:
    """Offer the campaign and tell the core; locks go from its spend limit to the customer to participations."""
    organization, customer_pk = visit.organization, visit.customer_pk
    if customer_pk is None:
        raise CustomerGoneError
    while lock_spend_limits(organization=organization, campaigns=[candidate]) is None:
        make_spend_limits(organization=organization, campaigns=[candidate])
    locked = None
    if are_counted(organization=organization, name=reported.name, at=now):
        locked = lock_customers(organization=organization, customer_ids=[customer_pk])
    tokens: list[uuid.UUID] = []
    as_event = _as_event(event, reported, customer_pk, now)
    counting = Counting(
        {(customer_pk, candidate.campaign_id)},
        lambda: tokens.append(
            _issue_token(organization, customer_pk, candidate, now, restarts=reported.restarts_funnel)
        ),
    )
    record_events(organization=organization, events=[as_event], now=now, locked=locked, counting=counting)
    return _record_occurrence(event, reported, visit, candidate, tokens[0])


def _record_unmatched(event: ShownEvent, reported: ReportedEvent, visit: Visit, now: datetime) -> None:
    """Record the event for behaviors; a report that is repeated under its event-id counts once."""
    if visit.customer_pk is None:
        raise CustomerGoneError
    as_event = _as_event(event, reported, visit.customer_pk, now)
    record_events(organization=visit.organization, events=[as_event], now=now)


def _as_event(event: ShownEvent, reported: ReportedEvent, customer_pk: int, now: datetime) -> CustomerEvent:
    """The event for the core, under an id of its own."""
    own_id = uuid.uuid4() if reported.event_id is None else f"{event.event_id}:{reported.event_id}"
    amount = money_in(reported.context)
    return CustomerEvent(customer_pk, reported.name, now, reported.context, f"business-event:{own_id}", amount)


def _issue_token(
    organization: Organization, customer_pk: int, candidate: Candidate, now: datetime, *, restarts: bool
) -> uuid.UUID:
    """The token of the offer; with a restart the campaign's completion is forgotten."""
    offered = issue_impressions(organization=organization, customer_id=customer_pk, campaigns=[candidate], now=now)
    if offered.customer_was_merged:
        raise CustomerGoneError
    if not offered.tokens:
        raise _OfferExhaustedError(candidate.campaign_id)
    if restarts:
        forget_completion(customer_id=customer_pk, campaign_id=candidate.campaign_id)
    return offered.tokens[candidate.campaign_id]


def _record_occurrence(
    event: ShownEvent, reported: ReportedEvent, visit: Visit, candidate: Candidate, token: uuid.UUID
) -> TriggeredCampaign:
    """Write the occurrence with its trace; with a restart the customer's funnel entry is deleted."""
    customer_pk = visit.customer_pk or 0
    if reported.restarts_funnel:
        restart_funnel(organization=visit.organization, customer_id=customer_pk, campaign_id=candidate.campaign_id)
    trace_pk, trace_id = add_trace(
        organization_id=visit.organization.pk, application_id=visit.application_id, customer_pk=customer_pk
    )
    reference = reported.customer if isinstance(reported.customer, str) else visit.customer_id
    context = orjson.dumps(reported.context).decode()
    values = [visit.organization.pk, customer_pk, event.event_id, reported.event_id, candidate.campaign_id, trace_pk]
    with connection.cursor() as cursor:
        cursor.execute(INSERT_EVENT_OCCURRENCE, [*values, token, reference, context, reported.restarts_funnel])
    trail_id = add_trail(trace_id=trace_id, **NOWHERE)
    return TriggeredCampaign(candidate.name, candidate.campaign_id, trace_id, trail_id, token, reference)


def _logged(
    triggered: TriggeredCampaign, visit: Visit, context: Context, decision: Decision, now: datetime
) -> TriggeredCampaign:
    if not is_logged(organization=visit.organization) or visit.customer_pk is None:
        return triggered
    write = record_after_response(
        organization=visit.organization,
        customer_id=visit.customer_pk,
        identity=visit.customer_uuid,
        source="business-event",
        context=context,
        decision=decision,
        now=now,
    )
    return replace(triggered, after_response=write)
