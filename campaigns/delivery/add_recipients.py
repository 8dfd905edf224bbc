"""The one statement that adds recipients to a job, for a chunk of customers and for those who were merged meanwhile."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from campaigns.decisions.compiled import read_definition
from campaigns.delivery.audience import Terms, get_terms, sends_nothing
from campaigns.models import AdCampaign, AudienceJob
from campaigns.models.audience_member import MemberState
from campaigns.models.frequency import COUNT_CAPPED, HAS_ROOM

CAP = ("frequency_cap", "frequency_unit", "frequency_period", "frequency_rule")
RANGE = "customer.id BETWEEN %s::bigint AND %s::bigint"
THESE = "customer.id = ANY(%s::bigint[])"
CUSTOMERS = """customers_customer customer
WHERE customer.organization_id = %s::bigint AND {whom} AND {terms}"""
# Keys begin with the job's own half, so that members lie in the index as they lie in the table.
MEMBERS = """
INSERT INTO campaigns_audiencemember (key, organization_id, job_id, unit_id, customer_id, state, due_at{column})
SELECT (%s::text || lpad(to_hex({id}), 16, '0'))::uuid, %s::bigint, %s::bigint, %s::bigint, {id}, %s::varchar,
    CASE WHEN %s::boolean THEN now() END{value}
FROM {source}
"""
# Each message counts towards the campaign's cap here, where rows are locked: who has reached it since is left out. The
# customers are locked before what hangs on them, so that a merge waits for all of it, or is waited for.
COUNTED = """
WITH able AS MATERIALIZED (
    SELECT customer.id, customer.organization_id FROM {customers} ORDER BY customer.id FOR KEY SHARE OF customer
), counted AS (
    INSERT INTO campaigns_participation AS mine
        (organization_id, customer_id, campaign_id, capped_count, capped_from, capped_rule)
    SELECT able.organization_id, able.id, %s::bigint, 1, %s::date, %s::smallint FROM able ORDER BY able.id
    ON CONFLICT (customer_id, campaign_id) DO UPDATE SET {counting} WHERE {has_room}
    RETURNING customer_id, capped_from
)
{members}
"""


def terms_of(job: AudienceJob, *, now: datetime) -> Terms:
    """The terms that were written into the job when it began; the cap is the campaign's own, in the period of `now`.

    Whoever counted by a rule that the campaign no longer has would set back what page views count by the present one.
    """
    kept: dict[str, Any] = dict(job.definition or {})
    if "campaign" in kept:
        kept["campaign"] = {**kept["campaign"], **AdCampaign.objects.values(*CAP).get(pk=job.campaign_id)}
    return get_terms(
        organization=job.organization,
        definition=read_definition(organization_id=job.organization_id, written=kept),
        group_id=job.unit.group_id,
        creative_type=kept["creative_type"],
        now=now,
    )


def add_members(*, job: AudienceJob, terms: Terms, whom: str, values: Sequence[Any]) -> int:
    """Make recipients of those customers who meet the terms; how many. `whom` is RANGE or THESE, `values` its own."""
    nothing = sends_nothing(job.unit.ad_type)
    state = MemberState.SKIPPED if nothing else MemberState.PENDING
    where, asked = terms.where if terms.cap is None else terms.where_counted
    customers = CUSTOMERS.format(whom=whom, terms=where)
    among = [job.organization_id, *values, *asked]
    member = [job.key.hex[:16], job.organization_id, job.pk, job.unit_id, state.value, not nothing]
    if terms.cap is None:
        statement = MEMBERS.format(id="customer.id", source=customers, column="", value="")
        parameters = [*member, *among]
    else:
        statement = COUNTED.format(
            customers=customers,
            counting=COUNT_CAPPED,
            has_room=HAS_ROOM.format(cap="%s::bigint"),
            members=MEMBERS.format(
                id="counted.customer_id", source="counted", column=", capped_from", value=", counted.capped_from"
            ),
        )
        cap = terms.cap
        parameters = [*among, job.campaign_id, cap.starts_on, cap.rule, cap.number, *member]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
