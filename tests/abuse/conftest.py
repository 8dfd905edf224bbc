"""The server that is attacked: one for all tests of this folder, which therefore run in one process."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.abuse.server import Server
from tests.abuse.world import Abused, make_abused
from tests.databases import copy_of

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of this folder together; first, since xdist reads the groups in a hook of the same name."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("abuse"))


@pytest.fixture(scope="session")
def _served(django_db_blocker: DjangoDbBlocker, migrated: str) -> Iterator[tuple[Server, Abused]]:
    with (
        django_db_blocker.unblock(),
        # Not pytest's own folder: every run of pytest takes it back from other users.
        tempfile.TemporaryDirectory(prefix="abuse-", ignore_cleanup_errors=True) as folder,
        copy_of(migrated, f"abuse_{os.getpid()}") as database,
        Server(Path(folder), database) as server,
    ):
        with server.database():
            abused = make_abused(server.exports)
        server.start()
        yield server, abused


@pytest.fixture
def server(_served: tuple[Server, Abused]) -> Server:
    """The server, which is ready."""
    return _served[0]


@pytest.fixture
def abused(_served: tuple[Server, Abused]) -> Abused:
    """Who and what it serves."""
    return _served[1]


@pytest.fixture(autouse=True)
def _no_fault(server: Server) -> Iterator[None]:
    """Whatever an attacker does, and however they go: the server logs no error of its own."""
    before = server.said
    yield
    assert not server.faults(since=before)
