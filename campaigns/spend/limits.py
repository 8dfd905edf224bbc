"""Setting spend limits, one or ten thousand, in one statement.

The version is bumped only if a campaign gets its first limit or loses it: decisions look up in the ledger the campaigns
that have one (`campaigns.decisions.compiled`, `capped`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from campaigns.models import SpendLimit
from campaigns.models.spend import EVER
from campaigns.models.spend_limit import CENT, Limit, problem_of_limit
from campaigns.spend.ledger import lock_spend_limit
from customers.errors import DomainError, ErrorKind, invalid
from customers.models import Organization
from customers.named_sql import NamedSQL
from customers.organizations.organizations import bump_version

SQL = NamedSQL(__file__)

CHANGE_SPEND_LIMITS = SQL("change_spend_limits")
BELOW_SPENT = "below_lifetime_spent"


@dataclass(frozen=True)
class ChangedLimits:
    """The results of the wanted limits, by campaign id: changed immediately, at the next period, or not at all."""

    at_once: frozenset[int]
    at_next_period: frozenset[int]
    below_lifetime_spent: frozenset[int]


def change_spend_limits(*, organization: Organization, limits: Mapping[int, Limit], now: datetime) -> ChangedLimits:
    """Set the limits of campaigns, by campaign id, in one statement (and one for the version).

    The caller has checked each limit (`problem_of_limit`) and holds the locks on their SpendLimit rows, in a
    transaction that ends right after. A lifetime limit below the spend is skipped; any other limit below the spend of
    its current period takes effect with the next one.
    """
    if not limits:
        return ChangedLimits(frozenset(), frozenset(), frozenset())
    rows = _change(organization, limits, now)
    turned = [key for key, *_, is_turned in rows if is_turned]
    if turned:
        bump_version(organization=organization, changed={SpendLimit: turned})
    changed = frozenset(campaign_id for _, campaign_id, *_ in rows)
    later = frozenset(campaign_id for _, campaign_id, is_below, _ in rows if is_below)
    return ChangedLimits(changed - later, later, frozenset(limits) - changed)


def _change(
    organization: Organization, limits: Mapping[int, Limit], now: datetime
) -> list[tuple[int, int, bool, bool]]:
    """The changed limits: id, campaign id, whether it is below the spend, and whether it was turned on or off."""
    with connection.cursor() as cursor:
        cursor.execute(
            CHANGE_SPEND_LIMITS,
            {
                "organization": organization.pk,
                "campaigns": list(limits),
                "types": [limit.type for limit in limits.values()],
                "renewals": [limit.renewal for limit in limits.values()],
                "amounts": [limit.amount for limit in limits.values()],
                "day": now.astimezone(organization.zone).date(),
                "ever": EVER,
            },
        )
        found: list[tuple[int, int, bool, bool]] = cursor.fetchall()
        return found


@transaction.atomic
def set_spend_limit(*, organization: Organization, campaign_id: int, limit: Limit, now: datetime) -> SpendLimit:
    """Set the limit of one campaign; DomainError `validation` for an inconsistent limit, `not_found`.

    DomainError BELOW_SPENT for a lifetime limit below the spend. A limit that takes effect later has `takes_effect_on`.
    """
    problem = problem_of_limit(limit)
    if problem:
        raise invalid(**{problem[0]: problem[1]})
    limit = Limit(limit.type, limit.renewal, limit.amount if limit.amount is None else limit.amount.quantize(CENT))
    kept = lock_spend_limit(organization=organization, campaign_id=campaign_id)
    changed = change_spend_limits(organization=organization, limits={campaign_id: limit}, now=now)
    if changed.below_lifetime_spent:
        sentence = "A lifetime limit can't be less than what is already spent."
        raise DomainError(ErrorKind.CONFLICT, BELOW_SPENT, sentence, fields={"amount": [sentence]})
    kept.refresh_from_db()
    return kept
