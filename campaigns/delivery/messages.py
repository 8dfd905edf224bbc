"""What a delivery hands to channels: the message, and for exports the pending recipients in order."""

import uuid
from collections.abc import Iterator, Sequence

import orjson
from django.db import connection

from campaigns.delivery.channels.base import ClaimedRecipient, DeliveryFailedError, Message
from campaigns.models import AdUnit, Delivery

BATCH = 1_000
# The recipients of an export: those still pending, in the order of their keys.
PENDING = """
FROM campaigns_recipient recipient JOIN customers_customer customer ON customer.id = recipient.customer_id
WHERE recipient.delivery_id = {delivery} AND recipient.state = 'pending'
"""
# The keys of a delivery begin with its own half, so a range of keys is the delivery.
FIND_PENDING_BATCH = f"""
SELECT recipient.key, customer.id, customer.uuid, customer.external_id, customer.attributes::text
{PENDING.format(delivery="%s::bigint")} AND recipient.key > %s::uuid AND recipient.key <= %s::uuid
ORDER BY recipient.key LIMIT {BATCH}
"""


# What GET shows where an organization has written nothing.
SAMPLE = AdUnit()


def get_message(*, creative_id: int, delivery: Delivery | None) -> Message:
    """The message of a creative as it is now, for a delivery or (None) a triggered message.

    DeliveryFailedError if the delivery's audience was built for another type of message.
    """
    creative = AdUnit.objects.select_related("creative_group__line_item__campaign").get(pk=creative_id)
    if delivery is not None and delivery.is_of_no_use_to(creative.creative_type):
        sentence = f"The audience was built for {delivery.built_for}; the creative is {creative.creative_type} now."
        raise DeliveryFailedError(sentence, is_lasting=True)
    campaign = creative.creative_group.line_item.campaign
    return Message(
        organization_id=creative.organization_id,
        campaign_id=campaign.pk,
        campaign_name=campaign.name,
        creative_id=creative.pk,
        creative_name=creative.name,
        ad_type=creative.ad_type,
        creative_type=creative.creative_type,
        template_id=creative.template_id,
        offer_ids=tuple(creative.offer_ids),
        portal_description=_own_text(creative.portal_description, SAMPLE.portal_description),
        portal_icon=_own_text(creative.portal_icon, SAMPLE.portal_icon),
        delivery_id=None if delivery is None else delivery.pk,
        delivery_key=None if delivery is None else delivery.key,
        scheduled_for=None if delivery is None else delivery.scheduled_for,
    )


def _own_text(text: str | None, sample: str | None) -> str | None:
    """What the organization wrote; None for contract 1's sample, which is shown by GET only (contract 5, section A)."""
    return None if text == sample else text


def pending_batches(*, delivery_id: int, delivery_key: uuid.UUID) -> Iterator[Sequence[ClaimedRecipient]]:
    """The recipients of an export, batch by batch; memory stays flat whatever their number."""
    half = delivery_key.hex[:16]
    after, last = uuid.UUID(f"{half}{0:016}"), uuid.UUID(f"{half}{'f' * 16}")
    while True:
        with connection.cursor() as cursor:
            cursor.execute(FIND_PENDING_BATCH, [delivery_id, after, last])
            rows = cursor.fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield [
            ClaimedRecipient(key, customer_id, identity, external_id, orjson.loads(attributes))
            for key, customer_id, identity, external_id, attributes in rows
        ]
