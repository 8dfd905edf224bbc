"""Traces are started by an application for a customer."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from customers.applications.applications import get_application_by_token
from customers.customers.identity import find_or_create_customer
from customers.customers.visitor_limits import Stranger, admit_visitor
from customers.errors import DomainError, ErrorKind
from customers.models import Application
from customers.models.identifier import as_uuid
from customers.named_sql import NamedSQL
from customers.prepared import PreparedInsert
from traces.models import Trace

SQL = NamedSQL(__file__)

# Locks the customer FOR KEY SHARE, against a merge.
INSERT_TRACE = """
INSERT INTO traces_trace (organization_id, application_id, customer_id, uuid, is_trusted)
SELECT %s::bigint, %s::bigint, customer.id, %s::uuid, %s::boolean
FROM (SELECT id FROM customers_customer WHERE id = %s::bigint FOR KEY SHARE) customer
"""
START_TRACE = SQL("start_trace")

_insert = PreparedInsert(Trace)


@dataclass(frozen=True)
class StartedTrace:
    """What the caller needs next: the trace's uuid and the customer's id."""

    trace_id: uuid.UUID
    customer_id: str


@dataclass(frozen=True)
class TraceRequest:
    """What a caller asks for: a trace of the customer with an id, or of a new anonymous one if there is no id.

    `customer_token` proves that the application knows the visitor by this id. `is_by_default`: the caller named no
    application, so nobody vouches for the visitor. `stranger` is the caller.
    """

    app_token: str
    customer_id: str | None
    customer_token: str | None = None
    is_by_default: bool = False
    stranger: Stranger = field(default_factory=Stranger)


def start_trace(*, request: TraceRequest, now: datetime) -> StartedTrace:
    """Start a trace.

    The customer belongs to the organization of the app-token. DomainError `unknown_application`,
    `wrong_customer_token`, `too_many_new_visitors`.
    """
    trace_id = uuid.uuid4()
    trust = _trust(request)
    if request.customer_id is not None and _start_for_known(
        request.app_token, request.customer_id, trace_id, trust=trust
    ):
        return StartedTrace(trace_id, request.customer_id)
    application = get_application_by_token(token=request.app_token)
    admit_visitor(
        organization=application.organization,
        platforms=application.platforms,
        customer_id=request.customer_id,
        stranger=request.stranger,
        now=now,
    )
    return _start_for_new(application, request.customer_id, trace_id, trust=trust)


def _trust(request: TraceRequest) -> bool | None:
    """`Trace.is_trusted`; DomainError `wrong_customer_token`."""
    if request.customer_token is None:
        return False if request.is_by_default else None
    application = get_application_by_token(token=request.app_token)
    if request.customer_id is None or not application.vouches_for(
        customer_id=request.customer_id, token=request.customer_token
    ):
        raise DomainError(ErrorKind.INVALID, "wrong_customer_token", "customer-token is not that of the customer-id.")
    return True


@transaction.atomic(savepoint=False)
def _start_for_new(
    application: Application, customer_id: str | None, trace_id: uuid.UUID, *, trust: bool | None
) -> StartedTrace:
    """Create the customer and the trace, or neither, so that a repeated request leaves no stray customer."""
    while True:
        customer = find_or_create_customer(organization=application.organization, customer_id=customer_id)
        # A former id may resolve to another customer, for whom the token of that id proves nothing.
        is_trusted = None if trust and customer.external_id != customer_id else trust
        with connection.cursor() as cursor:
            cursor.execute(
                INSERT_TRACE, [application.organization_id, application.pk, trace_id, is_trusted, customer.pk]
            )
            if cursor.rowcount:
                return StartedTrace(trace_id, str(customer.external_id))
        # The customer has just been merged into another one, which its id now resolves to.


def _start_for_known(app_token: str, customer_id: str, trace_id: uuid.UUID, *, trust: bool | None) -> bool:
    """Start a trace of a known customer; False if there is no such application or customer."""
    token = as_uuid(app_token)
    if token is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(START_TRACE, [token, customer_id, trace_id, trust])
        return bool(cursor.rowcount)


def add_trace(*, organization_id: int, application_id: int, customer_pk: int) -> tuple[int, uuid.UUID]:
    """A new trace of a customer whom the caller's transaction has locked against a merge; its row's id and its uuid."""
    trace = Trace(
        organization_id=organization_id, application_id=application_id, customer_id=customer_pk, uuid=uuid.uuid4()
    )
    _insert.insert(trace)
    return trace.pk, trace.uuid
