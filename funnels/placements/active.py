"""Which campaigns are active for a customer (contract 3, Active Campaigns; contract 4, section C "active")."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.decisions.compiled import Definitions, get_definitions
from campaigns.decisions.decide import decide_within_limits
from campaigns.decisions.engine import Candidate, Context, Decision
from campaigns.decisions.impressions import issue_tokens
from campaigns.decisions.log import Write, is_logged, record_after_response
from campaigns.models.frequency import frequency_starts
from customers.customers.identity import find_or_create_customer
from customers.customers.visitor_limits import Stranger, admit_visitor
from customers.models.identifier import as_uuid
from funnels.placements.visits import Visit, find_customer_visit, get_customer_visit, get_visit, with_history
from traces.trails import trace_closed


@dataclass(frozen=True, slots=True)
class ActiveRequest:
    """Whose campaigns: those of a visit, of a customer, or of an unknown visitor.

    `stranger` is who asks.
    """

    app_token: str
    trail_id: str | None
    customer_id: str | None
    category: str | None
    group: str | None
    stranger: Stranger = field(default_factory=Stranger)


@dataclass(frozen=True, slots=True)
class ActiveCampaigns:
    """The campaigns of `definitions` in the decision's order; `tokens` by campaign id, none without a visit."""

    definitions: Definitions
    campaigns: Sequence[Candidate]
    tokens: Mapping[int, uuid.UUID]
    after_response: Write | None


def active_campaigns(*, request: ActiveRequest, now: datetime) -> ActiveCampaigns:
    """Decide, wherever the campaigns are shown; nothing is counted as seen.

    With a trail the visit's customer decides and every campaign gets a tracking token. DomainError
    `unknown_application`, `unknown_trail`, `trace_closed`, `too_many_new_visitors`.
    """
    while True:
        visit = _visit(request, now)
        context = Context(
            category=request.category,
            group_name=request.group,
            period_starts=frequency_starts(now, visit.organization.zone),
        )
        answer = _decided(visit, context, wants_tokens=request.trail_id is not None, now=now)
        if answer is not None:
            return answer
        # The customer was merged into another one a moment ago: the trail finds that one now.


def _visit(request: ActiveRequest, now: datetime) -> Visit:
    token = as_uuid(request.app_token)
    if request.trail_id is not None:
        visit = get_visit(app_token=token, trail_id=as_uuid(request.trail_id))
        if visit.is_closed:
            raise trace_closed()
        return visit
    if request.customer_id is None:
        return get_customer_visit(app_token=token, customer_pk=None)
    visit = find_customer_visit(app_token=token, customer_id=request.customer_id)
    if visit.customer_pk is None:
        admit_visitor(
            organization=visit.organization,
            platforms=visit.platforms,
            customer_id=request.customer_id,
            stranger=request.stranger,
            now=now,
        )
    while visit.customer_pk is None:
        customer = find_or_create_customer(organization=visit.organization, customer_id=request.customer_id)
        visit = get_customer_visit(app_token=token, customer_pk=customer.pk)
    return visit


def _decided(visit: Visit, context: Context, *, wants_tokens: bool, now: datetime) -> ActiveCampaigns | None:
    organization = visit.organization
    definitions = get_definitions(organization_id=organization.pk, version=organization.version)
    logged = is_logged(organization=organization) and visit.customer_pk is not None
    candidates = definitions.index.all if logged else definitions.index.possible(visit.subject.facts)
    visit = with_history(visit, candidates)
    decision = decide_within_limits(
        organization=organization, subject=visit.subject, context=context, candidates=candidates, now=now
    )
    tokens: dict[int, uuid.UUID] = {}
    if wants_tokens and decision.eligible and visit.customer_pk is not None:
        ids = [candidate.campaign_id for candidate in decision.eligible]
        offered = issue_tokens(organization=organization, customer_id=visit.customer_pk, campaign_ids=ids)
        if offered.customer_was_merged:
            return None
        tokens = offered.tokens
    after_response = _record(visit, context, decision, now) if logged else None
    return ActiveCampaigns(definitions, decision.eligible, tokens, after_response)


def _record(visit: Visit, context: Context, decision: Decision, now: datetime) -> Write | None:
    if visit.customer_pk is None:
        return None
    return record_after_response(
        organization=visit.organization,
        customer_id=visit.customer_pk,
        identity=visit.customer_uuid,
        source="active",
        context=context,
        decision=decision,
        now=now,
    )
