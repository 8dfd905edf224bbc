"""Logging in: five failures and one waits, refusals cost no hash, every attempt is a line, sessions end."""

import ipaddress
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from structlog.testing import capture_logs

from customers.addresses import client_address
from customers.models import Operator

pytestmark = pytest.mark.django_db
LOGIN = "/admin/login/"
# More than are remembered.
MANY_ADDRESSES = 10_000
RIGHT, WRONG = "kfj3-20dl-xx", "something else"
QUARTER = timedelta(minutes=15)


@pytest.fixture(autouse=True)
def ada() -> Operator:
    """An operator."""
    return Operator.objects.create_superuser("ada", password=RIGHT)


def attempt(password: str, name: str = "ada", at: str = "192.0.2.1", **headers: str) -> Any:
    """One attempt of a browser that remembers nothing."""
    form = {"username": name, "password": password, "next": "/admin/"}
    return Client(REMOTE_ADDR=at).post(LOGIN, form, headers=headers)


def is_in(answer: Any) -> bool:
    """Whether it was let in."""
    return answer.status_code == 302 and "sessionid" in answer.cookies


def fail(times: int, **how: str) -> list[int]:
    """The status of so many wrong passwords."""
    return [attempt(WRONG, **how).status_code for _ in range(times)]


def test_five_failures_and_one_waits() -> None:
    assert fail(5) == [200, 200, 200, 200, 429]
    refused = attempt(RIGHT)
    assert (refused.status_code, refused["Retry-After"], refused["Cache-Control"]) == (429, "900", "no-store")
    assert "wait for 15 minutes" in refused.content.decode()
    assert not is_in(refused)
    with time_machine.travel(timezone.now() + QUARTER + timedelta(seconds=1), tick=False):
        assert is_in(attempt(RIGHT))


def test_waiting_is_not_made_longer_by_trying() -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        fail(5)
    with time_machine.travel(now + QUARTER - timedelta(seconds=1), tick=False):
        assert fail(3) == [429, 429, 429]
    with time_machine.travel(now + QUARTER + timedelta(seconds=1), tick=False):
        assert is_in(attempt(RIGHT))


def test_failures_from_one_address_do_not_lock_an_operator_out_at_another() -> None:
    fail(6, at="198.51.100.7")
    assert is_in(attempt(RIGHT))


def test_a_success_forgets_the_failures_of_the_name_alone() -> None:
    Operator.objects.create_superuser("bob", password=RIGHT)
    fail(4, name="bob")
    fail(4)
    assert is_in(attempt(RIGHT))
    assert fail(4) == [200] * 4
    assert fail(1, name="bob") == [429]


def test_many_names_from_one_address_wait_too(settings: Settings) -> None:
    settings.MOST_FAILURES_OF_AN_ADDRESS = 8
    assert [attempt(WRONG, name=f"guess {number}").status_code for number in range(10)] == [200] * 8 + [429] * 2
    assert attempt(RIGHT).status_code == 429
    assert is_in(attempt(RIGHT, at="192.0.2.2"))


def test_a_refusal_costs_no_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []
    verify = Argon2PasswordHasher.verify

    def counted(self: Any, password: str, encoded: str) -> bool:
        hashed.append(password)
        return bool(verify(self, password, encoded))

    monkeypatch.setattr(Argon2PasswordHasher, "verify", counted)
    fail(12)
    assert len(hashed) == 5


def test_every_attempt_is_a_line_and_no_password_is() -> None:
    with capture_logs() as said:
        fail(6)
        attempt(RIGHT, at="192.0.2.2")
    told = [(line["event"], line["log_level"], line["username"], line["address"]) for line in said]
    failed, refused = ("login_failed", "warning"), ("login_refused", "warning")
    assert told == [
        *[(*failed, "ada", "192.0.2.1")] * 5,
        (*refused, "ada", "192.0.2.1"),
        ("login_succeeded", "info", "ada", "192.0.2.2"),
    ]
    assert WRONG not in str(said)
    assert WRONG not in str(list(AccessAttempt.objects.values()))


def test_failures_are_not_stored_longer_than_they_count() -> None:
    fail(2, name="a customer's password, typed into the wrong field")
    with time_machine.travel(timezone.now() + QUARTER + timedelta(seconds=1), tick=False):
        fail(1)
    assert AccessAttempt.objects.values_list("username", flat=True).get() == "ada"


def test_an_operator_of_the_server_ends_the_wait() -> None:
    fail(5)
    call_command("axes_reset_username", "ada", verbosity=0)
    assert is_in(attempt(RIGHT))


def test_a_session_ends_after_twelve_hours() -> None:
    browser, now = Client(), timezone.now()
    with time_machine.travel(now, tick=False):
        assert browser.post(LOGIN, {"username": "ada", "password": RIGHT}).status_code == 302
    for hours, status in ((11, 200), (13, 302)):
        with time_machine.travel(now + timedelta(hours=hours), tick=False):
            assert browser.get("/admin/").status_code == status, hours


@pytest.mark.parametrize("name", ["x" * 5_000, "a\x00b", "", "\uff41da", "\ud800", "' OR 1=1 --"])
def test_no_name_is_a_fault(name: str) -> None:
    form = {"username": name.encode("utf-8", "surrogatepass").decode("latin-1"), "password": WRONG}
    assert Client(HTTP_USER_AGENT="u" * 3_000).post(LOGIN, form).status_code == 200


def test_a_network_of_ipv6_is_one_address() -> None:
    statuses = [attempt(WRONG, at=f"2001:db8:0:1:{n}::{n}").status_code for n in range(1, 6)]
    assert statuses == [200] * 4 + [429]
    assert is_in(attempt(RIGHT, at="2001:db8:0:2::1"))


def test_a_forged_forwarded_for_does_not_change_the_address() -> None:
    statuses = [attempt(WRONG, **{"X-Forwarded-For": f"203.0.113.{n}"}).status_code for n in range(5)]
    assert statuses == [200] * 4 + [429]


def test_behind_a_proxy_each_client_has_its_own_address(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    statuses = [attempt(WRONG, **{"X-Forwarded-For": f"203.0.113.{n}, 198.51.100.7"}).status_code for n in range(5)]
    assert statuses == [200] * 4 + [429]
    assert is_in(attempt(RIGHT, **{"X-Forwarded-For": "198.51.100.8"}))


@pytest.mark.parametrize(
    ("proxies", "told", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 203.0.113.10", "203.0.113.9"),
        (2, "203.0.113.9", "203.0.113.9"),
        (1, "not an address", "192.0.2.1"),
        (1, "::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_whose_word_is_believed(settings: Settings, proxies: int, told: str, address: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert client_address({"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": told}) == address


def test_a_socket_has_no_address() -> None:
    assert client_address({"REMOTE_ADDR": ""}) == ""


def test_addresses_are_remembered_and_forgotten_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: Counter[str] = Counter()
    parse = ipaddress.ip_address

    def counted(address: str) -> Any:
        parsed[address] += 1
        return parse(address)

    monkeypatch.setattr(ipaddress, "ip_address", counted)
    others = [f"2001:db8:4711::{number:x}" for number in range(MANY_ADDRESSES)]
    first = others[0]
    assert [client_address({"REMOTE_ADDR": first}) for _ in range(3)] == [str(parse(first))] * 3
    assert parsed == {first: 1}
    for address in [*others[1:], first]:
        client_address({"REMOTE_ADDR": address})
    assert parsed[first] == 2
