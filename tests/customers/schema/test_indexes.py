"""Targetable fields get indexes that conditions are served by, made without a transaction and mended when broken."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
from django.db import connection, connections, transaction

from campaigns.targeting import Condition, Source, compile_sql
from campaigns.targeting.target_operator import TargetOperator
from customers.customers import generation
from customers.customers.generation import generate_customers
from customers.field_values.field_type import FieldType
from customers.field_values.sql import indexed_expression
from customers.models import Customer, Organization
from customers.schema.fields import save_field
from customers.schema.indexes import maintain_field_indexes
from tests.config.served import until
from tests.factories import make_customer, make_field, make_organization

INDEXES = "SELECT count(*) FROM pg_indexes WHERE indexname ~ '^customer_field_[0-9]+_of_'"
PATIENCE_SECONDS = 60
# Of this database: others of the same server have their own.
WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_stat_activity activity USING (pid)
WHERE NOT granted AND activity.datname = current_database() AND
"""
WAITING_FOR_TRANSACTIONS = f"{WAITING} locktype = 'virtualxid'"
WAITING_FOR_THE_TABLE = f"{WAITING} relation = 'customers_customer'::regclass"
STATISTICS = "SELECT count(*) FROM pg_statistic_ext WHERE stxname ~ '^customer_field_[0-9]+_of_'"


@pytest.fixture
def _no_index_of_another_test(transactional_db: None) -> None:  # noqa: ARG001
    maintain_field_indexes()


def _count(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("kind", FieldType)
def test_the_index_is_on_what_conditions_compare(kind: FieldType) -> None:
    condition = Condition("name", Source.FIELD, kind, TargetOperator.IN, ("1",))
    indexed = indexed_expression("name", kind, "customer")
    compared, _ = compile_sql([condition], "customer")
    assert indexed.removeprefix("(").removesuffix(' COLLATE "C")') in compared


@pytest.mark.usefixtures("_no_index_of_another_test")
def test_targetable_fields_get_indexes_and_lose_them_with_the_mark() -> None:
    organization = make_organization()
    fields = [
        make_field(organization, name, kind, targetable=True)
        for name, kind in (("state", "string"), ("age", "integer"), ("born", "date"))
    ]
    make_field(organization, "other", "string")
    make_customer(organization, attributes={"state": "CA", "age": 7, "born": "2000-01-01"})
    assert [maintain_field_indexes(), maintain_field_indexes()] == [3, 0]
    assert (_count(INDEXES), _count(STATISTICS)) == (3, 3)
    conditions = [
        Condition("state", Source.FIELD, FieldType.STRING, TargetOperator.IN, ("CA",)),
        Condition("age", Source.FIELD, FieldType.INTEGER, TargetOperator.GTE, (3,)),
        Condition("born", Source.FIELD, FieldType.DATE, TargetOperator.LTE, ("2020-01-01",)),
    ]
    for field, condition in zip(fields, conditions, strict=True):
        where, parameters = compile_sql([condition], "customer")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("DROP INDEX customers_customer_in_organization CASCADE")
            statement = f"EXPLAIN SELECT id FROM customers_customer customer WHERE organization_id = {organization.pk}"
            cursor.execute(f"{statement} AND {where}", parameters)
            plan = str(cursor.fetchall())
            transaction.set_rollback(True)
        assert f"customer_field_{field.pk}_of_" in plan
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = (%s)::regclass", [_name_of(fields[0].pk)]
        )
    assert maintain_field_indexes() == 2, "one that was interrupted is dropped and made anew"
    for field in fields:
        field.targetable = False
        save_field(field=field)
    assert maintain_field_indexes() == 3
    assert (_count(INDEXES), _count(STATISTICS)) == (0, 0)


def _name_of(field_id: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE indexname LIKE %s", [f"customer\\_field\\_{field_id}\\_of%"]
        )
        return str(cursor.fetchone()[0])


class Held:
    """Somebody's transaction that has written a customer, and for whose end an index waits."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization
        self.is_there, self.may_end = Event(), Event()

    def last(self) -> None:
        """Last until it may end."""
        with transaction.atomic():
            make_customer(self._organization)
            self.is_there.set()
            assert self.may_end.wait(PATIENCE_SECONDS)


@contextmanager
def _while_an_index_waits(organization: Organization) -> Iterator[tuple[Future[int], Callable[[], None]]]:
    """A maker that can't finish until the function is called; the number of indexes that it then has changed."""
    held = Held(organization)
    with ThreadPoolExecutor(2) as pool:
        holding = pool.submit(_alone, held.last)
        try:
            assert held.is_there.wait(PATIENCE_SECONDS)
            making = pool.submit(_alone, maintain_field_indexes)
            until(lambda: _count(WAITING_FOR_TRANSACTIONS) == 1, "the index to wait")
            yield making, held.may_end.set
        finally:
            held.may_end.set()
            holding.result(PATIENCE_SECONDS)


def _alone(work: Callable[[], Any]) -> Any:
    try:
        return work()
    finally:
        connections.close_all()


@pytest.mark.usefixtures("_no_index_of_another_test")
def test_generating_customers_waits_while_an_index_is_created(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both want the table: on their way through statistics they would wait for each other for ever."""
    monkeypatch.setattr(generation, "BATCH", 10)
    organization = make_organization()
    make_field(organization, "state", "string", targetable=True)
    with _while_an_index_waits(organization) as (making, go_on), ThreadPoolExecutor(1) as pool:
        generating = pool.submit(_alone, lambda: list(generate_customers(organization=organization, number=30)))
        until(lambda: Customer.objects.filter(external_id__startswith="GEN-").count() == 30, "the customers")
        go_on()
        assert generating.result(PATIENCE_SECONDS) == [10, 20, 30]
        assert making.result(PATIENCE_SECONDS) == 1
    assert maintain_field_indexes() == 2, "those of the fields that were generated with them"


@pytest.mark.usefixtures("_no_index_of_another_test")
def test_a_maker_that_loses_against_somebody_s_vacuum_tries_again_later() -> None:
    organization = make_organization()
    make_field(organization, "state", "string", targetable=True)
    with _while_an_index_waits(organization) as (making, go_on), ThreadPoolExecutor(1) as pool:
        vacuuming = pool.submit(_alone, _vacuum)
        until(lambda: _count(WAITING_FOR_THE_TABLE) == 1, "the vacuum to wait")
        go_on()
        assert making.result(PATIENCE_SECONDS) == 0
        vacuuming.result(PATIENCE_SECONDS)
    assert maintain_field_indexes() == 2, "what was left of the first attempt is dropped, and the index made"
    assert _count(INDEXES) == 1


def _vacuum() -> None:
    with connection.cursor() as cursor:
        # The other one is to notice the deadlock, and so to be the one that is undone.
        cursor.execute("SET deadlock_timeout = '60s'")
        cursor.execute("ANALYZE customers_customer")
