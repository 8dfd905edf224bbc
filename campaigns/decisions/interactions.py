"""Interactions: found by tracking token, closed by one conversion or dismissal (contract 5, section A)."""

import uuid
from datetime import datetime

import structlog
from django.db import transaction

from campaigns.decisions.participation import record_conversion, record_dismissal
from campaigns.models import AdCampaign, Interaction
from campaigns.models.interaction import ClosedBy
from campaigns.spend.ledger import lock_spend_limit, record_spend
from customers.errors import DomainError, ErrorKind


def get_interaction(*, organization_id: int, customer_id: int, token: uuid.UUID | None) -> Interaction:
    """The interaction of a customer's tracking token.

    DomainError `unknown_tracking_token` if there is none, or it is another customer's.
    """
    interaction = None
    if token is not None:
        owned = Interaction.objects.filter(organization_id=organization_id, customer_id=customer_id)
        interaction = owned.filter(token=token).first()
    if interaction is None:
        raise DomainError(ErrorKind.NOT_FOUND, "unknown_tracking_token", "The tracking token is not known.")
    return interaction


log = structlog.get_logger(__name__)


def lock_price(*, token: uuid.UUID | None) -> AdCampaign | None:
    """Lock the spend limit that a conversion is charged to; the campaign, None if conversions have no price."""
    if token is None:
        return None
    priced = AdCampaign.objects.filter(
        interactions__token=token, deleted_at__isnull=True, price_per_conversion__isnull=False
    )
    campaign = priced.select_related("organization").first()
    if campaign is not None:
        try:
            lock_spend_limit(organization=campaign.organization, campaign_id=campaign.pk)
        except DomainError:
            # Deleted a moment ago.
            return None
    return campaign


def get_open_interaction(*, organization_id: int, customer_id: int, token: uuid.UUID | None) -> Interaction:
    """The open interaction of a locked customer's token.

    DomainError `unknown_tracking_token`, `tracking_token_used`.
    """
    interaction = get_interaction(organization_id=organization_id, customer_id=customer_id, token=token)
    if interaction.closed_by is not None:
        raise _used()
    return interaction


def count_closing(*, interaction: Interaction, closed_by: ClosedBy, now: datetime) -> None:
    """Count a conversion or dismissal in the customer's participation."""
    record = record_conversion if closed_by == ClosedBy.CONVERSION else record_dismissal
    record(interaction=interaction, now=now)


def close_interaction(*, interaction: Interaction, closed_by: ClosedBy) -> None:
    """Close it; DomainError `tracking_token_used` if it is closed already."""
    open_one = Interaction.objects.filter(pk=interaction.pk, closed_by__isnull=True)
    if not open_one.update(closed_by=closed_by):
        raise _used()


def charge_conversion(*, campaign: AdCampaign, interaction: Interaction, now: datetime) -> None:
    """Charge a conversion, after everything else.

    The conversion counts even if the campaign's spend limit leaves nothing to charge: a limit is never exceeded.
    """
    if campaign.price_per_conversion is None:
        return
    try:
        with transaction.atomic():
            record_spend(
                organization=campaign.organization,
                campaign=campaign,
                amount=campaign.price_per_conversion,
                at=now,
                idempotency_key=f"conversion:{interaction.token}",
            )
    except DomainError as error:
        log.info("conversion_not_charged", campaign=campaign.pk, token=str(interaction.token), reason=error.code)


def _used() -> DomainError:
    return DomainError(
        ErrorKind.CLOSED, "tracking_token_used", "The tracking token has converted or been dismissed already."
    )
