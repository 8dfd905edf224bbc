"""Statements executed by their prepared names: what a rollback drops is there again, also inside a transaction."""

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.db.utils import DataError

from customers.prepared import PreparedStatement

ADD = PreparedStatement("SELECT %s::integer + 1")


@pytest.mark.django_db
def test_a_statement_survives_the_rollback_of_a_savepoint() -> None:
    """Psycopg drops all prepared statements then, and an error would end the transaction around."""
    assert ADD.rows([1]) == [(2,)]
    with pytest.raises(DataError), transaction.atomic():
        ADD.rows(["one"])
    assert ADD.rows([2]) == [(3,)]


@pytest.mark.django_db
def test_a_statement_that_was_not_used_for_long_is_prepared_again() -> None:
    """Psycopg keeps so many per connection and drops the oldest ones."""
    assert ADD.rows([1]) == [(2,)]
    with connection.cursor() as cursor:
        for number in range(connection.connection.prepared_max + 1):
            cursor.cursor.execute(f"SELECT {number}", prepare=True)
    assert ADD.rows([2]) == [(3,)]


@pytest.mark.django_db
def test_a_broken_transaction_takes_no_statement() -> None:
    """As with a cursor."""
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            ADD.rows([1])


@pytest.mark.django_db(transaction=True)
def test_a_transaction_begins_with_its_first_statement() -> None:
    """And ends with Django's."""
    with transaction.atomic():
        first = ADD.rows([1]), connection.connection.info.transaction_status.name
    assert first == ([(2,)], "INTRANS")
    assert connection.connection.info.transaction_status.name == "IDLE"
    with transaction.atomic():
        ADD.rows([1])
        transaction.set_rollback(True)
    with transaction.atomic():
        assert ADD.rows([2]) == [(3,)]
