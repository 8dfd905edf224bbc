"""Outcomes of claimed recipients are written in batches."""

import uuid
from collections.abc import Iterable

import orjson

from campaigns.delivery.channels.base import Outcome, Result
from campaigns.delivery.leases import with_reconnect
from campaigns.delivery.recipients.claim import ClaimedRecipients
from customers.named_sql import NamedSQL, Values

SQL = NamedSQL(__file__)

MOST_ATTEMPTS = 6
# Seconds before the second attempt; they double with each, with up to half of them random.
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 3600.0
# How long a triggered message waits for a destination that is unavailable: no operator can retry it.
LONGEST_PATIENCE = 86_400.0
LONGEST_ERROR, LONGEST_REFERENCE = 500, 255
SETTLE_RECIPIENTS = SQL("settle_recipients")


def settle_recipients(*, claimed: ClaimedRecipients, results: Iterable[Result], deduplicates: bool) -> None:
    """Write the outcomes of claimed recipients in one statement.

    Recipients without a result are ambiguous, or pending if the destination deduplicates.
    """
    by_key = {result.key: result for result in results}
    rows = [_settled(claimed, each.key, by_key.get(each.key), deduplicates=deduplicates) for each in claimed.recipients]
    if rows:
        values: Values = {
            "results": orjson.dumps(rows).decode(),
            "lease_token": claimed.lease_token,
            "most": MOST_ATTEMPTS,
            "first": FIRST_PAUSE,
            "longest": LONGEST_PAUSE,
            "patience": LONGEST_PATIENCE,
        }
        with_reconnect(SETTLE_RECIPIENTS, values)


def _settled(
    claimed: ClaimedRecipients, key: uuid.UUID, result: Result | None, *, deduplicates: bool
) -> dict[str, object]:
    """A row for SETTLE_RECIPIENTS: the state now, after the last attempt, and after LONGEST_PATIENCE.

    A failed attempt doesn't settle an uncertain one before it.
    """
    result = result or Result(key, Outcome.UNKNOWN, error="The channel said nothing.")
    is_open = result.outcome in {Outcome.RETRY, Outcome.LATER, Outcome.UNKNOWN}
    is_uncertain = result.outcome is Outcome.UNKNOWN or key in claimed.uncertain
    begun = claimed.destination if is_uncertain else ""
    state, in_the_end = {
        Outcome.SENT: ("sent", "sent"),
        Outcome.FAILED: ("failed", "failed"),
        Outcome.SKIPPED: ("skipped", "skipped"),
        Outcome.RETRY: ("pending", "ambiguous" if is_uncertain else "failed"),
        Outcome.LATER: ("pending", "pending"),
        Outcome.UNKNOWN: ("pending" if deduplicates else "ambiguous", "ambiguous"),
    }[result.outcome]
    return {
        "key": key,
        "state": state,
        "in_the_end": in_the_end,
        "at_last": ("ambiguous" if is_uncertain else "failed") if is_open else state,
        "reference": _text(begun if is_open else result.reference, LONGEST_REFERENCE),
        "error": _text(result.error, LONGEST_ERROR),
        "pause": (result.retry_after or 0.0) if result.outcome is Outcome.LATER else result.retry_after,
    }


def _text(said: str, longest: int) -> str | None:
    """Another system's text as PostgreSQL can store it."""
    kept = said.replace("\x00", "").encode("utf-8", "replace").decode()[:longest]
    return kept or None
