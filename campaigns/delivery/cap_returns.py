"""Returns what a cancelled or skipped delivery had counted towards its campaign's cap, for nothing was sent.

Building an audience counts all of it. If the delivery is cancelled or skipped after that, by an operator or because its
date, type or group changed, its pending recipients are skipped batch by batch and their counts lowered, unless another
period or rule is counted by now. Until that is done no delivery of the campaign begins.
"""

from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from campaigns.decisions.compiled import read_definition
from campaigns.delivery.audience import get_criteria
from campaigns.models import Delivery
from customers.named_sql import NamedSQL, Values

SQL = NamedSQL(__file__)

# Page views of so many customers wait for one batch.
BITE = 1_000
GIVEN_UP = "The delivery was given up."
OWES_CAPS = """{delivery}.state IN ('cancelled', 'skipped') AND {delivery}.caps_returned_at IS NULL
    AND {delivery}.started_at IS NOT NULL"""
# A condition over `delivery`, which is about to begin.
NO_CAPS_OWED = f"""NOT EXISTS (SELECT FROM campaigns_delivery other
    WHERE other.campaign_id = delivery.campaign_id AND {OWES_CAPS.format(delivery="other")})"""
FIND_DELIVERY_OWING_CAPS = SQL("find_delivery_owing_caps", owes_caps=OWES_CAPS.format(delivery="delivery"))
RETURN_CAPS = SQL("return_caps")


@transaction.atomic
def return_next_caps() -> bool:
    """Settle the next recipients of a cancelled or skipped delivery; False if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_DELIVERY_OWING_CAPS)
        row = cursor.fetchone()
    if row is None:
        return False
    delivery = Delivery.objects.select_related("organization").get(pk=row[0])
    counted = _counted_as(delivery)
    if counted is None or _return(delivery, counted) < BITE:
        Delivery.objects.filter(pk=delivery.pk).update(caps_returned_at=Now())
    return True


def _counted_as(delivery: Delivery) -> Values | None:
    """The campaign and the rule by which its audience was counted; None if it wasn't."""
    kept: dict[str, Any] = delivery.definition or {}
    if "campaign" not in kept or delivery.started_at is None:
        return None
    cap = get_criteria(
        organization=delivery.organization,
        definition=read_definition(organization_id=delivery.organization_id, written=kept),
        creative_type=kept["creative_type"],
        now=delivery.started_at,
    ).cap
    if cap is None:
        return None
    return {"campaign": kept["campaign"]["id"], "rule": cap.rule}


def _return(delivery: Delivery, counted: Values) -> int:
    with connection.cursor() as cursor:
        cursor.execute(RETURN_CAPS, {**counted, "delivery": delivery.pk, "limit": BITE, "error": GIVEN_UP})
        (looked_at,) = cursor.fetchone()
    return int(looked_at)
