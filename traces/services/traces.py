"""Traces are started by an application for a customer."""

import uuid
from dataclasses import dataclass

from django.db import connection, transaction

from customers.models import Application
from customers.models.identifier import as_uuid
from customers.queries.applications import get_application_by_token
from customers.queries.prepared import PreparedInsert
from customers.services.identities import find_or_create_customer
from traces.models import Trace

# The customer's row is locked while the trace is put below it, so that a merge can't slip in between.
INSERT = """
INSERT INTO traces_trace (organization_id, application_id, customer_id, uuid)
SELECT %s::bigint, %s::bigint, customer.id, %s::uuid
FROM (SELECT id FROM customers_customer WHERE id = %s::bigint FOR KEY SHARE) customer
"""
# The same for a customer who is known already, with the application found on the way: one statement, for this is what
# clients call at every start.
FIND_AND_INSERT = """
WITH application AS (
    SELECT id, organization_id FROM customers_application WHERE app_token = %s::uuid AND is_active
), customer AS (
    SELECT customer.id
    FROM customers_customer customer
    JOIN application ON application.organization_id = customer.organization_id
    WHERE customer.external_id = %s::varchar
    FOR KEY SHARE OF customer
)
INSERT INTO traces_trace (organization_id, application_id, customer_id, uuid)
SELECT application.organization_id, application.id, customer.id, %s::uuid FROM application, customer
"""

_insert = PreparedInsert(Trace)


@dataclass(frozen=True)
class StartedTrace:
    """What a caller goes on with: the trace's uuid and the customer's id."""

    trace_id: uuid.UUID
    customer_id: str


def start_trace(*, app_token: str, customer_id: str | None) -> StartedTrace:
    """Start a trace for the customer of an id, or for a new anonymous one where there is no id.

    The app-token says whose customer: DomainError `unknown_application`.
    """
    trace_id = uuid.uuid4()
    if customer_id is not None and _start_for_known(app_token, customer_id, trace_id):
        return StartedTrace(trace_id, customer_id)
    return _start_for_new(get_application_by_token(token=app_token), customer_id, trace_id)


@transaction.atomic(savepoint=False)
def _start_for_new(application: Application, customer_id: str | None, trace_id: uuid.UUID) -> StartedTrace:
    """Make the customer and the trace, or neither: whoever does it again has not left a customer behind."""
    while True:
        customer = find_or_create_customer(organization=application.organization, customer_id=customer_id)
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [application.organization_id, application.pk, trace_id, customer.pk])
            if cursor.rowcount:
                return StartedTrace(trace_id, str(customer.external_id))
        # The customer was merged into another one a moment ago: its id finds that one now.


def _start_for_known(app_token: str, customer_id: str, trace_id: uuid.UUID) -> bool:
    """Whether application and customer were there."""
    token = as_uuid(app_token)
    if token is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(FIND_AND_INSERT, [token, customer_id, trace_id])
        return bool(cursor.rowcount)


def add_trace(*, organization_id: int, application_id: int, customer_pk: int) -> tuple[int, uuid.UUID]:
    """A new trace of a customer whom the caller's transaction has locked against a merge; its row's id and its uuid."""
    trace = Trace(
        organization_id=organization_id, application_id=application_id, customer_id=customer_pk, uuid=uuid.uuid4()
    )
    _insert.insert(trace)
    return trace.pk, trace.uuid
