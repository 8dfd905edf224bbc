"""The decision itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from campaigns.decisions.engine.candidate import Candidate
from campaigns.decisions.engine.rules import Reason, first_failing
from campaigns.decisions.engine.subject import Context, Subject


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A candidate that was excluded, and the first rule that did."""

    candidate: Candidate
    reason: Reason


@dataclass(frozen=True, slots=True)
class Decision:
    """The eligible candidates in their order, and the others with their reasons."""

    eligible: tuple[Candidate, ...]
    excluded: tuple[Exclusion, ...]


def decide(subject: Subject, context: Context, candidates: Iterable[Candidate], now: datetime) -> Decision:
    """Apply the rules to each candidate and order those that are eligible.

    The higher priority comes first, then what this customer has seen least recently, then the lower campaign id, then
    the lower `order`.
    """
    eligible: list[Candidate] = []
    excluded: list[Exclusion] = []
    for candidate in candidates:
        reason = first_failing(candidate, subject, context, now)
        if reason is None:
            eligible.append(candidate)
        else:
            excluded.append(Exclusion(candidate, reason))
    eligible.sort(key=lambda candidate: order_of(candidate, subject))
    return Decision(tuple(eligible), tuple(excluded))


def order_of(candidate: Candidate, subject: Subject) -> tuple[int, int, int, int]:
    """The sort key of eligible candidates."""
    last_seen = subject.history_with(candidate.campaign_id).last_seen
    return -candidate.priority, last_seen, candidate.campaign_id, candidate.order
