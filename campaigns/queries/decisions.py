"""Decisions with what they need to know of money."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from campaigns.decisioning import Candidate, Context, Decision, Subject, decide
from campaigns.queries.spend import find_out_of_money
from customers.models import Organization

NOTHING = Decimal(0)


def decide_within_limits(
    *, organization: Organization, subject: Subject, context: Context, candidates: Iterable[Candidate], now: datetime
) -> Decision:
    """Decide, and let go of campaigns whose spend limit leaves nothing for another offer.

    The ledger is asked only about eligible campaigns that have a limit: mostly there is none, and no statement.
    """
    several = list(candidates)
    decision = decide(subject, context, several, now)
    capped = {one.campaign_id: needed_for_an_offer(one) for one in decision.eligible if one.is_capped}
    if not capped:
        return decision
    out_of_money = find_out_of_money(organization=organization, needed=capped, at=now)
    return decide(subject, replace(context, out_of_money=out_of_money), several, now) if out_of_money else decision


def needed_for_an_offer(candidate: Candidate) -> Decimal:
    """What an offer may cost at least: an impression, and a conversion after it."""
    return (candidate.price_per_impression or NOTHING) + (candidate.price_per_conversion or NOTHING)
