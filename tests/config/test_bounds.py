"""Statements have the bounds of their kind of work, and changing the kind is all that is sent for it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from celery import shared_task
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.db.models.signals import pre_migrate
from django.test import Client
from pytest_django import Settings

from config import settings as product
from config.environment import seconds_by_kind
from config.schema_state import migrate
from customers.bounds import Work, begin, bounded
from customers.schema.indexes import maintain_field_indexes
from customers.transactions import is_unavailable
from tests.dialects.management.actor import Actor
from tests.dialects.marketing_solutions.actor import Buyer
from tests.dialects.trace.caller import Caller

Bounds = tuple[str, str]
DEFAULTS = {"hot": 15.0, "api": 30.0, "schema": 0.0}
# Each kind has its own, so that none is taken for another.
STATEMENT = {kind.value: 100.0 + number for number, kind in enumerate(Work)}
LOCK = {kind.value: 0.5 + number for number, kind in enumerate(Work)}
SHOW = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _one_for_each_kind(settings: Settings) -> Iterator[None]:
    settings.STATEMENT_TIMEOUT_SECONDS, settings.LOCK_TIMEOUT_SECONDS = STATEMENT, LOCK
    connection.close()
    begin(Work.COMMAND)
    yield
    connection.close()
    begin(Work.COMMAND)


def shown() -> Bounds:
    """The bounds of the session, of a statement and of waiting for a lock."""
    with connection.cursor() as cursor:
        cursor.execute(SHOW)
        found: Bounds = cursor.fetchone()
    return found


def of(kind: Work) -> Bounds:
    """The bounds that the settings have for a kind, as PostgreSQL writes them."""
    lock = int(LOCK[kind] * 1000)
    return f"{int(STATEMENT[kind])}s", f"{lock}ms" if lock % 1000 else f"{lock // 1000}s"


def test_every_kind_has_bounds_and_only_the_schema_may_wait_for_ever() -> None:
    of_statements, of_locks = product.STATEMENT_TIMEOUT_SECONDS, product.LOCK_TIMEOUT_SECONDS
    assert of_statements.keys() == of_locks.keys() == set(Work)
    assert [kind for kind, seconds in of_locks.items() if not seconds] == [Work.SCHEMA]
    assert [kind for kind, seconds in of_statements.items() if not seconds] == [Work.SCHEMA, Work.COMMAND]


def test_each_path_declares_its_kind_of_work() -> None:
    actor, buyer, caller, browser = Actor.of(), Buyer.of(), Caller.of(), Client()
    asked: list[tuple[Callable[[], Any], Work]] = [
        (lambda: actor.get("campaigns"), Work.API),
        (lambda: caller.post("traces/trace", {"app-token": caller.token}), Work.HOT),
        (buyer.search, Work.API),
        (buyer.ask_token, Work.API),
        (lambda: browser.post("/admin/login/", {"username": "nobody", "password": "x"}), Work.ADMIN),
        (lambda: browser.get("/readyz"), Work.HOT),
    ]
    for ask, kind in asked:
        assert ask().status_code == 200
        assert shown() == of(kind)


def test_a_task_is_work_of_a_worker() -> None:
    @shared_task(name="tests.bounds")  # type: ignore[untyped-decorator]
    def task() -> Bounds:
        return shown()

    assert task() == of(Work.WORKER)


def test_a_block_has_its_own_and_what_follows_what_was_before() -> None:
    begin(Work.API)
    assert shown() == of(Work.API)
    with bounded(Work.PREVIEW):
        assert shown() == of(Work.PREVIEW)
    assert shown() == of(Work.API)


def test_a_transaction_keeps_the_timeouts_it_began_with() -> None:
    begin(Work.API)
    with transaction.atomic():
        with bounded(Work.PREVIEW):
            assert shown() == of(Work.API)
        begin(Work.HOT)
    assert shown() == of(Work.HOT)


def test_a_new_connection_has_them_too_and_one_that_broke_asks_again() -> None:
    begin(Work.HOT)
    assert shown() == of(Work.HOT)
    connection.close()
    assert shown() == of(Work.HOT)


@pytest.mark.parametrize("name", ["STATEMENT_TIMEOUT_SECONDS", "LOCK_TIMEOUT_SECONDS"])
def test_what_comes_to_its_bound_is_unavailable(settings: Settings, name: str) -> None:
    key = 8_800_880
    other = connection.copy()
    with closing(other), other.cursor() as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [key])
        # For this kind alone: the holder's own statement was another's.
        setattr(settings, name, getattr(settings, name) | {Work.API.value: 0.05})
        begin(Work.API)
        with pytest.raises(OperationalError) as raised, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [key])
        assert is_unavailable(raised.value)


def test_migrations_have_no_bound_whoever_runs_them() -> None:
    seen: list[Bounds] = []

    def look(**_: Any) -> None:
        seen.append(shown())

    pre_migrate.connect(look)
    try:
        call_command("migrate", verbosity=0, interactive=False)
        assert migrate() == 0
    finally:
        pre_migrate.disconnect(look)
    assert set(seen) == {of(Work.SCHEMA)}
    assert shown() == of(Work.COMMAND)


def test_making_indexes_has_no_bound() -> None:
    begin(Work.WORKER)
    seen: list[Bounds] = []

    def look(execute: Any, *arguments: Any) -> Any:
        seen.append(_settings_of_this_session())
        return execute(*arguments)

    with connection.execute_wrapper(look):
        maintain_field_indexes()
    assert set(seen) == {of(Work.SCHEMA)}
    assert shown() == of(Work.WORKER)


def _settings_of_this_session() -> Bounds:
    """Past the wrapper, which would be called for this too."""
    row: Bounds = connection.connection.execute(SHOW).fetchone()
    return row


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", DEFAULTS),
        ("api=5", DEFAULTS | {"api": 5}),
        ("api=0.5, schema=10", DEFAULTS | {"api": 0.5, "schema": 10}),
        ("7", {"hot": 7, "api": 7, "schema": 0}),
        ("7,hot=1", {"hot": 1, "api": 7, "schema": 0}),
        ("api=0", DEFAULTS | {"api": 0}),
    ],
)
def test_seconds_by_kind(monkeypatch: pytest.MonkeyPatch, value: str, expected: dict[str, float]) -> None:
    monkeypatch.setenv("LOCK_TIMEOUT_SECONDS", value)
    assert seconds_by_kind("LOCK_TIMEOUT_SECONDS", DEFAULTS) == expected


@pytest.mark.parametrize("value", ["soon", "api=soon", "api=", "others=5", "-1", "api=-1", "api=nan", "hot=86401"])
def test_timeouts_that_are_no_seconds_are_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LOCK_TIMEOUT_SECONDS", value)
    with pytest.raises(ImproperlyConfigured) as refusal:
        seconds_by_kind("LOCK_TIMEOUT_SECONDS", DEFAULTS)
    assert str(refusal.value) == (
        "LOCK_TIMEOUT_SECONDS must be seconds, or kind=seconds separated by commas (kinds: hot, api, schema), "
        f"not '{value}'"
    )
