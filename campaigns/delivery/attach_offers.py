"""`issue_bulk_offer`: the offers themselves are the message, issued batch by batch."""

from datetime import datetime

from django.db import connection, transaction

from campaigns.delivery.channels.base import ClaimedRecipient, DeliveryFailedError, Message, Outcome, Result
from campaigns.delivery.recipients.claim import ClaimedRecipients, claim_recipients, renewing_leases
from campaigns.delivery.recipients.settle import settle_recipients
from campaigns.models import Offer
from campaigns.offers.issuing import LOCK_CUSTOMERS, Grant, issue_offers

BATCH = 1_000


def issue_offers_to_batch(*, message: Message, now: datetime) -> int:
    """Issue the creative's offers to the next batch of recipients; how many were settled.

    Issuing and settling are one transaction, so the batch of a worker that crashed is either complete or untouched.
    """
    guids = list(message.offer_ids)
    offers = list(Offer.objects.filter(organization_id=message.organization_id, guid__in=guids).order_by("id"))
    if not offers or len(offers) < len(set(guids)):
        raise DeliveryFailedError("The creative names an offer that is not there, or none.", is_lasting=True)
    claimed = claim_recipients(delivery_id=message.delivery_id, creative_id=message.creative_id, limit=BATCH)
    if claimed.recipients:
        # Renewed while locks are awaited: another worker would find the offers issued, and settle as skipped.
        with renewing_leases(claimed):
            _issue(message, claimed, [offer.pk for offer in offers], now)
    return len(claimed.recipients) + claimed.left_out


@transaction.atomic
def _issue(message: Message, claimed: ClaimedRecipients, offer_ids: list[int], now: datetime) -> None:
    there = _locked(message.organization_id, [each.customer_id for each in claimed.recipients])
    grants = {
        each.key: [Grant(offer, each.customer_id, f"{each.key}:{offer}", now) for offer in offer_ids]
        for each in claimed.recipients
        if each.customer_id in there
    }
    several = [grant for granted in grants.values() for grant in granted]
    issued = issue_offers(organization_id=message.organization_id, grants=several)
    results = [_result(each, grants.get(each.key), issued) for each in claimed.recipients]
    settle_recipients(claimed=claimed, results=results, deduplicates=True)


def _locked(organization_id: int, customer_ids: list[int]) -> set[int]:
    """The customers who were not merged away since they were claimed; they are locked, so they can't be now."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK_CUSTOMERS, [organization_id, sorted(customer_ids)])
        return {customer_id for (customer_id,) in cursor.fetchall()}


def _result(recipient: ClaimedRecipient, grants: list[Grant] | None, issued: set[str]) -> Result:
    if grants is None:
        # The next batch finds the surviving customer.
        return Result(recipient.key, Outcome.LATER)
    if any(grant.key in issued for grant in grants):
        return Result(recipient.key, Outcome.SENT)
    return Result(recipient.key, Outcome.SKIPPED, error="No offer could be issued: used up, or outside of its dates.")
