"""Devices that are registered for push messages."""

from datetime import datetime

from django.db import connection, transaction

from customers.customers.identity import lock_customer
from customers.customers.visitor_limits import Stranger, admit_visitor
from customers.field_values.sql import digest_expression
from customers.models import Application
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

REGISTER_PUSH_TOKEN = SQL("register_push_token", token_digest=digest_expression("token"))


def subscribe(
    *, application: Application, customer_id: str, token: str, platform: str, stranger: Stranger, now: datetime
) -> None:
    """Store a push token of the customer with an id; a token that another customer had moves to this one.

    `stranger` is the caller. DomainError `too_many_new_visitors`.
    """
    organization, platforms = application.organization, application.platforms
    admit_visitor(organization=organization, platforms=platforms, customer_id=customer_id, stranger=stranger, now=now)
    with transaction.atomic():
        customer = lock_customer(organization=organization, customer_id=customer_id)
        with connection.cursor() as cursor:
            cursor.execute(REGISTER_PUSH_TOKEN, [organization.pk, application.pk, customer.pk, token, platform, now])
