"""compose.yaml as it is understood by `docker compose`: its services, with the variables of `.env` put in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).resolve().parents[2] / "compose.yaml"
IMAGE = "campaigns"
# `${NAME}`, `${NAME:-default}`, `${NAME:?complaint}`; one within another is put in first.
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::([-?])([^${}]*))?\}")


@dataclass(frozen=True)
class Service:
    """A service of the product's own image: what it runs, with which variables, where it is reached.

    `health` is the shell's command that tells whether it is well; empty where it has none, or needs no shell.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ports: tuple[str, ...]
    volumes: tuple[str, ...]
    health: str


def services(variables: Mapping[str, str]) -> dict[str, Service]:
    """The services of the product's image by name, as `docker compose` makes them of these variables."""
    read = yaml.safe_load(put_in(FILE.read_text(), variables))
    ours = {name: facts for name, facts in read["services"].items() if facts["image"] == IMAGE}
    return {name: _service(name, facts, variables) for name, facts in ours.items()}


def put_in(text: str, variables: Mapping[str, str]) -> str:
    """The text with its variables replaced; KeyError where a compulsory one is missing."""

    def value(found: re.Match[str]) -> str:
        name, how, otherwise = found.groups()
        if how == "?" and not variables.get(name):
            raise KeyError(otherwise)
        return variables.get(name) or (otherwise if how == "-" else "")

    replaced = VARIABLE.sub(value, text)
    return replaced if replaced == text else put_in(replaced, variables)


def names_put_in() -> set[str]:
    """The variables that stand anywhere in the text."""
    return set(re.findall(r"(?<!\$)\$\{(\w+)", FILE.read_text()))


def _service(name: str, facts: Mapping[str, Any], variables: Mapping[str, str]) -> Service:
    # A variable without a value is passed on where it is set.
    given = {key: variables.get(key) if value is None else str(value) for key, value in facts["environment"].items()}
    how, health, *_ = facts.get("healthcheck", {}).get("test", ("NONE", ""))
    return Service(
        name,
        tuple(facts["command"]),
        {key: value for key, value in given.items() if value is not None},
        tuple(facts.get("ports", ())),
        tuple(facts["volumes"]),
        health.replace("$$", "$") if how == "CMD-SHELL" else "",
    )
