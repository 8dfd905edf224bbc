"""What every test has: no network but this machine's own, and generated examples that are the same every time."""

import gc
import ipaddress
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker
from whitenoise.middleware import WhiteNoiseMiddleware

from tests.databases import shared_template
from tests.flush import empty_tables

hypothesis.settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("repeatable")


# Young objects before they are looked through: a request of Django's makes as many as Python's 700.
YOUNG_OBJECTS = 20_000


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays until the end: the garbage collector never looks through it again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS)


class NetworkRefusedError(RuntimeError):
    """A test tried to leave the machine; not an OSError, so that no library takes it for a network's bad day."""


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _refusing_others(getattr(socket.socket, name)))
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_flush() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _case: empty_tables())
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """The hasher is the product's, but doesn't take the time that it is made to take."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Argon2PasswordHasher, "memory_cost", 8 * Argon2PasswordHasher.parallelism)
        patch.setattr(Argon2PasswordHasher, "time_cost", 1)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_clients() -> Iterator[None]:
    """Static files are looked for once, where each client's middleware would look through their folders again."""
    known: dict[str, Any] = {}
    find = WhiteNoiseMiddleware.add_files_from_finders

    def find_once(middleware: WhiteNoiseMiddleware) -> None:
        if not known:
            find(middleware)
            known.update(middleware.files)
        middleware.files.update(known)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", find_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _destinations_may_be_here(_loopback_only: None) -> Iterator[None]:
    """Who plays the world in tests is on this machine, also for the processes that they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "ALLOW_PRIVATE_DESTINATIONS", True)
        patch.setenv("ALLOW_PRIVATE_DESTINATIONS", "1")
        yield


@pytest.fixture(scope="session")
def migrated(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The name of a database with every table and no row in them, for `tests.databases.copy_of`."""
    with ExitStack() as run:
        with django_db_blocker.unblock():
            name = run.enter_context(shared_template())
        yield name


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None, migrated: str) -> None:  # noqa: ARG001
    """Have pytest-django copy the database of the tests."""
    connection.settings_dict["TEST"]["TEMPLATE"] = migrated


def _refusing_others(connect: Callable[..., Any]) -> Callable[..., Any]:
    def connect_here(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_loopback(str(address[0])):
            raise NetworkRefusedError(f"tests don't leave this machine: {address}")
        return connect(self, address)

    return connect_here


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
