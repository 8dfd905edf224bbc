"""Traces are started by an application for a customer."""

import uuid
from dataclasses import dataclass

from django.db import connection

from customers.models import Application
from customers.services.identities import find_or_create_customer

# The customer's row is locked while the trace is put below it, so that a merge can't slip in between.
INSERT = """
INSERT INTO traces_trace (organization_id, application_id, customer_id, uuid)
SELECT %s::bigint, %s::bigint, customer.id, %s::uuid
FROM (SELECT id FROM customers_customer WHERE id = %s::bigint FOR KEY SHARE) customer
"""


@dataclass(frozen=True)
class StartedTrace:
    """What a caller goes on with: the trace's uuid and the customer's id."""

    trace_id: uuid.UUID
    customer_id: str


def start_trace(*, application: Application, customer_id: str | None) -> StartedTrace:
    """Start a trace for the customer of an id, or for a new anonymous one where there is no id."""
    trace_id = uuid.uuid4()
    while True:
        customer = find_or_create_customer(organization=application.organization, customer_id=customer_id)
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [application.organization_id, application.pk, trace_id, customer.pk])
            if cursor.rowcount:
                return StartedTrace(trace_id, str(customer.external_id))
        # The customer was merged into another one a moment ago: its id finds that one now.
