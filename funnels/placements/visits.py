"""Visits: everything that a decision needs to know of one visit, read in one statement.

A long history is read later, and only for the campaigns that may be chosen (`with_history`): its cost depends neither
on the length of the customer's past nor on the number of live campaigns.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import orjson

from campaigns.decisions.engine import Candidate, History, Subject
from campaigns.targeting import CustomerFacts
from customers.errors import DomainError, ErrorKind
from customers.models import Organization
from customers.named_sql import NamedSQL
from customers.prepared import PreparedStatement

SQL = NamedSQL(__file__)

# A history of so many campaigns is read with the visit; a longer one costs a second statement.
SHORT_HISTORY = 100
HISTORY = SQL("history")
READ_HISTORY = PreparedStatement(SQL("read_history", history=HISTORY))
COLUMNS = {
    "application_columns": SQL("application_columns"),
    "customer_columns": SQL(
        "customer_columns", short_history=SQL("short_history", history=HISTORY, one_too_many=SHORT_HISTORY + 1)
    ),
}
FIND_VISIT_BY_TRAIL = PreparedStatement(SQL("find_visit_by_trail", **COLUMNS))
FIND_VISIT_BY_EXTERNAL_ID = PreparedStatement(SQL("find_visit_by_external_id", **COLUMNS))
FIND_VISIT_BY_CUSTOMER = PreparedStatement(SQL("find_visit_by_customer", **COLUMNS))

# As PostgreSQL answers it.
Row = Sequence[Any]


class _Unread(dict[int, History]):
    """Stands for a history that was not read yet: looking something up in it is a mistake."""

    def get(self, *_arguments: object) -> NoReturn:
        """Raises LookupError."""
        raise LookupError("the customer's history was not read: with_history reads it")


UNREAD = _Unread()


@dataclass(frozen=True, slots=True)
class Visit:
    """A customer before one of an organization's applications; `customer_pk` is None where there is none.

    `organization` has its id, version, time zone and default consent, `platforms` are the application's. Where the
    customer `has_long_history`, the subject has no history until `with_history` has read it.
    """

    application_id: int
    platforms: Sequence[str]
    organization: Organization
    is_closed: bool
    customer_pk: int | None
    customer_uuid: uuid.UUID
    customer_id: str
    is_anonymous: bool
    subject: Subject

    @property
    def has_long_history(self) -> bool:
        """Whether the history is longer than what was read with the visit."""
        return self.subject.history is UNREAD


def get_visit(*, app_token: uuid.UUID | None, trail_id: uuid.UUID | None) -> Visit:
    """The visit of a trail, before the application of a token; DomainError `unknown_application`, `unknown_trail`."""
    row = _row(FIND_VISIT_BY_TRAIL, trail_id, app_token)
    visit = _visit(row)
    if visit.customer_pk is None:
        raise DomainError(ErrorKind.NOT_FOUND, "unknown_trail", "The trail is not known.")
    return visit


def get_customer_visit(*, app_token: uuid.UUID | None, customer_pk: int | None) -> Visit:
    """A customer before the application of a token, as their last visit was; without a customer for None."""
    return _visit(_row(FIND_VISIT_BY_CUSTOMER, customer_pk, app_token))


def find_customer_visit(*, app_token: uuid.UUID | None, customer_id: str) -> Visit:
    """The same by the customer's external id; the former id of a merged customer is not followed."""
    return _visit(_row(FIND_VISIT_BY_EXTERNAL_ID, customer_id, app_token))


def with_history(visit: Visit, candidates: Iterable[Candidate]) -> Visit:
    """The visit with the customer's history in the campaigns of these candidates, at least."""
    if not visit.has_long_history:
        return visit
    ids = {candidate.campaign_id for candidate in candidates}
    row = READ_HISTORY.first_row([visit.customer_pk, f"{{{','.join(map(str, ids))}}}"]) if ids else None
    history = _history(row[0] if row else None)
    return replace(visit, subject=replace(visit.subject, history=history))


def _row(statement: PreparedStatement, key: uuid.UUID | int | str | None, app_token: uuid.UUID | None) -> Row:
    row = None
    if app_token is not None:
        row = statement.first_row([str(key) if isinstance(key, uuid.UUID) else key, str(app_token)])
    if row is None:
        raise DomainError(ErrorKind.NOT_FOUND, "unknown_application", "The app-token is not known.")
    return row


def _visit(row: Row) -> Visit:
    application_id, platforms, organization_id, version, time_zone, default_consent, is_closed, *seen = row
    platform, language, channel, pk, identity, external_id, is_anonymous, consent, attributes, tags, points, took = seen
    facts = CustomerFacts(
        attributes=orjson.loads(attributes) if attributes else {},
        tags=frozenset(tags or ()),
        points=points or 0,
        platform=platform or "",
        language=language or "",
        channel=channel or "",
    )
    return Visit(
        application_id=application_id,
        platforms=platforms,
        organization=Organization(
            id=organization_id, version=version, time_zone=time_zone, default_consent=default_consent
        ),
        is_closed=is_closed,
        customer_pk=pk,
        customer_uuid=identity,
        customer_id=external_id or str(identity),
        is_anonymous=bool(is_anonymous),
        subject=Subject(
            organization_id=organization_id,
            identity=str(identity),
            facts=facts,
            has_consent=default_consent if consent is None else consent,
            history=UNREAD if took and len(took) > SHORT_HISTORY else _history(took),
        ),
    )


def _history(took: Iterable[Row] | None) -> dict[int, History]:
    return {campaign_id: History(*history) for campaign_id, *history in took or ()}
