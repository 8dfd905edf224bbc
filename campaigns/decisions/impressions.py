"""Impressions: tokens, counts and prices of all campaigns that a customer is offered, in one statement.

Two concurrent requests may both have decided for a campaign whose cap has room for one. Which of them gets it is
decided here, under locks: on the participation for a frequency cap, on the spend limit and its totals for money. Locks
are taken in the order of docs/architecture.md: spend limit, customer, participation, total.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import orjson
from django.db import transaction

from campaigns.decisions.engine import Candidate
from campaigns.models import SpendLimit
from campaigns.models.frequency import COUNT_CAPPED, HAS_ROOM, FrequencyUnit, frequency_starts
from campaigns.models.spend import period_start
from campaigns.models.spend_limit import PERIODS
from campaigns.spend.ledger import add_charges
from customers.models import Organization
from customers.named_sql import NamedSQL
from customers.prepared import PreparedStatement

SQL = NamedSQL(__file__)

COUNTING = {
    "counting": COUNT_CAPPED,
    "has_room": HAS_ROOM.format(cap="(SELECT cap FROM wanted WHERE wanted.campaign_id = excluded.campaign_id)"),
}
ISSUE_FREE_IMPRESSIONS = PreparedStatement(SQL("issue_impressions", **COUNTING, within_limit="", booking=""))
ISSUE_PRICED_IMPRESSIONS = PreparedStatement(
    SQL(
        "issue_impressions",
        **COUNTING,
        within_limit=SQL("within_spend_limit"),
        booking=SQL("book_prices", add_charges=add_charges(charges=SQL("charges"))),
    )
)
INSERT_TOKENS = PreparedStatement(SQL("insert_tokens"))


@dataclass(frozen=True)
class IssuedTokens:
    """The tokens of the campaigns that still had room, by campaign id; none if the customer was just merged."""

    tokens: dict[int, uuid.UUID]
    customer_was_merged: bool


def issue_impressions(
    *, organization: Organization, customer_id: int, campaigns: Sequence[Candidate], now: datetime
) -> IssuedTokens:
    """Issue a tracking token for each campaign, count it as seen, and book its price per impression.

    A campaign whose frequency cap or spend limit was used up since the decision is left out. One statement, and one
    before it if a campaign has a price; each campaign may be in `campaigns` only once.
    """
    tokens = {candidate.campaign_id: uuid.uuid4() for candidate in campaigns}
    if not tokens:
        return IssuedTokens({}, customer_was_merged=False)
    wanted = _wanted(organization, campaigns, tokens, now)
    values = {"organization": organization.pk, "customer": customer_id, "now": now.isoformat()}
    if all(candidate.price_per_impression is None for candidate in campaigns):
        return _execute(ISSUE_FREE_IMPRESSIONS, values, wanted, tokens)
    while True:
        with transaction.atomic():
            limits = lock_spend_limits(organization=organization, campaigns=campaigns)
            if limits is not None:
                starts = _add_money(organization, campaigns, wanted, limits, now)
                return _execute(ISSUE_PRICED_IMPRESSIONS, {**values, "starts": starts}, wanted, tokens)
        make_spend_limits(organization=organization, campaigns=campaigns)


def lock_spend_limits(*, organization: Organization, campaigns: Sequence[Candidate]) -> Mapping[int, SpendLimit] | None:
    """Lock the spend limits of those campaigns whose impressions have a price, by campaign id.

    None if one is missing: call `make_spend_limits` outside of this transaction, then try again.
    """
    priced = [candidate.campaign_id for candidate in campaigns if candidate.price_per_impression is not None]
    if not priced:
        return {}
    rows = SpendLimit.objects.select_for_update(no_key=True, of=("self",)).filter(
        organization=organization, campaign_id__in=priced
    )
    kept = {row.campaign_id: row for row in rows.order_by("campaign_id")}
    return kept if len(kept) == len(priced) else None


def make_spend_limits(*, organization: Organization, campaigns: Sequence[Candidate]) -> None:
    """Create the missing spend limits, uncapped."""
    ids = sorted(candidate.campaign_id for candidate in campaigns if candidate.price_per_impression is not None)
    SpendLimit.objects.bulk_create(
        [SpendLimit(organization=organization, campaign_id=campaign_id) for campaign_id in ids], ignore_conflicts=True
    )


def issue_tokens(*, organization: Organization, customer_id: int, campaign_ids: Sequence[int]) -> IssuedTokens:
    """Tracking tokens for campaigns that a caller only lists: no impression is counted or charged."""
    tokens = {campaign_id: uuid.uuid4() for campaign_id in campaign_ids}
    wanted = [{"campaign_id": campaign_id, "token": token} for campaign_id, token in tokens.items()]
    row = INSERT_TOKENS.first_row([customer_id, organization.pk, orjson.dumps(wanted).decode()])
    return IssuedTokens(tokens, customer_was_merged=row != (True,))


def _wanted(
    organization: Organization, campaigns: Sequence[Candidate], tokens: dict[int, uuid.UUID], now: datetime
) -> list[dict[str, object]]:
    """A row for each campaign, sent as JSON, which takes psycopg a tenth of the time of arrays."""
    counting = any(candidate.frequency_unit == FrequencyUnit.IMPRESSIONS for candidate in campaigns)
    starts = frequency_starts(now, organization.zone) if counting else {}
    rows = []
    for candidate in campaigns:
        row: dict[str, object] = {"campaign_id": candidate.campaign_id, "token": tokens[candidate.campaign_id]}
        if candidate.frequency_unit == FrequencyUnit.IMPRESSIONS:
            row["cap"] = candidate.frequency_cap
            row["capped_from"] = date.fromordinal(starts[candidate.frequency_period or ""])
            row["capped_rule"] = candidate.frequency_rule
        rows.append(row)
    return rows


def _execute(
    statement: PreparedStatement,
    values: dict[str, object],
    wanted: list[dict[str, object]],
    tokens: dict[int, uuid.UUID],
) -> IssuedTokens:
    row = statement.first_row({**values, "wanted": orjson.dumps(wanted).decode()})
    assert row is not None, "the statement has always one row"
    customer_was_merged, stands = row
    return IssuedTokens({campaign_id: tokens[campaign_id] for campaign_id in stands}, customer_was_merged)


def _add_money(
    organization: Organization,
    campaigns: Sequence[Candidate],
    wanted: list[dict[str, object]],
    limits: Mapping[int, SpendLimit],
    now: datetime,
) -> str:
    """Add prices and limits to the rows of campaigns with a price; returns the periods' first days as JSON."""
    day = now.astimezone(organization.zone).date()
    for candidate, row in zip(campaigns, wanted, strict=True):
        if candidate.price_per_impression is not None:
            limit = limits[candidate.campaign_id].in_force_on(day)
            amount = None if limit.amount is None else str(limit.amount)
            row |= {"price": str(candidate.price_per_impression), "amount": amount, "renewal": limit.renewal}
    starts = {period.value: period_start(period, now, organization.zone).isoformat() for period in PERIODS}
    return orjson.dumps(starts).decode()
