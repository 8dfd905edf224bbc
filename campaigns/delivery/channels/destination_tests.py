"""What the channels share where a destination is tested: a recipient who is made up, and what is said of a result."""

import uuid
from typing import Any

from campaigns.delivery.channels.base import ClaimedRecipient, DeliveryFailedError, Message, Outcome, Result


def made_up_recipient(message: Message, **values: Any) -> ClaimedRecipient:
    """A recipient whom no system knows."""
    key = message.delivery_key or uuid.uuid4()
    return ClaimedRecipient(key=key, customer_id=0, customer_uuid=key, external_id=f"test-{key}", **values)


def describe_success(results: list[Result], done: str) -> str:
    """What was done, with the other side's reference; DeliveryFailedError if the message was not taken."""
    (result,) = results
    if result.outcome is not Outcome.SENT:
        raise DeliveryFailedError(result.error)
    return f"{done} ({result.reference})" if result.reference else done
