"""What a delivery hands over: the creative's words, and the people of a whole job in their order."""

import uuid
from collections.abc import Iterator, Sequence

import orjson
from django.db import connection

from campaigns.delivery.channels.base import DeliveryFailedError, Message, Recipient
from campaigns.models import AdUnit, AudienceJob

BATCH = 1_000
# An export's people: those of its job who are still pending, in the order of their keys.
PENDING = """
FROM campaigns_audiencemember member JOIN customers_customer customer ON customer.id = member.customer_id
WHERE member.job_id = {job} AND member.state = 'pending'
"""
# The keys of a job begin with its own half, so a range of keys is the job.
NEXT = f"""
SELECT member.key, customer.id, customer.uuid, customer.external_id, customer.attributes::text
{PENDING.format(job="%s::bigint")} AND member.key > %s::uuid AND member.key <= %s::uuid
ORDER BY member.key LIMIT {BATCH}
"""


def get_message(*, unit_id: int, job: AudienceJob | None) -> Message:
    """The message of a creative as it stands now, for a job or (None) for a triggered one.

    DeliveryFailedError where it is another type of message than the job's audience was built for.
    """
    unit = AdUnit.objects.select_related("group__line_item__campaign").get(pk=unit_id)
    if job is not None and job.is_of_no_use_to(unit.creative_type):
        sentence = f"The audience was built for {job.built_for}; the creative is {unit.creative_type} now."
        raise DeliveryFailedError(sentence, is_lasting=True)
    campaign = unit.group.line_item.campaign
    return Message(
        organization_id=unit.organization_id,
        application_id=unit.application_id,
        campaign_id=campaign.pk,
        campaign_name=campaign.name,
        unit_id=unit.pk,
        unit_name=unit.name,
        ad_type=unit.ad_type,
        creative_type=unit.creative_type,
        template_id=unit.template_id,
        offer_ids=tuple(unit.offer_ids),
        portal_description=unit.portal_description,
        portal_icon=unit.portal_icon,
        second_sn_audience_guid=unit.second_sn_audience_guid and str(unit.second_sn_audience_guid),
        job_id=None if job is None else job.pk,
        job_key=None if job is None else job.key,
        scheduled_for=None if job is None else job.scheduled_for,
    )


def pending_batches(*, job_id: int, job_key: uuid.UUID) -> Iterator[Sequence[Recipient]]:
    """The people of an export, batch by batch; memory stays flat whatever their number."""
    half = job_key.hex[:16]
    after, last = uuid.UUID(f"{half}{0:016}"), uuid.UUID(f"{half}{'f' * 16}")
    while True:
        with connection.cursor() as cursor:
            cursor.execute(NEXT, [job_id, after, last])
            rows = cursor.fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield [
            Recipient(key, customer_id, identity, external_id, orjson.loads(attributes))
            for key, customer_id, identity, external_id, attributes in rows
        ]
