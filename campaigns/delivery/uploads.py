"""What whole-audience uploads share: how an answer of the other side becomes the end of a delivery."""

from collections.abc import Iterator
from contextlib import contextmanager

from campaigns.delivery.channel import DeliveryFailedError
from campaigns.delivery.http import RefusedError, UnreachableError


@contextmanager
def speaking_http(service: str) -> Iterator[None]:
    """Say whose refusal (lasting) or silence (passing) ended the upload."""
    try:
        yield
    except RefusedError as error:
        raise DeliveryFailedError(f"{service} refuses: {error}", is_lasting=True) from error
    except UnreachableError as error:
        raise DeliveryFailedError(f"{service} can't be reached: {error}") from error
