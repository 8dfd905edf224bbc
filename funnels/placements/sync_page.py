"""What a page shows (contract 3, Banners and Popups; contract 4, section C "sync-page")."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from campaigns.decisions.decide import decide_within_limits
from campaigns.decisions.engine import Candidate, Context, Decision
from campaigns.decisions.impressions import issue_impressions
from campaigns.decisions.log import Write, is_logged, record_after_response
from campaigns.models.frequency import frequency_starts
from customers.customers.merging import identify
from customers.customers.visitor_limits import Stranger, admit_impressions
from customers.models import Customer
from customers.transactions import idempotent
from funnels.placements.compiled import (
    NOTHING_SHOWN,
    ApplicationPlacements,
    ShownBanner,
    ShownPlaceholder,
    pick_banner,
)
from funnels.placements.loading import get_placement_catalog
from funnels.placements.page_location import matches_pattern
from funnels.placements.visits import Visit, get_visit, with_history
from traces.trails import trace_closed


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a page asks for, and for whom; None is an id that can't be one. `placeholders` are names, as on the page."""

    app_token: uuid.UUID | None
    trail_id: uuid.UUID | None
    customer_id: str | None
    page_location: str
    wants_popup: bool
    placeholders: Sequence[str]
    stranger: Stranger = field(default_factory=Stranger)


@dataclass(frozen=True, slots=True)
class FilledPlaceholder:
    """A placeholder that has banners, and its position in the request."""

    index: int
    placeholder: ShownPlaceholder
    banners: Sequence[tuple[Candidate, ShownBanner]]


@dataclass(frozen=True, slots=True)
class PageContent:
    """What the page shows; `tokens` by campaign id. `after_response` is to be called when the answer has gone out."""

    customer_id: str
    placeholders: Sequence[FilledPlaceholder]
    popup: Candidate | None
    tokens: Mapping[int, uuid.UUID]
    after_response: Write | None


def sync_page(*, request: PageRequest, now: datetime) -> PageContent:
    """Decide what a page shows, issue tracking tokens for it, count and charge it.

    A `customer_id` that differs from that of the visit's anonymous customer identifies them. DomainError
    `unknown_application`, `unknown_trail`, `trace_closed`, `too_many_impressions`.
    """
    while True:
        page = _sync(_identified(request), request, now)
        if page is not None:
            return page
        # The customer was merged into another one a moment ago: the trail finds that one now.


def _identified(request: PageRequest) -> Visit:
    visit = _open_visit(request)
    if request.customer_id is None or not visit.is_anonymous or request.customer_id == visit.customer_id:
        return visit
    anonymous = Customer(id=visit.customer_pk, uuid=visit.customer_uuid)
    with idempotent():
        identify(organization=visit.organization, anonymous=anonymous, customer_id=request.customer_id)
    return _open_visit(request)


def _open_visit(request: PageRequest) -> Visit:
    visit = get_visit(app_token=request.app_token, trail_id=request.trail_id)
    if visit.is_closed:
        raise trace_closed()
    return visit


def _sync(visit: Visit, request: PageRequest, now: datetime) -> PageContent | None:
    """The page; None where the customer was merged meanwhile."""
    organization = visit.organization
    catalog = get_placement_catalog(organization_id=organization.pk, version=organization.version)
    application = catalog.applications.get(visit.application_id, NOTHING_SHOWN)
    asked = [
        (index, application.placeholders[name])
        for index, name in enumerate(request.placeholders)
        if name in application.placeholders
    ]
    popups = _popups(application, request)
    logged = is_logged(organization=organization)
    context = Context(
        placements=frozenset(
            [*(shown.placement for _, shown in asked), *(popup.payload.placement for popup in popups)]
        ),
        period_starts=frequency_starts(now, organization.zone),
    )
    candidates = [*_candidates((shown for _, shown in asked), visit, logged=logged), *popups]
    visit = with_history(visit, candidates)
    decision = decide_within_limits(
        organization=organization, subject=visit.subject, context=context, candidates=candidates, now=now
    )
    filled, popup = _filled(asked, decision, visit)
    charged = sum(one.price_per_impression is not None for one in _chosen(filled, popup))
    admit_impressions(
        platforms=visit.platforms, customer=visit.customer_uuid, charged=charged, stranger=request.stranger, now=now
    )
    return _offered(visit, filled, popup, now, (context, decision) if logged else None)


def _popups(application: ApplicationPlacements, request: PageRequest) -> list[Candidate]:
    if not request.wants_popup:
        return []
    return [
        popup
        for popup in application.popups.values()
        if matches_pattern(popup.payload.page_location, request.page_location)
    ]


def _candidates(asked: Iterable[ShownPlaceholder], visit: Visit, *, logged: bool) -> Iterable[Candidate]:
    """The candidates of placeholders; all of them where every exclusion is to have its reason."""
    indexes = {shown.placement: shown.index for shown in asked}
    for index in indexes.values():
        yield from index.all if logged else index.possible(visit.subject.facts)


def _filled(
    asked: Sequence[tuple[int, ShownPlaceholder]], decision: Decision, visit: Visit
) -> tuple[list[FilledPlaceholder], Candidate | None]:
    """Distribute the eligible candidates to the placeholders, in their order and each campaign once in each."""
    by_place: dict[str, dict[int, Candidate]] = {}
    popup: Candidate | None = None
    for candidate in decision.eligible:
        if candidate.placement is not None and candidate.placement.startswith("popup:"):
            popup = popup or candidate
        else:
            by_place.setdefault(candidate.placement or "", {}).setdefault(candidate.campaign_id, candidate)
    filled = []
    for index, shown in asked:
        chosen = list(by_place.get(shown.placement, {}).values())[: shown.maximum_banners]
        banners = [(one, pick_banner(one.payload, visit.customer_uuid, _seen(visit, one))) for one in chosen]
        filled.append(FilledPlaceholder(index, shown, banners))
    return filled, popup


def _chosen(filled: Sequence[FilledPlaceholder], popup: Candidate | None) -> list[Candidate]:
    """What is shown, each campaign once."""
    chosen = {one.campaign_id: one for part in filled for one, _ in part.banners}
    if popup is not None:
        chosen.setdefault(popup.campaign_id, popup)
    return list(chosen.values())


def _seen(visit: Visit, candidate: Candidate) -> int:
    """A number that changes each time the customer sees the campaign."""
    return visit.subject.history_with(candidate.campaign_id).last_seen


def _offered(
    visit: Visit,
    filled: Sequence[FilledPlaceholder],
    popup: Candidate | None,
    now: datetime,
    logged: tuple[Context, Decision] | None,
) -> PageContent | None:
    """Issue tokens for what was chosen, without what has used up its cap or budget meanwhile."""
    if visit.customer_pk is None:
        return None
    offered = issue_impressions(
        organization=visit.organization, customer_id=visit.customer_pk, campaigns=_chosen(filled, popup), now=now
    )
    if offered.customer_was_merged:
        return None
    standing = [
        FilledPlaceholder(part.index, part.placeholder, banners)
        for part in filled
        if (banners := [shown for shown in part.banners if shown[0].campaign_id in offered.tokens])
    ]
    popup = popup if popup is not None and popup.campaign_id in offered.tokens else None
    return PageContent(visit.customer_id, standing, popup, offered.tokens, _record(visit, logged, now))


def _record(visit: Visit, logged: tuple[Context, Decision] | None, now: datetime) -> Write | None:
    if logged is None or visit.customer_pk is None:
        return None
    context, decision = logged
    return record_after_response(
        organization=visit.organization,
        customer_id=visit.customer_pk,
        identity=visit.customer_uuid,
        source="sync-page",
        context=context,
        decision=decision,
        now=now,
    )
