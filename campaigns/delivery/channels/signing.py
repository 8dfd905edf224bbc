"""Requests that the receiver can trust, one for each recipient: what webhooks and push gateways share.

Signed as https://www.standardwebhooks.com describes it, by that project's own library: `webhook-id` (the recipient's
key), `webhook-timestamp` (seconds) and `webhook-signature`. A secret that begins with `whsec_` is Base64, any other
stands for itself, which the library doesn't know; so it is given the key's bytes. The receiver takes an id once and
answers 2xx to it ever after; that is its part of the contract, and why what is uncertain may be sent again.
"""

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson
from standardwebhooks import Webhook

from campaigns.delivery.channels.base import STOPPED, ClaimedRecipient, DeliveryFailedError, Outcome, Result, Wanted
from campaigns.delivery.channels.http import Body, Exchange, RefusedError, UnreachableError
from campaigns.models import Destination
from campaigns.models.setting_checks import read_signing_secret

ATTEMPTS = 2
# A batch is this many times as many recipients as requests at once.
ROUNDS_IN_BATCH = 50
MAXIMUM_REFERENCE = 255


def signer_of(secret: str) -> Webhook:
    """What signs with a secret; DeliveryFailedError for a `whsec_` that is no Base64."""
    try:
        return Webhook(read_signing_secret(secret))
    except ValueError as error:
        raise DeliveryFailedError("The signing secret begins with whsec_ but is no Base64.", is_lasting=True) from error


@dataclass
class SignedPost:
    """Posts documents to one address, several at a time."""

    url: str
    signer: Webhook
    exchange: Exchange
    concurrency: int
    clock: Callable[[], float] = field(default=time.time)

    @classmethod
    def to(cls, destination: Destination) -> "SignedPost":
        """What posts to a destination of the kinds `webhook` and `push`."""
        concurrency = destination.option("concurrency")
        exchange = Exchange(timeout=destination.option("timeout_seconds"), attempts=ATTEMPTS, connections=concurrency)
        return cls(destination.option("url"), signer_of(destination.secrets["signing_secret"]), exchange, concurrency)

    @property
    def batch_size(self) -> int:
        """How many recipients a call should have."""
        return self.concurrency * ROUNDS_IN_BATCH

    def post_each(self, documents: Iterable[tuple[uuid.UUID, Mapping[str, object]]], wanted: Wanted) -> list[Result]:
        """A result for each document; once nobody answers or wants it, those that have not begun are left for later."""
        silent = threading.Event()

        def post(each: tuple[uuid.UUID, Mapping[str, object]]) -> Result:
            if not wanted():
                return Result(each[0], Outcome.LATER, error=STOPPED)
            return self._post(silent, *each)

        with ThreadPoolExecutor(self.concurrency) as pool:
            return list(pool.map(post, documents))

    def _post(self, silent: threading.Event, key: uuid.UUID, document: Mapping[str, object]) -> Result:
        if silent.is_set():
            return Result(key, Outcome.LATER, error="The destination doesn't answer others.")
        identity, body = str(key), orjson.dumps(document)

        def headers() -> Mapping[str, str]:
            timestamp = int(self.clock())
            return {
                "Content-Type": "application/json",
                "webhook-id": identity,
                "webhook-timestamp": str(timestamp),
                "webhook-signature": self.signer.sign(identity, datetime.fromtimestamp(timestamp, UTC), body.decode()),
            }

        try:
            answer = self.exchange.send("POST", self.url, key=identity, headers=headers, body=Body.of(body))
        except RefusedError as error:
            return Result(key, Outcome.FAILED, error=str(error))
        except UnreachableError as error:
            silent.set()
            outcome = Outcome.UNKNOWN if error.is_uncertain else Outcome.LATER
            return Result(key, outcome, error=str(error), retry_after=error.retry_after)
        told = answer.document()
        reference = told.get("reference", "") if isinstance(told, dict) else ""
        return Result(key, Outcome.SENT, reference=str(reference)[:MAXIMUM_REFERENCE])


def person(recipient: ClaimedRecipient, names: Iterable[str]) -> dict[str, object]:
    """A recipient with the attributes that the destination is to have."""
    return {
        "key": str(recipient.key),
        "user_id": str(recipient.customer_uuid),
        "external_id": recipient.external_id,
        "attributes": {name: recipient.attributes[name] for name in names if name in recipient.attributes},
    }
