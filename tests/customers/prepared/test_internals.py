"""The private parts of psycopg and Django that `customers.prepared` builds on are those that it was written for.

A digest that differs after an upgrade is no fault by itself: read what has changed, adapt the two modules of internals
if need be, let the other tests of this folder pass, and write the new digest here.
"""

import hashlib
import inspect
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.models.query import RelatedPopulator, get_related_populators
from django.db.models.sql.compiler import SQLCompiler, SQLInsertCompiler
from psycopg._preparing import PrepareManager

from customers.models import Application
from customers.prepared import PreparedInsert, PreparedQuery, PreparedStatement
from tests.factories import make_organization

DIGESTS = {
    PrepareManager: "a49a1b41302bd399",
    psycopg.errors.error_from_result: "e885160cb5be8169",
    get_related_populators: "979430eb75b93969",
    RelatedPopulator: "4cc87fb0e18cb0ce",
    SQLCompiler.get_converters: "c6c8c1b71882ee8b",
    SQLCompiler.apply_converters: "c034ce3e5090aa2e",
    SQLInsertCompiler.as_sql: "497ecc56a0916746",
}
ONE = PreparedStatement("SELECT 1 + %s::integer")


@pytest.mark.parametrize("part", DIGESTS, ids=lambda part: part.__qualname__)
def test_a_private_part_is_what_it_was(part: Any) -> None:
    assert hashlib.sha256(inspect.getsource(part).encode()).hexdigest()[:16] == DIGESTS[part]


@pytest.mark.django_db
def test_psycopg_deallocates_statements_that_are_in_its_list() -> None:
    ONE.rows([1])
    assert _is_prepared()
    session: Any = connection.connection
    session._prepared.clear()
    session._prepared.maintain_gen(session)
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert not _is_prepared()
    assert ONE.rows([1]) == [(2,)]


@pytest.mark.django_db
def test_a_prepared_query_returns_what_the_orm_does() -> None:
    organization = make_organization()
    Application.objects.create(organization=organization, name="One", api_key="a" * 40, platforms=["web"])

    def build(name: str) -> Any:
        return Application.objects.filter(name=name).select_related("organization")

    found: Any = PreparedQuery(build, name=str).first(name="One")
    expected = build("One").get()
    assert {**vars(found), "_state": None} == {**vars(expected), "_state": None}
    assert vars(found.organization).keys() == vars(expected.organization).keys()
    assert found.organization == organization


@pytest.mark.django_db
def test_a_prepared_insert_stores_what_save_does() -> None:
    organization = make_organization()
    prepared, saved = (
        Application(organization=organization, name=name, api_key=name * 40, platforms=["web"]) for name in "ab"
    )
    PreparedInsert(Application).insert(prepared)
    saved.save()
    differing = {"id", "name", "api_key", "app_token", "created_at"}
    rows: dict[str, dict[str, Any]] = {row["name"]: dict(row) for row in Application.objects.values()}
    assert {name for name in rows["a"] if rows["a"][name] != rows["b"][name]} <= differing
    assert not prepared._state.adding
    assert prepared.pk == rows["a"]["id"]


def _is_prepared() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name = %s", [ONE.name.decode()])
        return bool(cursor.fetchone()[0])
