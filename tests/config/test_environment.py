"""Environment variables that can't be used are one sentence, and never show a password."""

import os
import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from config.demo.shop import ORGANIZATION
from config.environment import integer, numbers, postgresql, redis
from config.management.commands.serve import _tell_children_of_the_demo
from config.preflight import require_broker
from tests.config.served import PROJECT
from tests.factories import make_organization


@pytest.mark.parametrize("value", ["eight thousand", "0", "65536", "-1", "80.5"])
def test_a_number_out_of_bounds(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PORT", value)
    with pytest.raises(ImproperlyConfigured, match=f"^PORT must be a whole number from 1 to 65535, not '{value}'$"):
        integer("PORT", 8000, least=1, most=65_535)


def test_a_number_and_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8080")
    assert integer("PORT", 8000) == 8080
    monkeypatch.delenv("PORT")
    assert integer("PORT", 8000) == 8000


@pytest.mark.parametrize("value", ["", "mysql://me:secret@host/x", "postgresql://me:secret@host:port/x", "secret"])
def test_an_invalid_database_url_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("DATABASE_URL", value)
    with pytest.raises(ImproperlyConfigured) as refusal:
        postgresql("DATABASE_URL")
    assert str(refusal.value) == "DATABASE_URL must be like postgresql://user:password@host:5432/database"


def test_a_database_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:se%2Fcret@host:5433/name?sslmode=require")
    understood = postgresql("DATABASE_URL")
    assert [understood[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        *("me", "se/cret", "host", 5433, "name"),
    ]
    assert understood["OPTIONS"] == {"sslmode": "require"}


@pytest.mark.parametrize("value", ["nonsense", "amqp://me:secret@host//", "redis://:secret@host:port/0"])
def test_an_invalid_redis_url_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("REDIS_URL", value)
    with pytest.raises(ImproperlyConfigured) as refusal:
        redis("REDIS_URL")
    assert str(refusal.value) == "REDIS_URL must be like redis://:password@host:6379/0"


@pytest.mark.parametrize("value", ["", "redis://host", "rediss://me:secret@host:6380/2", "unix:///run/redis.sock?db=1"])
def test_a_redis_url(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("REDIS_URL", value)
    assert redis("REDIS_URL") == value


def test_a_redis_url_that_the_client_refuses(settings: Settings) -> None:
    settings.REDIS_URL = "redis://host/0?timeout=soon&socket_timeout=soon"
    with pytest.raises(ImproperlyConfigured, match=r"^REDIS_URL can't be used: "):
        require_broker()


def test_the_example_file_names_every_setting() -> None:
    read = r"""\b(?:env\.\w+|integer|numbers|seconds_by_kind|postgresql|redis|encryption_keys)\(\s*"([A-Z_]+)\""""
    settings = set(re.findall(read, (PROJECT / "config" / "settings.py").read_text()))
    example = set(re.findall(r"^# ([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    assert example == settings | {"POSTGRES_PASSWORD"}


@pytest.mark.django_db
@pytest.mark.parametrize("chosen", [{}, {"DECISION_LOG": "sampled"}])
def test_serving_the_demo_logs_all_decisions_of_the_demo_only(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, chosen: dict[str, str]
) -> None:
    demo, _ = make_organization(name=ORGANIZATION), make_organization()
    settings.DEFAULT_APP_TOKEN = "an application's"
    monkeypatch.setattr(os, "environ", dict(chosen))
    _tell_children_of_the_demo()
    assert os.environ.pop("ALLOW_PRIVATE_DESTINATIONS") == "1"
    assert os.environ == {"DEMO": "1"} | chosen | ({} if chosen else {"DECISION_LOG_ALL_OF": str(demo.pk)})


def test_invalid_numbers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECISION_LOG_ALL_OF", "1,acme")
    with pytest.raises(ImproperlyConfigured, match="DECISION_LOG_ALL_OF must be whole numbers"):
        numbers("DECISION_LOG_ALL_OF")
