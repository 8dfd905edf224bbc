"""The one statement that adds recipients to a delivery: from a chunk of customers, or from merged customers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from campaigns.decisions.compiled import read_definition
from campaigns.delivery.audience import AudienceCriteria, get_criteria, sends_nothing
from campaigns.models import AdCampaign, Delivery
from campaigns.models.frequency import COUNT_CAPPED, HAS_ROOM
from campaigns.models.recipient import RecipientState
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

CAP_COLUMNS = ("frequency_cap", "frequency_unit", "frequency_period", "frequency_rule")
IN_RANGE = "customer.id BETWEEN %s::bigint AND %s::bigint"
OF_IDS = "customer.id = ANY(%s::bigint[])"
CUSTOMERS = """customers_customer customer
WHERE customer.organization_id = %s::bigint AND {whom} AND {criteria}"""
INSERT_RECIPIENTS = SQL("insert_recipients")
INSERT_COUNTED_RECIPIENTS = SQL("insert_counted_recipients")


def criteria_of(delivery: Delivery, *, now: datetime) -> AudienceCriteria:
    """The criteria that the delivery stored when it began, with the campaign's present cap in the period of `now`.

    Counting by a former rule of the campaign would reset what page views count by the present one.
    """
    stored: dict[str, Any] = dict(delivery.definition or {})
    if "campaign" in stored:
        stored["campaign"] = {
            **stored["campaign"],
            **AdCampaign.objects.values(*CAP_COLUMNS).get(pk=delivery.campaign_id),
        }
    return get_criteria(
        organization=delivery.organization,
        definition=read_definition(organization_id=delivery.organization_id, written=stored),
        group_id=delivery.creative.creative_group_id,
        creative_type=stored["creative_type"],
        now=now,
    )


def add_recipients(*, delivery: Delivery, criteria: AudienceCriteria, whom: str, values: Sequence[Any]) -> int:
    """Add the customers who meet the criteria as recipients; how many. `whom`: IN_RANGE or OF_IDS, with `values`."""
    nothing = sends_nothing(delivery.creative.ad_type)
    state = RecipientState.SKIPPED if nothing else RecipientState.PENDING
    where, asked = criteria.where if criteria.cap is None else criteria.where_counted
    customers = CUSTOMERS.format(whom=whom, criteria=where)
    among = [delivery.organization_id, *values, *asked]
    place = [delivery.key.hex[:16], delivery.organization_id, delivery.pk, delivery.creative_id]
    recipient = [*place, state.value, not nothing]
    if criteria.cap is None:
        statement = INSERT_RECIPIENTS.format(id="customer.id", source=customers, column="", value="")
        parameters = [*recipient, *among]
    else:
        statement = INSERT_COUNTED_RECIPIENTS.format(
            customers=customers,
            counting=COUNT_CAPPED,
            has_room=HAS_ROOM.format(cap="%s::bigint"),
            insert_recipients=INSERT_RECIPIENTS.format(
                id="counted.customer_id", source="counted", column=", capped_from", value=", counted.capped_from"
            ),
        )
        cap = criteria.cap
        parameters = [*among, delivery.campaign_id, cap.starts_on, cap.rule, cap.number, *recipient]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
