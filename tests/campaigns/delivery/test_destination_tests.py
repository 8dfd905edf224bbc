"""Test: an operator has one real message or upload sent, and is told what became of it."""

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.test import Client

from campaigns.delivery.destination_tests import send_test
from campaigns.models import Destination
from customers.models import Operator
from tests.campaigns.delivery.audience import Audience
from tests.campaigns.delivery.servers import Mailbox, World, raw_world

pytestmark = pytest.mark.usefixtures("exports")
SECRETS = {"signing_secret": "x"}
# What each kind needs, and how many requests it is.
KINDS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "webhook": ({}, SECRETS),
    "push": ({}, SECRETS),
    "airship": ({"app_key": "app"}, {"master_secret": "x"}),
    "cheetah": ({"list_id": "1", "user": "shop"}, {"password": "x"}),
    "facebook": ({"audience_id": "238"}, {"access_token": "x"}),
}


@pytest.fixture
def operator(client: Client) -> Client:
    """Somebody in the admin who has an address."""
    made = Operator.objects.create_superuser("operator", email="me@example.org", password="a long password indeed")
    client.force_login(made)
    return client


def _told(operator: Client, *destinations: Destination) -> list[str]:
    form = {"action": "send_test", "_selected_action": [each.pk for each in destinations]}
    page = operator.post("/admin/campaigns/destination/", form, follow=True)
    return [f"{each.level_tag}: {each}" for each in page.context["messages"]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_test_sends_one_real_message_or_upload(audience: Audience, world: World, operator: Client, kind: str) -> None:
    settings, secrets = KINDS[kind]
    destination = audience.destination(kind, settings={**settings, "url": world.url}, secrets=secrets, name="CRM")
    (told,) = _told(operator, destination)
    assert told.startswith("success: CRM: ")
    assert len(world.got) == 1
    world.will(403, body=b"nobody's to read")
    assert _told(operator, destination)[0].endswith("HTTP 403 Forbidden")
    assert len(world.got) == 2


def test_a_test_mail_goes_to_who_asks(audience: Audience, mailbox: Mailbox, operator: Client) -> None:
    server = {"host": "127.0.0.1", "port": mailbox.port, "encryption": "none", "address_attribute": "mail"}
    destination = audience.destination("email", settings={"from_address": "Shop, Inc. <a@example.org>", **server})
    (told,) = _told(operator, destination)
    assert told.startswith(f"success: {destination}: A mail went to me@example.org.")
    assert [each.rcpt_tos for each in mailbox.taken] == [["me@example.org"]]
    Operator.objects.update(email="")
    assert _told(operator, destination) == [
        f"error: {destination}: Whoever tests a mail destination needs a mail address of their own."
    ]


def test_a_test_file_is_removed_again(audience: Audience, operator: Client, exports: Any) -> None:
    (told,) = _told(operator, audience.destination("file"))
    assert "A file was written" in told
    assert not [path for path in exports.rglob("*") if path.is_file()]


def test_a_failed_test_says_why(audience: Audience, operator: Client) -> None:
    with raw_world(b"") as nobody:
        url = nobody.url
    gone = audience.destination("webhook", settings={"url": url}, secrets=SECRETS)
    assert "refuses connections" in _told(operator, gone)[0]
    Destination.objects.update(encrypted_secrets="nobody's")
    assert "No key of ENCRYPTION_KEYS opens these secrets" in _told(operator, gone)[0]


def test_the_admin_tests_one_destination_at_a_time(audience: Audience, operator: Client) -> None:
    two = [audience.destination("file"), audience.destination("file", is_default=False)]
    assert _told(operator, *two) == ["error: Choose one destination to test."]


def test_a_process_tests_one_destination_at_a_time(audience: Audience, operator: Client) -> None:
    """Who waits for a slow receiver leaves the other threads to everybody else."""
    with socket.create_server(("127.0.0.1", 0)) as receiver, ThreadPoolExecutor(1) as pool:
        url = f"http://127.0.0.1:{receiver.getsockname()[1]}/"
        slow = audience.destination("webhook", settings={"url": url}, secrets=SECRETS)
        first = pool.submit(send_test, destination=slow, to="")
        reached, _ = receiver.accept()
        (told,) = _told(operator, audience.destination("file"))
        assert told.endswith("Another destination is being tested; try again in a moment.")
        reached.close()
        assert first.result(30)[0] is False
    (told,) = _told(operator, Destination.objects.get(kind="file"))
    assert "A file was written" in told
