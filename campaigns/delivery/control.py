"""What an operator does to a delivery: pause, cancel, resume, retry."""

from datetime import datetime

from django.db import connection, transaction
from django.db.models.functions import Now

from campaigns.delivery.backoff import end_backoff_of_delivery
from campaigns.models import Delivery
from campaigns.models.delivery import ACTIVE_STATES, DeliveryState
from campaigns.schedule.deliveries import get_delivery
from campaigns.schedule.synchronise import CREATIVE_LEVELS, OCCUPIES_TIME, RESUMED_STATE
from customers.errors import DomainError, ErrorKind
from customers.models import Organization
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

# Whatever its lateness, a delivery that an operator resumes goes on if it is half delivered.
STATE_RESUMED_BY_OPERATOR = f"CASE WHEN delivery.delivering_at IS NOT NULL THEN 'delivering' ELSE {RESUMED_STATE} END"
FIND_CREATIVE_LEVELS = SQL("find_creative_levels", creative_levels=CREATIVE_LEVELS)
HAS_NEWER_DELIVERY = SQL("has_newer_delivery", occupies_time=OCCUPIES_TIME.format(delivery="later"))
RESUME_DELIVERY = SQL("resume_delivery", resumed_state=STATE_RESUMED_BY_OPERATOR)
# Chunks are locked before their deliveries; one that a worker has locked at this moment is not waited for.
RESET_CHUNKS = """
UPDATE campaigns_audiencechunk SET attempts = 0, leased_until = NULL
WHERE id IN (SELECT id FROM campaigns_audiencechunk WHERE delivery_id = %s::bigint ORDER BY id FOR UPDATE SKIP LOCKED)
"""


@transaction.atomic
def pause_delivery(*, organization: Organization, delivery_id: int) -> Delivery:
    """Hold a delivery until an operator resumes it; DomainError `wrong_state` if it is over."""
    delivery = _lock(organization, delivery_id, *ACTIVE_STATES)
    Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.PAUSED, is_held=True, paused_at=Now())
    return get_delivery(organization=organization, delivery_id=delivery_id)


@transaction.atomic
def cancel_delivery(*, organization: Organization, delivery_id: int, now: datetime) -> Delivery:
    """End a delivery; nothing more is sent. DomainError `wrong_state` if it is over."""
    delivery = _lock(organization, delivery_id, *ACTIVE_STATES, DeliveryState.PAUSED, DeliveryState.FAILED)
    # The reason of a failure stays visible.
    error = delivery.error if delivery.state == DeliveryState.FAILED else ""
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.CANCELLED, is_held=True, finished_at=now, error=error
    )
    return get_delivery(organization=organization, delivery_id=delivery_id)


@transaction.atomic
def resume_delivery(*, organization: Organization, delivery_id: int) -> Delivery:
    """Let a paused delivery continue as soon as all levels are live."""
    return _resume(_lock(organization, delivery_id, DeliveryState.PAUSED))


@transaction.atomic
def retry_delivery(*, organization: Organization, delivery_id: int) -> Delivery:
    """Continue a failed delivery where it stopped; DomainError if its creative has a newer one."""
    delivery = _lock(organization, delivery_id, DeliveryState.FAILED)
    with connection.cursor() as cursor:
        cursor.execute(HAS_NEWER_DELIVERY, [delivery.creative_id, delivery.pk])
        if cursor.fetchone()[0]:
            raise DomainError(ErrorKind.CONFLICT, "outdated", "The creative has a newer delivery.")
    return _resume(delivery)


def _resume(delivery: Delivery) -> Delivery:
    with connection.cursor() as cursor:
        cursor.execute(
            FIND_CREATIVE_LEVELS.format(level="creative"),
            {"id": delivery.creative_id, "organization": delivery.organization_id},
        )
        is_live, is_over, creative_type, *place = cursor.fetchone()
        if is_over:
            raise DomainError(
                ErrorKind.CONFLICT, "over", "The creative or its campaign is over, or no longer scheduled."
            )
        if delivery.is_of_no_use_to(creative_type):
            sentence = f"Its audience was built for {delivery.built_for}; as {creative_type} it needs another time."
            raise DomainError(ErrorKind.CONFLICT, "another_type", sentence)
        if delivery.was_built_elsewhere(*place):
            sentence = "Its audience was built for another creative group; in this one it needs another time."
            raise DomainError(ErrorKind.CONFLICT, "another_group", sentence)
        cursor.execute(RESUME_DELIVERY, [is_live, delivery.pk])
        cursor.execute(RESET_CHUNKS, [delivery.pk])
    end_backoff_of_delivery(delivery.pk)
    return get_delivery(organization=delivery.organization, delivery_id=delivery.pk)


def _lock(organization: Organization, delivery_id: int, *states: DeliveryState) -> Delivery:
    get_delivery(organization=organization, delivery_id=delivery_id)
    # Serialised with the writers of levels, who lock their organization before its deliveries.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    delivery = Delivery.objects.select_for_update().get(organization=organization, pk=delivery_id)
    delivery.organization = organization
    if delivery.state not in states:
        raise DomainError(ErrorKind.CONFLICT, "wrong_state", f"A delivery that is {delivery.state} can't do that.")
    return delivery
