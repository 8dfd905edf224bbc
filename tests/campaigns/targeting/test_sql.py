"""The SQL itself: what the planner can do with it, and that it neither fails nor lets anything through."""

from typing import Any

import pytest
from django.db import connection

from campaigns.targeting import Condition, Source, compile_sql, parse_targets
from campaigns.targeting.target_operator import TargetOperator
from customers.field_values.field_type import FieldType
from customers.field_values.sql import number_expression, prefix_expression
from tests.campaigns.targeting.population import SCHEMA, ask, facts, found, populate

TABLE = "customers_customer"


def condition_of(attribute: str, operator: str, *values: Any) -> Condition:
    (condition,) = parse_targets([{"attribute": attribute, "operator": operator, "values": list(values)}], SCHEMA)
    return condition


def plan_of(condition: Condition) -> str:
    sql, parameters = compile_sql([condition])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT id FROM customers_customer WHERE {sql}", parameters)
        return "\n".join(line for (line,) in cursor.fetchall())


def test_no_condition_is_true() -> None:
    assert compile_sql([]) == ("TRUE", [])


def test_conditions_are_joined_by_and_with_their_parameters_in_order() -> None:
    sql, parameters = compile_sql(
        [
            condition_of("state", "in", "CA", "NY"),
            condition_of("tag", "not_in", "gold"),
            condition_of("points", "gte", 7),
        ],
        "c",
    )
    assert sql == (
        "((left((c.attributes->>'state'), 255) IS NOT NULL AND left((c.attributes->>'state'), 255) = ANY(%s::text[]))"
        " AND (NOT (c.tags && %s::varchar[])) AND (TRUE AND c.points >= %s::bigint))"
    )
    assert parameters == [["CA", "NY"], ["gold"], 7]


@pytest.mark.parametrize("alias", ["", "c; --", 'c"', "c.d", "%s", "c\n", "é"])
def test_an_alias_is_a_plain_identifier(alias: str) -> None:
    with pytest.raises(ValueError, match="identifier"):
        compile_sql([condition_of("state", "exists")], alias)


@pytest.mark.parametrize("name", ["a'b", "a%b", "", "a\n", "é", "a" * 64])
def test_a_name_is_checked_again_before_it_is_embedded(name: str) -> None:
    forged = Condition(name, Source.FIELD, FieldType.STRING, TargetOperator.EXISTS, ())
    with pytest.raises(ValueError, match="name"):
        compile_sql([forged])
    with pytest.raises(ValueError, match="visit"):
        compile_sql([Condition(name, Source.VISIT, FieldType.STRING, TargetOperator.EXISTS, ())])


@pytest.mark.django_db
def test_the_index_on_tags_serves() -> None:
    assert "customer_tags" in plan_of(condition_of("tag", "in", "gold", "silver"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("expression", "condition"),
    [
        (prefix_expression("state", TABLE), condition_of("state", "in", "CA", "NY")),
        (f'{prefix_expression("state", TABLE)} COLLATE "C"', condition_of("state", "between", "CA", "NY")),
        (f'{prefix_expression("born", TABLE)} COLLATE "C"', condition_of("born", "gte", "2020-08-12")),
        (number_expression("age", TABLE), condition_of("age", "gte", 30)),
        (number_expression("spent", TABLE), condition_of("spent", "in", "1.5")),
        (f"{TABLE}.last_platform", condition_of("platform", "in", "web")),
    ],
)
def test_an_index_on_what_a_condition_compares_serves(expression: str, condition: Condition) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX targeting_value ON customers_customer (({expression}))")
    plan = plan_of(condition)
    assert "targeting_value" in plan
    assert "Index Cond" in plan


@pytest.mark.django_db
def test_statistics_on_a_number_survive_what_other_organizations_keep() -> None:
    ids = populate([facts(attributes={"age": "unknown"}), facts(attributes={"age": 30}), facts()])
    condition = condition_of("age", "gte", 18)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE STATISTICS targeting_age ON ({number_expression('age', TABLE)}) FROM {TABLE}")
        cursor.execute("ANALYZE customers_customer")
    assert found(ids, [condition]) == ids[1:2]


@pytest.mark.django_db
def test_an_answer_is_never_null() -> None:
    ids = populate([facts(), facts(attributes=dict.fromkeys(SCHEMA)), facts(attributes=dict.fromkeys(SCHEMA, "?"))])
    conditions = [
        condition_of("state", "in", "CA"),
        condition_of("age", "not_in", 1),
        condition_of("spent", "between", 1, 2),
        condition_of("vip", "not_in", True),
        condition_of("born", "gte", "2020-08-12"),
        condition_of("channel", "contains", "a", "b"),
    ]
    assert {answer for answers in ask(ids, conditions) for answer in answers} == {True, False}


@pytest.mark.django_db
def test_the_largest_list_of_targets_is_one_statement() -> None:
    raw = [{"attribute": "state", "operator": "contains", "values": [f"%{n}" for n in range(1000)]}] * 100
    ids = populate([facts(attributes={"state": "100%7"})])
    assert found(ids, parse_targets(raw, SCHEMA)) == ids
