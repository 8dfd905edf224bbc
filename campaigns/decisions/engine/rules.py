"""The rules in their order; the first one that excludes a candidate is the reason."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from campaigns.decisions.engine.candidate import Candidate
from campaigns.decisions.engine.holdout import is_held_out
from campaigns.decisions.engine.subject import Context, Subject


class Reason(StrEnum):
    """Why a campaign is excluded, in the order of the rules."""

    FOREIGN = "another_organization"
    NOT_LIVE = "not_live"
    OUTSIDE_DATES = "outside_its_dates"
    PARENT_NOT_LIVE = "a_parent_is_not_live"
    PLACEMENT = "not_in_this_place"
    CATEGORY = "another_category"
    GROUP = "another_group"
    TARGETING = "targeting"
    CONSENT = "no_consent"
    DISMISSED = "dismissed"
    CONVERTED = "converted"
    COMPLETED = "completed"
    FREQUENCY = "frequency_cap"
    SPEND = "spend_limit"
    CONTROL_GROUP = "control_group"


Rule = Callable[[Candidate, Subject, Context, datetime], bool]


def _is_dated_out(candidate: Candidate, _subject: Subject, _context: Context, now: datetime) -> bool:
    return not candidate.window.starts_at <= now < candidate.window.ends_at


def _has_closed_parent(candidate: Candidate, _subject: Subject, _context: Context, now: datetime) -> bool:
    return not all(parent.is_open(now) for parent in candidate.parents)


def _is_elsewhere(candidate: Candidate, _subject: Subject, context: Context, _now: datetime) -> bool:
    return context.placements is not None and candidate.placement not in context.placements


def _is_capped(candidate: Candidate, subject: Subject, context: Context, _now: datetime) -> bool:
    if candidate.frequency_cap is None or candidate.frequency_period is None:
        return False
    start = context.period_starts[candidate.frequency_period]
    counted = subject.history_with(candidate.campaign_id).counted_in(candidate.frequency_rule, start)
    return counted >= candidate.frequency_cap


# Each is true where it excludes.
RULES: tuple[tuple[Reason, Rule], ...] = (
    (Reason.FOREIGN, lambda candidate, subject, _context, _now: candidate.organization_id != subject.organization_id),
    (Reason.NOT_LIVE, lambda candidate, _subject, _context, _now: not candidate.window.is_live),
    (Reason.OUTSIDE_DATES, _is_dated_out),
    (Reason.PARENT_NOT_LIVE, _has_closed_parent),
    (Reason.PLACEMENT, _is_elsewhere),
    (
        Reason.CATEGORY,
        lambda candidate, _subject, context, _now: context.category not in (None, candidate.category),
    ),
    (
        Reason.GROUP,
        lambda candidate, _subject, context, _now: context.group_name not in (None, candidate.group_name),
    ),
    (Reason.TARGETING, lambda candidate, subject, _context, _now: not candidate.matches(subject.facts)),
    (Reason.CONSENT, lambda _candidate, subject, _context, _now: not subject.has_consent),
    (
        Reason.DISMISSED,
        lambda candidate, subject, _context, _now: subject.history_with(candidate.campaign_id).is_dismissed,
    ),
    (
        Reason.CONVERTED,
        lambda candidate, subject, _context, _now: subject.history_with(candidate.campaign_id).is_converted,
    ),
    (
        Reason.COMPLETED,
        lambda candidate, subject, context, _now: (
            subject.history_with(candidate.campaign_id).is_completed and not context.is_restart
        ),
    ),
    (Reason.FREQUENCY, _is_capped),
    (Reason.SPEND, lambda candidate, _subject, context, _now: candidate.campaign_id in context.budget_exhausted),
    (Reason.CONTROL_GROUP, lambda candidate, subject, _context, _now: is_held_out(candidate, subject)),
)


def first_failing(candidate: Candidate, subject: Subject, context: Context, now: datetime) -> Reason | None:
    """The first rule that excludes a candidate; None if it is eligible."""
    for reason, excludes in RULES:
        if excludes(candidate, subject, context, now):
            return reason
    return None
