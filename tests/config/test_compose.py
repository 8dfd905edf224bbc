"""compose.yaml: every variable of .env.example reaches the product, and what runs is what `serve` runs."""

import re

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from pytest_django import Settings

from config import processes
from tests.config.served import PROJECT, free_port
from tests.production.compose import names_put_in, services

EXAMPLE = re.findall(r"^# ([A-Z_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE)
COMPULSORY = {"SECRET_KEY": "s", "ENCRYPTION_KEYS": "e", "POSTGRES_PASSWORD": "p"}
# Inside of the container these are always the same; outside they say where the volume and the port are.
OUTSIDE = {"DATA_DIR": "/srv/data", "HOST": "0.0.0.0", "PORT": "8000"}


class BecameError(Exception):
    """In place of becoming another program, which would end the tests."""


@pytest.fixture(autouse=True)
def _no_other_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def become(_path: str, command: tuple[str, ...]) -> None:
        raise BecameError(command)

    monkeypatch.setattr("os.execv", become)


@pytest.mark.parametrize("name", [name for name in EXAMPLE if name not in {*OUTSIDE, "POSTGRES_PASSWORD"}])
def test_what_is_set_reaches_every_process(name: str) -> None:
    value = "of this test"
    found = services(COMPULSORY | {name: value})
    assert found.keys() == {"migrate", "web", "worker", "beat"}
    assert {service.environment.get(name) for service in found.values()} == {value}


def test_where_it_is_outside_of_the_container() -> None:
    assert OUTSIDE.items() <= services(COMPULSORY)["web"].environment.items()
    web = services(COMPULSORY | {"DATA_DIR": "/disk", "HOST": "127.0.0.1", "PORT": "9000"})["web"]
    assert OUTSIDE.items() <= web.environment.items()
    assert (web.ports, web.volumes) == (("127.0.0.1:9000:8000",), ("/disk:/srv/data",))


def test_its_own_servers_unless_others_are_named() -> None:
    web = services(COMPULSORY | {"POSTGRES_PASSWORD": "secret"})["web"].environment
    assert web["DATABASE_URL"] == "postgresql://campaigns:secret@postgresql:5432/campaigns"
    assert web["REDIS_URL"] == "redis://redis:6379/0"
    assert web["PRODUCTION"] == "1"


def test_it_knows_no_other_variables() -> None:
    assert {*services(COMPULSORY | dict.fromkeys(EXAMPLE, "set"))["web"].environment} | names_put_in() == {*EXAMPLE}


@pytest.mark.parametrize("name", COMPULSORY)
def test_what_is_compulsory_is_asked_for(name: str) -> None:
    with pytest.raises(KeyError, match=f"set {name}"):
        services(COMPULSORY | {name: ""})


def test_its_commands_are_the_processes_of_serve(settings: Settings) -> None:
    settings.REDIS_URL, settings.EMBEDDED_POSTGRESQL = "redis://somewhere", None
    settings.HOST, settings.PORT = "127.0.0.1", free_port()
    of_serve = {program.command for program in processes.programs(settings.HOST, settings.PORT)}
    commands = [service.command for service in services(COMPULSORY).values() if service.name != "migrate"]
    assert {_becomes(command) for command in commands} == of_serve
    assert services(COMPULSORY)["migrate"].command == ("python", "manage.py", "migrate", "--no-input")


@pytest.mark.parametrize("command", ["worker", "beat"])
def test_without_redis_worker_and_beat_are_one_process(settings: Settings, command: str) -> None:
    settings.REDIS_URL = ""
    with pytest.raises(ImproperlyConfigured, match=r"manage\.py work"):
        call_command(command)


def _becomes(command: tuple[str, ...]) -> tuple[str, ...]:
    """What a command of compose.yaml turns into."""
    assert command[:2] == ("python", "manage.py")
    with pytest.raises(BecameError) as became:
        call_command(*command[2:])
    (found,) = became.value.args
    return tuple(found)
