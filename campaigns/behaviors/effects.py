"""The results of a run of the behavior engine, written in a fixed number of statements."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import orjson

from campaigns.behaviors.messages import send_messages
from campaigns.behaviors.run import BehaviorRun, Earned
from campaigns.decisions.participation import Counting
from campaigns.offers.issuing import Grant, issue_offers
from customers.models import Organization
from customers.named_sql import NamedSQL
from customers.prepared import PreparedStatement

SQL = NamedSQL(__file__)

INSERT_COMPLETIONS = PreparedStatement(SQL("insert_completions"))
# Written in one statement, of which only those parts are sent that have rows.
EFFECTS = {
    "counted": SQL("insert_progress_events"),
    "grown": SQL("set_progress_amounts"),
    "consumed": SQL("consume_progress_events"),
    "spent": SQL("delete_progress_events"),
    "rested": SQL("end_waiting_completions"),
    "gifts": SQL("give_tags_and_points"),
    "points": SQL("insert_points_entries"),
    "events": SQL("insert_follow_up_events"),
}
Rows = list[dict[str, object]]


def write_effects(
    *, organization: Organization, run: BehaviorRun, now: datetime, counting: Counting | None = None
) -> None:
    """Write progress, completions and outcomes of the run; the caller has locked its customers."""
    completion_ids = _write_earned(organization, run, now)
    send_messages(organization=organization, run=run, completion_ids=completion_ids, now=now, counting=counting)


def _write_earned(organization: Organization, run: BehaviorRun, now: datetime) -> list[int]:
    """Write everything but messages; the ids of the earned behaviors' completions."""
    counters = _counters(run)
    completed: Rows = counters.pop("completed")
    if not any(counters.values()) and not completed and not run.earned:
        return []
    completion_ids = _insert_completions(organization, completed, run.earned)
    gifts, points = _gifts(run.earned, completion_ids)
    events = [{"customer_id": one.customer_id, "name": one.name, "at": one.at} for one in run.follow_ups]
    _write({**counters, "gifts": gifts, "points": points, "events": events}, organization)
    _issue_offers(organization, run.earned, completion_ids, now)
    return completion_ids


def _write(rows: Mapping[str, list[Any]], organization: Organization) -> None:
    """All rows in one statement; no-op if there are none."""
    values: dict[str, Any] = {name: orjson.dumps(several).decode() for name, several in rows.items() if several}
    if values:
        _statement(frozenset(values)).rows({"organization": organization.pk, **values})


@cache
def _statement(wanted: frozenset[str]) -> PreparedStatement:
    parts = ", ".join(f"{name} AS ({EFFECTS[name]})" for name in EFFECTS if name in wanted)
    return PreparedStatement(f"WITH {parts} SELECT 1")


def _counters(run: BehaviorRun) -> dict[str, list[Any]]:
    """The changed rows of all customers and behaviors."""
    found: dict[str, list[Any]] = {
        "counted": [],
        "grown": [],
        "consumed": [],
        "spent": [],
        "rested": [],
        "completed": [],
    }
    for customer_id, change in run.changes():
        found["counted"] += [
            {
                "customer_id": customer_id,
                "goal_id": goal_id,
                "at": each.at,
                "amount": None if each.amount is None else str(each.amount),
                "is_consumed": each.is_consumed,
            }
            for goal_id, each in change.counted
        ]
        found["grown"] += [{"id": each.id, "amount": str(each.amount)} for each in change.grown]
        found["consumed"] += change.consumed
        found["spent"] += change.spent
        found["rested"] += change.no_longer_waiting
        found["completed"] += [
            {"customer_id": customer_id, "achievement_id": goal_id, "at": each.at, "is_waiting": each.is_waiting}
            for goal_id, each in change.completed
        ]
    return found


def _insert_completions(organization: Organization, completed: Rows, earned: Sequence[Earned]) -> list[int]:
    """Insert completions of goals and behaviors; the ids of the latter."""
    rows = completed + [
        {"customer_id": one.customer_id, "achievement_id": one.compiled.behavior.id, "at": one.at, "is_waiting": False}
        for one in earned
    ]
    if not rows:
        return []
    placed = [{"place": place, **row} for place, row in enumerate(rows)]
    ids = [row_id for (row_id,) in INSERT_COMPLETIONS.rows([organization.pk, orjson.dumps(placed).decode()])]
    return ids[len(completed) :]


def _gifts(earned: Sequence[Earned], completion_ids: Iterable[int]) -> tuple[Rows, Rows]:
    """Tags and points by customer, and the entries of the points ledger."""
    gifts: dict[int, dict[str, Any]] = {}
    entries: Rows = []
    for one, completion_id in zip(earned, completion_ids, strict=True):
        points, tags = one.points, one.compiled.tags
        if not points and not tags:
            continue
        gift = gifts.setdefault(one.customer_id, {"customer_id": one.customer_id, "tags": [], "points": 0})
        gift["tags"] += [tag for tag in tags if tag not in gift["tags"]]
        gift["points"] += points
        if points:
            entry: Mapping[str, Any] = {"customer_id": one.customer_id, "amount": points, "at": one.at}
            entries.append({**entry, "completion_id": completion_id})
    return list(gifts.values()), entries


def _issue_offers(
    organization: Organization, earned: Sequence[Earned], completion_ids: Iterable[int], now: datetime
) -> None:
    """Issue the offers of earned behaviors; a behavior whose offer is used up is earned all the same."""
    grants = [
        Grant(offer_id, one.customer_id, f"earning:{completion_id}:{outcome_id}", now)
        for one, completion_id in zip(earned, completion_ids, strict=True)
        for outcome_id, offer_id in one.compiled.offers
    ]
    issue_offers(organization_id=organization.pk, grants=grants)
