"""Receivers that do their worst to a real worker: nobody else waits for them, and nothing that they say is too much."""

import csv
import stat
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from campaigns.models import Delivery, Recipient
from tests.abuse.browser import Browser
from tests.abuse.outside import ABSURD, EXPLOSIVE, FORMULA, GUARDED, Outside
from tests.abuse.server import Server, faults_in
from tests.abuse.world import Abused
from tests.campaigns.delivery.scheduled import states_of
from tests.config.served import until

MEMBERS = "/admin/campaigns/recipient/"
# What is to become of a delivery's people while others drip.
ENDS = {
    **{name: {"sent": 2} for name in ("letter", "broken", "file")},
    "dropping": {"sent": 3},
    **{name: {"sent": 1, "failed": 1} for name in EXPLOSIVE},
    **{name: {"failed": 2} for name in ("moved", "refusing", "postmark")},
}


@pytest.fixture(scope="module")
def outside(_served: tuple[Server, Abused], django_db_blocker: DjangoDbBlocker) -> Iterator[Outside]:
    """All of them have had their turn, and two still drip."""
    server, _ = _served
    with ExitStack() as block, django_db_blocker.unblock():
        made = Outside(block)
        with server.database():
            proxy = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), made.elsewhere.url)
            log = block.enter_context(server.worker(**proxy))
            # Who begins, with work that is due already, says that the other one isn't heard.
            until(lambda: _heard() == {"worker", "beat"}, "the worker")
            made.make_dripping()
            dripping = list(made.deliveries.values())
            until(lambda: _in_hand(dripping) == 4, "the slow ones to be in hand")
            made.make_others()
            with suppress(AssertionError):
                until(lambda: not _not_over(made), "everybody else")
            assert not _not_over(made)
            assert _in_hand(dripping) == 4, "they drip still"
        yield made
        assert not faults_in(log.read_text())


def _heard() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind FROM config_heartbeat")
        return {str(kind) for (kind,) in cursor.fetchall()}


def _in_hand(deliveries: list[Delivery]) -> int:
    return Recipient.objects.filter(delivery__in=deliveries, state="leased").count()


def _not_over(made: Outside) -> dict[str, dict[str, int]]:
    """Who has neither ended as expected nor says why it waits."""
    waiting = Delivery.objects.filter(pk__in=[made.deliveries[name].pk for name in ABSURD], failures=1)
    wanted = ENDS | {name: {"pending": 2} for name in ABSURD}
    found = {name: states_of(made.deliveries[name]) for name in wanted} | {"told": {"asked": waiting.count()}}
    wanted["told"] = {"asked": len(ABSURD)}
    return {name: states for name, states in found.items() if states != wanted[name]}


def _delivery(server: Server, outside: Outside, name: str) -> tuple[Delivery, list[Recipient]]:
    """A delivery as it is now, and its people."""
    with server.database():
        delivery = Delivery.objects.get(pk=outside.deliveries[name].pk)
        return delivery, list(Recipient.objects.filter(delivery=delivery))


def test_a_slow_receiver_delays_no_other_messages_and_gets_its_own(server: Server, outside: Outside) -> None:
    assert len(outside.mailboxes["letter"].taken) == 2
    for drip in outside.drips:
        drip.stopped.set()
    with server.database():
        until(
            lambda: [states_of(outside.deliveries[name]) for name in ("dripping", "dripping too")] == [{"sent": 2}] * 2,
            "what was said before it dripped counts",
        )


@pytest.mark.parametrize("asked", ABSURD)
def test_no_more_than_an_hour_is_believed(server: Server, abused: Abused, outside: Outside, asked: str) -> None:
    delivery, people = _delivery(server, outside, asked)
    assert (delivery.state, {each.state for each in people}) == ("delivering", {"pending"})
    assert "it asks to wait 3600 s" in delivery.error
    assert delivery.leased_until
    assert max(delivery.leased_until, *_due(people)) < timezone.now() + timedelta(minutes=61)
    assert len(outside.worlds[asked].got) == 1
    operator = Browser(server, abused.operator)
    for page in (MEMBERS, *(f"{MEMBERS}{each.pk}/change/" for each in people)):
        assert operator.get(page).status == 200


def _due(people: list[Recipient]) -> list[datetime]:
    return [each.due_at for each in people if each.due_at]


def test_what_was_taken_was_taken_once_whatever_its_body(outside: Outside) -> None:
    assert len(outside.worlds["broken"].got) == 2


@pytest.mark.parametrize("name", ["moved", "postmark"])
def test_no_redirect_is_followed_and_no_proxy_picked_up(server: Server, outside: Outside, name: str) -> None:
    _, people = _delivery(server, outside, name)
    assert outside.worlds[name].got
    assert not outside.elsewhere.got
    assert {each.state for each in people} == {"failed"}


def test_of_a_refusal_the_status_line_is_kept(server: Server, outside: Outside) -> None:
    _, people = _delivery(server, outside, "refusing")
    assert {each.error for each in people} == {"HTTP 403 Forbidden"}
    assert GUARDED.decode() not in server.log


def test_a_connection_that_is_closed_between_two_mails_leaves_nobody_in_doubt(outside: Outside) -> None:
    assert len(outside.mailboxes["dropping"].taken) == 3


@pytest.mark.parametrize("name", EXPLOSIVE)
def test_a_recipient_whose_message_is_too_large_fails_alone(server: Server, outside: Outside, name: str) -> None:
    _, people = _delivery(server, outside, name)
    assert sorted(each.state for each in people) == ["failed", "sent"]
    assert len(outside.mailboxes[name].taken) == 1


def test_a_file_is_for_its_group_and_no_cell_of_it_is_a_formula(server: Server, outside: Outside) -> None:
    delivery, _ = _delivery(server, outside, "file")
    path = server.exports / delivery.file_name
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.glob(f"{path.name}*")} == {0o640}
    assert stat.S_IMODE(path.parent.stat().st_mode) & stat.S_IRWXO == 0
    with path.open(newline="") as file:
        cells = {cell for line in csv.reader(file) for cell in line}
    assert f"'{FORMULA} file" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
