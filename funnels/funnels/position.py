"""A customer's position in a campaign's funnel: everything that a move depends on, read in one statement."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson
from django.db import connection

from campaigns.targeting import CustomerFacts
from customers.errors import DomainError, ErrorKind
from customers.field_values.normalized import NormalizedValue
from customers.models import CustomerField
from customers.models.application import speaks_for_visitors
from customers.named_sql import NamedSQL
from funnels.funnels.engine import StepAnswer, answer_showing
from traces.trails import trace_closed

SQL = NamedSQL(__file__)

READ_FUNNEL_POSITION = SQL("read_funnel_position")
MAXIMUM_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class FunnelPosition:
    """All that a move depends on; the entry's columns are None or empty where the customer has not entered."""

    platform: str
    language: str
    channel: str
    trace_id: int
    is_closed: bool
    organization_id: int
    trust: bool | None
    raw_captured: str
    platforms: Sequence[str]
    customer_id: int
    is_anonymous: bool
    raw_attributes: str
    tags: Sequence[str]
    points: int
    campaign_id: int
    interaction_id: int
    funnel_version_id: int
    entry_id: int | None
    revision: int | None
    uuid: uuid.UUID | None
    version_id: int
    step: str
    raw_data: str | None
    length: int
    raw_current: str | None
    raw_requested: str | None
    current_in: int | None
    requested_in: int | None
    is_on_the_way: bool
    raw_schema: str | None

    @property
    def current(self) -> StepAnswer:
        """The answer of the step where the customer is."""
        return self._as_seen(self.raw_current, self.current_in)

    @property
    def requested(self) -> StepAnswer:
        """The answer at the position that was asked for."""
        return self._as_seen(self.raw_requested, self.requested_in)

    def _as_seen(self, raw: str | None, trace_id: int | None) -> StepAnswer:
        """An answer as it was given in this visit, byte for byte; that of another visit with what this one may see."""
        answer: StepAnswer = orjson.loads(raw or "null")
        return answer if trace_id == self.trace_id else answer_showing(answer, self.shown({}))

    @property
    def is_trusted(self) -> bool:
        """Whether it is known that the visitor is the customer (contract 5, section A "values shown back")."""
        return speaks_for_visitors(self.platforms) if self.trust is None else self.trust

    def shown(self, captured: Mapping[str, NormalizedValue | None]) -> dict[str, NormalizedValue | None]:
        """The values that may be shown: what this visit has captured and captures now; where it is trusted, any."""
        known = {**self._on_the_way, **_document(self.raw_attributes)} if self.is_trusted else {}
        return {**known, **_document(self.raw_captured), **captured}

    def replaceable(self, names: Iterable[str]) -> list[str]:
        """Those of the customer's fields that a new value may replace.

        A visitor who is not trusted to be the customer may have guessed the customer's id, and so replaces only what
        this visit has captured. The id of an anonymous customer is too long to be guessed.
        """
        if self.is_trusted or self.is_anonymous:
            return list(names)
        stored, own = _document(self.raw_attributes), _document(self.raw_captured)
        return [name for name in names if name in own and name in stored and own[name] == stored[name]]

    @property
    def _on_the_way(self) -> dict[str, NormalizedValue | None]:
        return _document(self.raw_data) if self.is_on_the_way else {}

    def schema(self) -> list[CustomerField]:
        """The customer schema as it is now: it may have changed since the funnel was saved. Read where asked for."""
        rows = orjson.loads(self.raw_schema) if self.raw_schema else []
        return [CustomerField(id=row[0], name=row[1], type=row[2], required=row[3]) for row in rows]

    def facts(self, captured: Mapping[str, NormalizedValue | None]) -> CustomerFacts:
        """What forks and fields are evaluated on: the customer, what was captured before, and what is captured now."""
        attributes = {**_document(self.raw_attributes), **self._on_the_way, **captured}
        return CustomerFacts(
            attributes=attributes,
            tags=frozenset(self.tags),
            points=self.points,
            platform=self.platform,
            language=self.language,
            channel=self.channel,
        )


def read_funnel_position(
    *,
    trail_id: uuid.UUID | None,
    campaign_id: int,
    token: uuid.UUID | None,
    answer_index: int = 0,
    with_schema: bool = False,
) -> FunnelPosition:
    """The position of the trail's customer; `answer_index` (from 1) says which answer to read beside the current one.

    DomainError `unknown_trail`, `trace_closed`, `unknown_campaign`, `unknown_tracking_token` (also another customer's
    or another campaign's) or `no_funnel`.
    """
    campaign = campaign_id if 0 < campaign_id <= MAXIMUM_ID else None
    with connection.cursor() as cursor:
        values = {"trail": trail_id, "campaign": campaign, "token": token, "answer_index": answer_index}
        cursor.execute(READ_FUNNEL_POSITION, values | {"with_schema": with_schema})
        row = cursor.fetchone()
    if row is None:
        raise _unknown("unknown_trail", "The trail is not known.")
    position = FunnelPosition(*row)
    if position.is_closed:
        raise trace_closed()
    if position.campaign_id is None:
        raise _unknown("unknown_campaign", "The campaign is not known.")
    if position.interaction_id is None:
        raise _unknown("unknown_tracking_token", "The tracking token is not known.")
    if position.funnel_version_id is None:
        raise _unknown("no_funnel", "The campaign has no funnel.")
    return position


def _unknown(code: str, message: str) -> DomainError:
    return DomainError(ErrorKind.NOT_FOUND, code, message)


def _document(raw: str | None) -> dict[str, NormalizedValue | None]:
    document: dict[str, NormalizedValue | None] = {} if raw is None else orjson.loads(raw)
    return document
