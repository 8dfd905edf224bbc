"""What uploads of whole audiences share: authentication, and how an HTTP error ends a delivery."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager

from campaigns.delivery.channels.base import DeliveryFailedError
from campaigns.delivery.channels.failure_messages import describe_unavailable
from campaigns.delivery.channels.http import RefusedError, UnreachableError


def basic(user: str, password: str) -> str:
    """The value of `Authorization` for HTTP Basic."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@contextmanager
def speaking_http(service: str) -> Iterator[None]:
    """Turn a refusal (lasting) or an outage (temporary) into a DeliveryFailedError that names the service."""
    try:
        yield
    except RefusedError as error:
        raise DeliveryFailedError(f"{service} refuses: {error}", is_lasting=True) from error
    except UnreachableError as error:
        raise DeliveryFailedError(describe_unavailable(service, str(error)), retry_after=error.retry_after) from error
