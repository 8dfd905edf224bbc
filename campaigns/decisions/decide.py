"""Decisions that respect spend limits."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from campaigns.decisions.compiled import get_definitions
from campaigns.decisions.engine import Candidate, Context, Decision, Subject, decide
from campaigns.spend.budgets import find_exhausted_budgets
from customers.models import Organization

NOTHING = Decimal(0)


def decide_within_limits(
    *, organization: Organization, subject: Subject, context: Context, candidates: Iterable[Candidate], now: datetime
) -> Decision:
    """Decide, and exclude campaigns whose spend limit leaves nothing for another offer.

    `organization.version` must be read in this request.
    """
    several = list(candidates)
    decision = decide(subject, context, several, now)
    exhausted = exhausted_budgets(organization=organization, candidates=decision.eligible, now=now)
    return decide(subject, replace(context, budget_exhausted=exhausted), several, now) if exhausted else decision


def exhausted_budgets(*, organization: Organization, candidates: Iterable[Candidate], now: datetime) -> frozenset[int]:
    """Which of these campaigns have a spend limit that leaves nothing for another offer.

    Only campaigns with a limit are looked up in the ledger: mostly there are none, and no statement.
    """
    needed = {one.campaign_id: needed_for_an_offer(one) for one in candidates}
    if not needed:
        return frozenset()
    limited = get_definitions(organization_id=organization.pk, version=organization.version).capped
    capped = {key: amount for key, amount in needed.items() if key in limited}
    return find_exhausted_budgets(organization=organization, needed=capped, at=now) if capped else frozenset()


def needed_for_an_offer(candidate: Candidate) -> Decimal:
    """The price of an offer: an impression, and a conversion after it."""
    return (candidate.price_per_impression or NOTHING) + (candidate.price_per_conversion or NOTHING)
