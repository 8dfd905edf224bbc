"""Devices that are registered for push messages."""

from datetime import datetime

from django.db import connection, transaction

from customers.customers.identity import lock_customer
from customers.customers.visitor_limits import Stranger, admit_visitor
from customers.models import Application
from customers.models.attribute_sql import digest_expression
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

KEEP = SQL("keep", digest_expression_token=digest_expression("token"))


def subscribe(
    *, application: Application, customer_id: str, token: str, platform: str, stranger: Stranger, now: datetime
) -> None:
    """Keep a push token of the customer of an id; a token that another customer had belongs to this one now.

    `stranger` is who asks. DomainError `too_many_new_visitors`.
    """
    organization, platforms = application.organization, application.platforms
    admit_visitor(organization=organization, platforms=platforms, customer_id=customer_id, stranger=stranger, now=now)
    with transaction.atomic():
        customer = lock_customer(organization=organization, customer_id=customer_id)
        with connection.cursor() as cursor:
            cursor.execute(KEEP, [organization.pk, application.pk, customer.pk, token, platform, now])
