"""One migrated database for all tests of a run: the workers' and those of servers that tests start are copies of it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from config.postgresql.shares import Share, beside, is_free, one_at_a_time
from customers.private_files import make_private_folder

CREATE = "CREATE DATABASE {} TEMPLATE {}"
DROP = "DROP DATABASE IF EXISTS {} WITH (FORCE)"
# What every PostgreSQL makes new databases from.
EMPTY = "template1"


@contextmanager
def shared_template() -> Iterator[str]:
    """The database to copy: the first of a run's processes makes it, and the last one drops it.

    What a run left behind that was killed is made anew: migrations may be others by now.
    """
    name = f"test_{connection.settings_dict['NAME']}_template"
    make_private_folder(settings.DATA_DIR)
    place = settings.DATA_DIR / name
    server = _server()
    with one_at_a_time(beside(place, "lock")):
        if is_free(beside(place, "shares")):
            _administrate(server, DROP, name)
            _administrate(server, CREATE, name, EMPTY)
            with connected_to(name):
                call_command("migrate", verbosity=0, interactive=False)
        share = Share(beside(place, "shares"))
    try:
        yield name
    finally:
        with one_at_a_time(beside(place, "lock")):
            if share.give_back():
                _administrate(server, DROP, name)


@contextmanager
def copy_of(template: str, name: str) -> Iterator[str]:
    """A database of this name, in place of a former one, until the end of the block."""
    server = _server()
    _administrate(server, DROP, name)
    _administrate(server, CREATE, name, template)
    try:
        yield name
    finally:
        _administrate(server, DROP, name)


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Django's connection of this thread leads to another database of the server as long as the block lasts."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _server() -> dict[str, Any]:
    parameters = connection.get_connection_params()
    return {name: parameters[name] for name in ("host", "port", "user", "password") if parameters.get(name)}


def _administrate(server: dict[str, Any], statement: str, *names: str) -> None:
    """With a connection of its own, as databases are made outside of transactions and of themselves."""
    with closing(psycopg.connect(**server, dbname="postgres", autocommit=True)) as beside_all:
        beside_all.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
