"""/healthz and /readyz."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from config import health
from tests.config.served import free_port

ALL_WELL = {"database": "ok", "migrations": "ok", "broker": "ok"}


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    health._migrated.clear()
    yield
    health._migrated.clear()


@pytest.fixture
def unreachable_database(transactional_db: None) -> Iterator[None]:
    assert transactional_db is None
    right = connection.settings_dict["PORT"]
    connection.close()
    connection.settings_dict["PORT"] = free_port()
    yield
    connection.settings_dict["PORT"] = right
    connection.close()


def test_healthz_needs_no_database(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b'{"status":"ok"}')
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Content-Length"] == "15"


@pytest.mark.django_db
def test_readyz_says_what_it_checked(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    assert client.get("/readyz").json() == {"status": "ok", "checks": ALL_WELL}
    with django_assert_num_queries(1):
        assert client.get("/readyz").status_code == 200


@pytest.mark.usefixtures("unreachable_database")
def test_readyz_without_a_database(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    checks = ALL_WELL | {"database": "unreachable", "migrations": "unknown"}
    assert response.json() == {"status": "unavailable", "checks": checks}
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_readyz_with_a_migration_to_come(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == ALL_WELL | {"migrations": "1 pending"}
    MigrationRecorder(connection).record_applied("sessions", "0001_initial")
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "nonsense"])
def test_readyz_reports_an_unreachable_broker_and_stays_ready(client: Client, settings: Settings, url: str) -> None:
    settings.REDIS_URL = url
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "checks": ALL_WELL | {"broker": "unreachable"}}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_reading_is_allowed(client: Client, path: str) -> None:
    response = client.post(path)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")


def test_healthz_head(client: Client) -> None:
    assert client.head("/healthz").status_code == 200
