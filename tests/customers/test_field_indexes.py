"""Targetable fields get indexes that conditions are served by, made without a transaction and mended when broken."""

import pytest
from django.db import connection, transaction

from campaigns.models.target import TargetOperator
from campaigns.targeting import Condition, Source, compile_sql, value_expression
from customers.models.attribute_sql import indexed_expression
from customers.models.customer_field import FieldType
from customers.services.field_indexes import maintain_field_indexes
from customers.services.schemas import save_field
from tests.factories import make_customer, make_field, make_organization

INDEXES = "SELECT count(*) FROM pg_indexes WHERE indexname ~ '^customer_field_[0-9]+_of_'"
STATISTICS = "SELECT count(*) FROM pg_statistic_ext WHERE stxname ~ '^customer_field_[0-9]+_of_'"


def _count(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize("kind", FieldType)
def test_the_index_is_on_what_conditions_compare(kind: FieldType) -> None:
    condition = Condition("name", Source.FIELD, kind, TargetOperator.IN, ("1",))
    indexed = indexed_expression("name", kind, "customer").removesuffix(' COLLATE "C")')
    assert indexed.removeprefix("((").lstrip("(") == value_expression(condition, "customer").lstrip("(")


@pytest.mark.django_db(transaction=True)
def test_marks_become_indexes_and_marks_taken_away_take_them_along() -> None:
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
            cursor.execute("DROP INDEX customer_organization_id")
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
