"""The spend ledger: charges booked exactly under any concurrency, in the caller's transaction.

Bookings and changes of a limit lock the campaign's SpendLimit row first, so they are serialised by it: two charges that
each fit under a cap never exceed it together.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from campaigns.models import AdCampaign, SpendEntry, SpendLimit, SpendTotal
from campaigns.models.spend import LARGEST_CHARGE, LARGEST_TOTAL, SMALLEST_CHARGE, period_start
from campaigns.models.spend_limit import PERIODS, Limit
from customers.errors import DomainError, ErrorKind, invalid, not_found
from customers.models import Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

NOTHING = Decimal(0)
MAXIMUM_TEXT = 255


def add_charges(*, charges: str) -> str:
    """The part of a statement that adds charges to the totals of their periods; see ledger.sql."""
    return SQL("add_charges", charges=charges)


ADD_TO_TOTALS = SQL("add_to_totals", add_charge=add_charges(charges=SQL("charge")))
SUBTRACT_FROM_TOTALS = SQL("subtract_from_totals")


@dataclass(frozen=True)
class Charge:
    """A charge to be booked."""

    amount: Decimal
    at: datetime
    idempotency_key: str | None = None
    is_correction: bool = False
    note: str = ""


@transaction.atomic
def record_spend(
    *,
    organization: Organization,
    campaign: AdCampaign,
    amount: Decimal,
    at: datetime,
    idempotency_key: str | None = None,
) -> SpendEntry:
    """Charge a campaign; `amount` in the advertiser's currency, more than 0, at most six decimal places.

    Idempotent by `idempotency_key` within a campaign: the first entry is returned again. DomainError
    `spend_limit_reached` (nothing is booked) if the period of `at` would exceed the limit in force,
    `idempotency_key_reused` if the key was used for another amount.
    """
    if amount.is_finite() and amount <= 0:
        raise invalid(amount="The amount must be more than 0.")
    return _book(organization, campaign, Charge(amount, at, idempotency_key))


@transaction.atomic
def book_correction(
    *, organization: Organization, campaign: AdCampaign, amount: Decimal, at: datetime, note: str
) -> SpendEntry:
    """Book a correction: a negative `amount` is a refund, a positive one a charge within the cap.

    DomainError `validation` if a total of `at` would be negative.
    """
    if amount == 0:
        raise invalid(amount="A correction of 0 corrects nothing.")
    return _book(organization, campaign, Charge(amount, at, is_correction=True, note=note[:MAXIMUM_TEXT]))


def lock_spend_limit(*, organization: Organization, campaign_id: int) -> SpendLimit:
    """The campaign's limit, locked until the transaction ends; created (uncapped) if there is none yet.

    DomainError `not_found` if the organization has no such campaign, or it is deleted.
    """
    limits = SpendLimit.objects.select_for_update(no_key=True, of=("self",)).filter(
        organization=organization, campaign_id=campaign_id, campaign__deleted_at__isnull=True
    )
    limit = limits.first()
    if limit is None:
        if not AdCampaign.objects.filter(organization=organization, id=campaign_id, deleted_at__isnull=True).exists():
            raise not_found("Campaign")
        SpendLimit.objects.bulk_create(
            [SpendLimit(organization=organization, campaign_id=campaign_id)], ignore_conflicts=True
        )
        limit = limits.get()
    return limit


def _book(organization: Organization, campaign: AdCampaign, charge: Charge) -> SpendEntry:
    _check(charge)
    limit = lock_spend_limit(organization=organization, campaign_id=campaign.pk)
    booked = _already_booked(campaign, charge)
    if booked is not None:
        return booked
    starts = {period.value: period_start(period, charge.at, organization.zone) for period in PERIODS}
    totals = SpendTotal.objects.filter(campaign=campaign, starts_on__in=starts.values())
    spent = {total.period: total.amount for total in totals if total.starts_on == starts[total.period]}
    _check_limits(charge, limit.in_force_on(charge.at.astimezone(organization.zone).date()), spent)
    with connection.cursor() as cursor:
        cursor.execute(
            ADD_TO_TOTALS if charge.amount > 0 else SUBTRACT_FROM_TOTALS,
            {
                "organization": organization.pk,
                "campaign": campaign.pk,
                "amount": charge.amount,
                "periods": list(starts),
                "starts": list(starts.values()),
            },
        )
    return SpendEntry.objects.create(
        organization=organization,
        campaign=campaign,
        amount=charge.amount,
        at=charge.at,
        idempotency_key=charge.idempotency_key,
        is_correction=charge.is_correction,
        note=charge.note,
    )


def _check(charge: Charge) -> None:
    """Check that the ledger's columns can hold the charge exactly."""
    if not charge.amount.is_finite() or abs(charge.amount) > LARGEST_CHARGE:
        raise invalid(amount=f"An amount of at most {LARGEST_CHARGE} is expected.")
    if charge.amount != charge.amount.quantize(SMALLEST_CHARGE):
        raise invalid(amount="An amount has at most six decimal places.")
    key = charge.idempotency_key
    if key is not None and not (0 < len(key) <= MAXIMUM_TEXT and "\x00" not in key):
        raise invalid(idempotency_key=f"A key of 1 to {MAXIMUM_TEXT} characters is expected.")


def _already_booked(campaign: AdCampaign, charge: Charge) -> SpendEntry | None:
    """The entry of the same key; the limit's lock makes this check as good as the constraint."""
    if charge.idempotency_key is None:
        return None
    entry = SpendEntry.objects.filter(campaign=campaign, idempotency_key=charge.idempotency_key).first()
    if entry is not None and entry.amount != charge.amount:
        raise DomainError(ErrorKind.CONFLICT, "idempotency_key_reused", "The key stands for another amount.")
    return entry


def _check_limits(charge: Charge, limit: Limit, spent: dict[str, Decimal]) -> None:
    if charge.amount > 0:
        if not limit.has_room(spent.get(limit.renewal, NOTHING), charge.amount):
            raise DomainError(ErrorKind.CONFLICT, "spend_limit_reached", "The campaign's spend limit is reached.")
        if any(spent.get(period, NOTHING) + charge.amount > LARGEST_TOTAL for period in PERIODS):
            raise invalid(amount=f"A campaign can't have spent more than {LARGEST_TOTAL}.")
    elif any(spent.get(period, NOTHING) + charge.amount < 0 for period in PERIODS):
        raise invalid(amount="More would be given back than was spent.")
