"""Tests of destinations: one real message or upload, before an audience depends on it.

It goes through the same channel as every message, to a made-up recipient. In a vendor's system it leaves a list of one
line, or one person whom nobody matches.
"""

import copy
import threading
import uuid

from django.utils import timezone

from campaigns.delivery.channels.base import DeliveryFailedError, Message
from campaigns.delivery.channels.registry import DECLARATIONS
from campaigns.models import Destination
from campaigns.models.destination_kind import KINDS
from customers.errors import DomainError

NAME = "Test"
# A request waits for it.
LONGEST_SECONDS = 10
_testing = threading.Lock()


def send_test(*, destination: Destination, to: str) -> tuple[bool, str]:
    """Send one real message or upload; whether it was accepted, and what was done or went wrong. An email goes `to`.

    One at a time in a process, because a request waits for it in one of the few threads.
    """
    if not _testing.acquire(blocking=False):
        return False, "Another destination is being tested; try again in a moment."
    try:
        return _send_and_explain(destination, to)
    finally:
        _testing.release()


def _send_and_explain(destination: Destination, to: str) -> tuple[bool, str]:
    try:
        return True, _send(destination, to)
    except DeliveryFailedError as error:
        return False, str(error)
    except DomainError as error:
        return False, error.message


def _send(destination: Destination, to: str) -> str:
    """What was done; DeliveryFailedError says why it could not be."""
    patient = copy.copy(destination)
    bounds = {"timeout_seconds": LONGEST_SECONDS, "concurrency": 1}
    patient.settings = {
        **destination.settings,
        **{
            name: min(most, destination.option(name))
            for name, most in bounds.items()
            if name in KINDS[destination.kind].members
        },
    }
    return DECLARATIONS[destination.kind].test(patient, _message(destination), to)


def _message(destination: Destination) -> Message:
    return Message(
        organization_id=destination.organization_id,
        campaign_id=0,
        campaign_name=NAME,
        creative_id=0,
        creative_name=destination.name,
        ad_type="",
        creative_type="",
        template_id=None,
        offer_ids=(),
        portal_description=NAME,
        portal_icon=None,
        delivery_id=0,
        delivery_key=uuid.uuid4(),
        scheduled_for=timezone.now(),
    )
