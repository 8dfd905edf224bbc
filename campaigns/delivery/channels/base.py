"""What a channel or an export implements, what it is given, and how it is declared.

`campaigns.delivery` decides who gets what, when and how often; a channel only hands messages over and reports the
outcomes. Channels write nothing to the database.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from psycopg import sql

from campaigns.models import Destination
from campaigns.models.ad_type import CreativeType
from campaigns.models.destination_kind import DestinationKind

Wanted = Callable[[], bool]
STOPPED = "The batch ended, or the delivery was stopped, before their turn."


@dataclass(frozen=True, slots=True)
class ClaimedRecipient:
    """One person to reach; `key` is the idempotency key of the message, the same for every attempt.

    `attributes` are normalized values. `push_tokens` are `(platform, token)`. Keys can be guessed from one another, so
    don't accept a bare key as a credential, as in an unsubscribe link: sign it.
    """

    key: uuid.UUID
    customer_id: int
    customer_uuid: uuid.UUID
    external_id: str | None
    attributes: Mapping[str, object] = field(default_factory=dict)
    push_tokens: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: the creative's own words. `delivery_id` and `delivery_key` are None for a triggered message."""

    organization_id: int
    campaign_id: int
    campaign_name: str
    creative_id: int
    creative_name: str
    ad_type: str
    creative_type: str
    template_id: str | None
    offer_ids: tuple[str, ...]
    portal_description: str | None
    portal_icon: str | None
    delivery_id: int | None = None
    delivery_key: uuid.UUID | None = None
    scheduled_for: datetime | None = None


class Outcome(StrEnum):
    """The outcome of one recipient.

    RETRY: certainly not delivered, may be tried again. LATER: not tried, because the destination is unavailable or asks
    to wait. UNKNOWN: it may have been delivered. SKIPPED: not to be sent at all (no address). FAILED: refused for good.
    """

    SENT = "sent"
    FAILED = "failed"
    RETRY = "retry"
    LATER = "later"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome for the recipient of `key`; `retry_after` in seconds where the other side said when."""

    key: uuid.UUID
    outcome: Outcome
    reference: str = ""
    error: str = ""
    retry_after: float | None = None


class DeliveryFailedError(Exception):
    """A whole delivery can't continue; the text tells an operator why.

    `is_lasting` if a retry can't succeed before somebody changes something (no destination is set up); `retry_after` in
    seconds if the other side said when.
    """

    def __init__(self, sentence: str, *, is_lasting: bool = False, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.is_lasting = is_lasting
        self.retry_after = retry_after


def always() -> bool:
    """Always True: the whole batch is wanted."""
    return True


class Channel(Protocol):
    """Sends a message to recipients, each on its own.

    `destination` names where it sends to; `rate` is the limit of recipients a second of that destination, over all
    workers (None: no limit). `deduplicates`: the other side ignores a key that it has seen, so messages whose outcome
    is UNKNOWN may be sent again.
    """

    destination: str
    rate: float | None
    deduplicates: bool
    batch_size: int

    def send(self, message: Message, recipients: Sequence[ClaimedRecipient], wanted: Wanted = always) -> list[Result]:
        """A result for each recipient, in any order. Recipients without a result are UNKNOWN, and all if this raises.

        Call `wanted` before each recipient: once it is False, because the delivery was paused or cancelled or the
        batch's time is over, the remaining ones are LATER.
        """
        ...


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """What exists after an export of `rows` recipients. `url` is empty if the file is in Django's storage `audiences`
    under `name`; `name` is empty where there is no file at all (an audience handed over by HTTP).
    """

    name: str
    rows: int
    sha256: str = ""
    url: str = ""


class AudienceExport(Protocol):
    """Exports a whole audience: to a file, or to another system in batches of its own.

    It may be called again for the same delivery after a crash in the middle, with the same people in the same order
    under the same keys, so it replaces its own file, and uses idempotency keys made of the delivery's key and the
    batch's number.

    `reachable` is an SQL condition over `customer`: whether they have what this export needs (None: all have). The
    others are skipped before the export begins, so everyone who is pending by then gets a row.
    """

    destination: str
    reachable: sql.Composable | None = None

    def reaches(self, _recipient: ClaimedRecipient) -> bool:
        """Whether a recipient of `batches` can be exported, as far as SQL can't decide it; the others are skipped."""
        return True

    def export(self, message: Message, batches: Iterator[Sequence[ClaimedRecipient]]) -> ExportedFile:
        """Export all recipients; DeliveryFailedError otherwise.

        `batches` are read lazily from the database, without push tokens; a faster export (COPY) reads the rows of
        `message.delivery_id` itself instead.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """A way out, as its file declares it: its kind of destination, and which creatives go there.

    `consent` is the column that a message needs beside the general consent. `test` sends one real message or upload to
    a destination (an email: to the address) and says what was done; DeliveryFailedError says why it could not be.
    """

    kind: DestinationKind
    serves: tuple[CreativeType, ...]
    consent: str | None = None
    test: Callable[[Destination, Message, str], str]


@dataclass(frozen=True, kw_only=True)
class ChannelDeclaration(Declaration):
    """A way out to one recipient at a time."""

    make: Callable[[Destination, Message], Channel]


@dataclass(frozen=True, kw_only=True)
class ExportDeclaration(Declaration):
    """A way out for whole audiences; `make_default` makes the one of organizations without a destination."""

    make: Callable[[Destination], AudienceExport]
    make_default: Callable[[], AudienceExport] | None = None
