"""A database that is away, restarting, full of locks or out of connections is 503 everywhere, and is back at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import close_old_connections, connection, connections, transaction
from django.test import Client

from campaigns.delivery.unsubscribing import unsubscribe_url
from config.demo.shop import APPLICATION, ORGANIZATION
from customers.applications import origins
from customers.bounds import Work
from tests.config.served import free_port
from tests.dialects.trace.caller import Caller, refused
from tests.factories import make_application, make_organization
from tests.faults.private_server import MOST_CONNECTIONS, PrivateServer, private_server
from tests.faults.requests import Answer, Request, World
from tests.faults.undoing import triggers, undone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("connections")]
ALWAYS = range(1, 1000)
THEIRS = ["08006", "25006", "40003", "53000", "53100", "53200", "53300", "55P03", "57014", "57P01", "57P02", "57P03"]
OURS = ["22012", "42P01", "XX000", "23514"]
FULL = "SELECT pg_advisory_lock(number) FROM generate_series(1, 1000000) number"

ORIGIN = "https://shop.example"
LOGIN = {"username": "operator", "password": "wrong"}


class Holder:
    """Holds locks on a connection of its own until it may go."""

    def __init__(self) -> None:
        self.is_holding, self.may_go = threading.Event(), threading.Event()

    def hold(self, statement: str) -> None:
        """Take the locks of a statement, and keep them."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
                self.is_holding.set()
                assert self.may_go.wait(60)
        finally:
            connections.close_all()


@pytest.fixture
def caller() -> Caller:
    return Caller.of()


@pytest.fixture
def _as_served(settings: Any) -> None:
    """With the demo's pages, and counting requests in the database."""
    settings.ROOT_URLCONF = "tests.faults.urls"
    settings.REDIS_URL = ""


@pytest.fixture
def server(_as_served: None) -> Iterator[PrivateServer]:
    with private_server() as found:
        yield found


def test_every_dialect_answers_503_during_an_outage_and_recovers_after_it(server: PrivateServer) -> None:
    world = World()
    requests = {name: make() for name, make in world.requests.items()} | _reads(world)
    server.stop()
    for name, request in requests.items():
        _require_503(name, request())
    for path in ("/healthz", "/schema/", "/docs/", "/sdk/javascript/prisma.js", "/nowhere", "/api/nowhere"):
        assert world.operator.get(path).status_code in {200, 404}, path
    server.start()
    _require_success(requests)
    _when_restarted_while_idle(server, world)

    _when_out_of_connections(server, world)
    _when_full_of_locks(server, world)


def _when_restarted_while_idle(server: PrivateServer, world: World) -> None:
    """Nobody notices."""
    for request in (world.requests["trace_page"](), world.requests["management_offer"]()):
        server.stop()
        server.start()
        # As Django does at the beginning of each request, but not of the test client's.
        close_old_connections()
        assert request().status_code < 400


def _when_out_of_connections(server: PrivateServer, world: World) -> None:
    requests = _few(world)
    connection.close()
    with ExitStack() as held:
        for _ in range(MOST_CONNECTIONS):
            held.enter_context(server.beside())
        for name, request in requests.items():
            _require_503(name, request())
    _require_success(requests)


def _when_full_of_locks(server: PrivateServer, world: World) -> None:
    requests = _few(world)
    with server.beside() as other:
        with pytest.raises(psycopg.errors.OutOfMemory):
            other.execute(FULL)
        connection.close()
        for name, request in requests.items():
            _require_503(name, request())
        other.execute("SELECT pg_advisory_unlock_all()")
    _require_success(requests)


@pytest.mark.parametrize("bound", ["LOCK_TIMEOUT_SECONDS", "STATEMENT_TIMEOUT_SECONDS"])
@pytest.mark.usefixtures("_as_served")
def test_locks_and_statements_that_take_too_long_are_503(settings: Any, bound: str) -> None:
    world = World()
    requests = _few(world)
    with ThreadPoolExecutor(1) as pool:
        holder = Holder()
        holding = pool.submit(holder.hold, "LOCK customers_customer, customers_application, django_session")
        assert holder.is_holding.wait(20)
        setattr(settings, bound, dict.fromkeys(Work, 0.05))
        connection.close()
        for name, request in requests.items():
            _require_503(name, request())
        setattr(settings, bound, dict.fromkeys(Work, 20))
        connection.close()
        holder.may_go.set()
        holding.result(20)
    _require_success(requests)
    connection.close()


@pytest.mark.parametrize(("states", "status"), [(THEIRS, 503), (OURS, 500)])
@pytest.mark.usefixtures("_as_served")
def test_faults_of_the_platform_are_not_503(states: list[str], status: int) -> None:
    world = World()
    world.caller.client.raise_request_exception = False
    with triggers():
        for state in states:
            for name in ("trace_customer", "management_offer", "sales_campaign", "page_funnel", "page_admin_field"):
                request = world.requests[name]()
                # A form says beside itself which constraint of the database its values break.
                is_told = name == "page_admin_field" and state[:2] == "23"
                with undone(ALWAYS, state):
                    assert request().status_code == (200 if is_told else status), (name, state)


def test_browsers_may_read_the_503_of_what_they_may_read(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser's page hears 503, not that it isn't allowed to hear."""
    caller.application.allowed_origins = [ORIGIN]
    caller.application.save()
    ask = partial(caller.post, "traces/trace", {"app-token": caller.token}, "edn", Origin=ORIGIN)
    assert ask().status_code == 200
    monkeypatch.setattr(origins, "CACHE_SECONDS", 0)
    right = connection.settings_dict["PORT"], connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict.update(PORT=free_port(), HOST="127.0.0.1")
    try:
        answer = ask()
    finally:
        connection.settings_dict.update(PORT=right[0], HOST=right[1])
    assert (answer.status_code, answer["Vary"]) == (503, "Accept, Origin")
    assert answer["Access-Control-Allow-Origin"] == ORIGIN


def _few(world: World) -> dict[str, Request]:
    """One of each shape."""
    names = ("trace_page", "management_offer", "sales_campaign", "page_funnel", "page_admin_field")
    return {name: world.requests[name]() for name in names} | {"sales_token": world.buyer.ask_token}


def _reads(world: World) -> dict[str, Request]:
    """What only reads, and the pages."""
    demo = make_organization(name=ORGANIZATION)
    make_application(demo, name=APPLICATION)
    customer, trail, token = world.people()
    user = f"/priv/v1/apps/:api_key/users/{customer.uuid}"
    unsubscribing = urlsplit(unsubscribe_url(world.organization.pk, customer.uuid)).path
    managed = ("campaigns", f"campaigns/{world.campaign.pk}", "offers", "deliveries", user, f"{user}/offers")
    pages = ("/demo/", "/demo/offers/", "/demo/apply/", unsubscribing, "/admin/", "/admin/customers/customer/")
    funnel = f"/api/campaigns/{world.campaign.pk}/funnel?d={token}&t={trail}"
    return {
        **{f"management {path}": partial(world.actor.get, path) for path in managed},
        **{f"page {path}": partial(world.operator.get, path) for path in (*pages, funnel)},
        "page login": partial(Client(raise_request_exception=False).post, "/admin/login/", LOGIN),
        "sales search": partial(world.buyer.search, {}),
        "sales campaign": partial(world.buyer.get, world.buyer.campaign().pk),
        "sales_token": world.buyer.ask_token,
        "edn trace": partial(world.caller.post, "traces/trace", {"app-token": world.caller.token}),
    }


def _require_success(requests: dict[str, Request]) -> None:
    for name, request in requests.items():
        answer = request()
        assert answer.status_code < 400, (name, answer.content)
        assert b'"status":"error"' not in answer.content, (name, answer.content)


def _require_503(name: str, answer: Answer) -> None:
    """503 in the shape of who was asked."""
    assert answer.status_code == 503, (name, answer.status_code, answer.content)
    assert int(answer["Retry-After"]) > 0, name
    if name.startswith("management"):
        assert answer.json()["status"] == "error"
        assert answer.json()["errors"]["code"] == "service_unavailable"
    elif name == "sales_token":
        assert answer.json()["error"] == "temporarily_unavailable"
    elif name.startswith("sales"):
        (problem,) = answer.json()["errors"]
        assert (problem["type"], problem["code"]) == ("availability", "service-unavailable")
    elif name.startswith("page"):
        assert answer["Content-Type"] == "text/html; charset=utf-8", name
    else:
        refused(answer, 503, "unavailable")
