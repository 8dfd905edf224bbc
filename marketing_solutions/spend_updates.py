"""Many updates in one call: each succeeds or fails on its own, and the number of statements is always the same."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, NamedTuple

from django.db import connection, transaction

from campaigns.models.spend_limit import UNCAPPED, Limit, LimitType, Renewal, problem_of_limit
from campaigns.spend.limits import change_spend_limits
from customers.models import Application
from customers.named_sql import NamedSQL
from marketing_solutions.errors import Refusal, UpdateCode
from marketing_solutions.models.advertiser import Feature

SQL = NamedSQL(__file__)


class _Unset(Enum):
    UNSET = "unset"


UNSET: Final = _Unset.UNSET


class WantedLimit(NamedTuple):
    """The members of a `spendLimit`; UNSET: unchanged, None: an explicit null."""

    type: str | _Unset = UNSET
    renewal: str | _Unset | None = UNSET
    amount: Decimal | _Unset | None = UNSET


@dataclass(frozen=True, slots=True)
class Update:
    """One entry that could be read. `unchanged`: `name`, `goal`, `advertiser_id` as sent, which can't be changed."""

    campaign_id: int
    unchanged: Mapping[str, object] = field(default_factory=dict)
    limit: WantedLimit | None = None
    wants_automation: bool = False
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """The result of an entry: `refusal` None where it was applied, `later` if it takes effect with the next period."""

    campaign_id: int
    refusal: Refusal | None = None
    later: bool = False


class _Row(NamedTuple):
    campaign_id: int
    name: str
    advertiser_id: int
    goal: str
    may_manage: bool
    may_change_limits: bool
    limit: Limit


LOCK_CAMPAIGNS = SQL("lock_campaigns", feature=Feature.SPEND_LIMIT_UPDATE.value)
REPEATED = Refusal(UpdateCode.REPEATED, "The campaign stands in this request more than once.")
NOT_FOUND = Refusal(UpdateCode.NOT_FOUND, "The portfolio has no such campaign.")
BELOW_SPENT = Refusal(
    UpdateCode.BELOW_LIFETIME_SPENT, "A lifetime spend limit can't be less than what is already spent."
)
UNAVAILABLE = Refusal(
    UpdateCode.UNAVAILABLE_FEATURE, "Spend limits of this advertiser's campaigns can't be changed here."
)
AUTOMATION = Refusal(UpdateCode.UNAVAILABLE_FEATURE, "Budget automation is not available for this advertiser.")
NO_PERMISSION = Refusal(UpdateCode.NO_SPEND_LIMIT, "The application may not change this campaign's spend limit.")
NO_LIMIT = Refusal(UpdateCode.NO_SPEND_LIMIT, "The campaign has no spend limit; one is set with spendLimitType capped.")
WRONG_AMOUNT = "There was an issue with the spend limit value specified."
NAMES = {"name": "The name", "goal": "The goal", "advertiser_id": "The advertiser"}


@transaction.atomic
def update_campaigns(*, application: Application, updates: Sequence[Update], now: datetime) -> list[UpdateResult]:
    """Apply what can be applied; the answer has an item for each update, in the same order."""
    times = Counter(update.campaign_id for update in updates if update.campaign_id)
    rows = _lock_campaigns(application, [campaign_id for campaign_id, number in times.items() if number == 1])
    refusals: list[Refusal | None] = []
    limits: dict[int, Limit] = {}
    for update in updates:
        judged = REPEATED if times[update.campaign_id] > 1 else _check_update(update, rows.get(update.campaign_id))
        refusals.append(judged if isinstance(judged, Refusal) else None)
        if isinstance(judged, Limit):
            limits[update.campaign_id] = judged
    changed = change_spend_limits(organization=application.organization, limits=limits, now=now)
    return [
        UpdateResult(
            update.campaign_id,
            BELOW_SPENT if refusal is None and update.campaign_id in changed.below_lifetime_spent else refusal,
            later=refusal is None and update.campaign_id in changed.at_next_period,
        )
        for update, refusal in zip(updates, refusals, strict=True)
    ]


def _lock_campaigns(application: Application, campaign_ids: Iterable[int]) -> dict[int, _Row]:
    with connection.cursor() as cursor:
        cursor.execute(LOCK_CAMPAIGNS, [application.pk, application.organization_id, list(campaign_ids)])
        return {row[0]: _row(row) for row in cursor.fetchall()}


def _row(columns: tuple[Any, ...]) -> _Row:
    campaign_id, name, advertiser_id, goal, may_manage, may_change_limits, *limit = columns
    return _Row(campaign_id, name, advertiser_id, goal, may_manage, may_change_limits, Limit(*limit))


def _check_update(update: Update, row: _Row | None) -> Refusal | Limit | None:
    """The error of an update, the limit to be set, or None where it changes nothing."""
    if row is None:
        # An entry that can't be read has no campaign, and so no row: its own error comes first.
        return update.refusal if update.refusal and not update.campaign_id else NOT_FOUND
    if update.refusal and update.refusal.code != UpdateCode.INVALID_SPEND_LIMIT:
        return update.refusal
    for name, value in update.unchanged.items():
        if value != getattr(row, name):
            return Refusal(UpdateCode.READ_ONLY_ATTRIBUTE, f"{NAMES[name]} can't be changed.")
    if update.wants_automation:
        return AUTOMATION
    if update.limit is None and update.refusal is None:
        return None
    return _check_limit(update, row)


def _check_limit(update: Update, row: _Row) -> Refusal | Limit | None:
    if not row.may_manage:
        return NO_PERMISSION
    if not row.may_change_limits:
        return UNAVAILABLE
    if update.refusal or update.limit is None:
        return update.refusal or NO_LIMIT
    if row.limit.type == LimitType.UNCAPPED and update.limit.type != LimitType.CAPPED:
        return None if update.limit.type == LimitType.UNCAPPED else NO_LIMIT
    wanted = _merge(row.limit, update.limit)
    problem = problem_of_limit(wanted)
    if problem:
        return invalid_limit(*problem)
    return wanted


def _merge(current: Limit, wanted: WantedLimit) -> Limit:
    """The limit with the members that were sent; amount and renewal beside `uncapped` are left aside (contract 5)."""
    if wanted.type == LimitType.UNCAPPED:
        return UNCAPPED
    limit_type = current.type if wanted.type is UNSET else wanted.type
    renewal = current.renewal if wanted.renewal is UNSET else wanted.renewal or Renewal.UNDEFINED
    amount = current.amount if wanted.amount is UNSET else wanted.amount
    return Limit(limit_type, renewal, amount)


def invalid_limit(member: str, sentence: str) -> Refusal:
    """The refusal of a limit; for an amount the contract's own sentence comes first (contract 5, "invalid amounts")."""
    return Refusal(UpdateCode.INVALID_SPEND_LIMIT, f"{WRONG_AMOUNT} {sentence}" if member == "amount" else sentence)
