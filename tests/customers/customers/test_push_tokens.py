"""One device's token that many register at the same instant."""

import time
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from customers.customers.push_tokens import subscribe
from customers.customers.visitor_limits import Stranger
from customers.models import Application, Customer, PushToken
from tests.factories import make_application, make_customer
from tests.together import PATIENCE_SECONDS, together

# PostgreSQL allows a hundred connections in all: tests with threads run one after the other.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("connections")]
AT_ONCE = 8
# What writes tokens waits for it; what looks at them, or locks them, does not.
HOLD_WRITERS = "LOCK TABLE customers_pushtoken IN SHARE MODE"
WAITING = "SELECT count(*) FROM pg_locks WHERE relation = 'customers_pushtoken'::regclass AND NOT granted"


def _register(application: Application, customer: Customer, refused: list[DatabaseError]) -> None:
    """Register the token; statements that PostgreSQL has refused, and written to its log, are in `refused`."""

    def watched(execute: Callable[..., Any], *arguments: object) -> Any:
        try:
            return execute(*arguments)
        except DatabaseError as error:
            refused.append(error)
            raise

    with connection.execute_wrapper(watched):
        subscribe(
            application=application,
            customer_id=str(customer.external_id),
            token="r",
            platform=f"platform of {customer.external_id}",
            stranger=Stranger(),
            now=timezone.now(),
        )


def _let_go_once_all_wait(held: Event) -> None:
    deadline, waiting = time.monotonic() + PATIENCE_SECONDS, 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(HOLD_WRITERS)
        held.set()
        while waiting < AT_ONCE:
            assert time.monotonic() < deadline, f"no more than {waiting} of {AT_ONCE} waited"
            time.sleep(0.01)
            cursor.execute(WAITING)
            (waiting,) = cursor.fetchone()


@pytest.mark.parametrize("is_known", [False, True])
def test_concurrent_registrations_of_a_device_do_not_deadlock(is_known: bool) -> None:  # noqa: FBT001
    application = make_application().application
    customers = [make_customer(application.organization) for _ in range(AT_ONCE)]
    refused: list[DatabaseError] = []
    if is_known:
        _register(application, customers[0], refused)
    held = Event()

    def register(customer: Customer) -> None:
        held.wait(PATIENCE_SECONDS)
        _register(application, customer, refused)

    together([partial(_let_go_once_all_wait, held), *(partial(register, each) for each in customers)])
    assert refused == []
    kept = PushToken.objects.get()
    assert kept.customer in customers
    assert kept.platform == f"platform of {kept.customer.external_id}"


def test_a_token_belongs_to_the_customer_who_registered_it_last() -> None:
    application = make_application().application
    first, last = (make_customer(application.organization) for _ in range(2))
    for customer in (first, last):
        _register(application, customer, [])
    assert PushToken.objects.get().customer == last
