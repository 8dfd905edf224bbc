"""What is wrong with a server is told by its name, in words that aren't Python's, whatever way was taken to it."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

import pytest
from pytest_django import Settings

from campaigns.delivery.channels.base import DeliveryFailedError
from campaigns.delivery.channels.registry import CHANNELS, DECLARATIONS, channel_for, creatives_of, export_for
from campaigns.models import AdUnit, Destination, MessageTemplate
from campaigns.models.ad_type import CREATIVE_TYPES
from tests.campaigns.delivery.audience import Audience
from tests.campaigns.delivery.servers import Mailbox, raw_world

pytestmark = pytest.mark.usefixtures("exports")
RAW = re.compile(r"Error\b|Errno|host=|object at|b'|\(\d+, ")
Ways = Callable[..., str]
NOWHERE = "nowhere.invalid"
SECRETS = {
    "webhook": {"signing_secret": "x"},
    "push": {"signing_secret": "x"},
    "airship": {"master_secret": "x"},
    "cheetah": {"password": "x"},
    "facebook": {"access_token": "x"},
    "s3": {"access_key": "x", "secret_key": "x"},
    "postmark": {"api_key": "x"},
}
SETTINGS: dict[str, dict[str, Any]] = {
    "airship": {"app_key": "app"},
    "cheetah": {"list_id": "1", "user": "shop"},
    "facebook": {"audience_id": "1"},
    "s3": {"bucket": "audiences", "region": "us-east-1"},
    "smtp": {"encryption": "none"},
    "postmark": {"provider": "postmark"},
}
# Its library is slow to begin, and that counts; most of all the first time.
PATIENCE_SECONDS, SECONDS = {"s3": 5}, {"s3": 2}
HTTP = ["webhook", "push", "airship", "cheetah", "facebook", "s3", "postmark"]


@pytest.fixture
def told(audience: Audience, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Ways:
    """What is told of a server, by the way to it, its host and port; answers are waited for a second, or `seconds`."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    MessageTemplate.objects.create(organization=audience.organization, key="welcome", subject="Hi", text="Hi")

    def tell(way: str, host: str, port: int, seconds: int = 0) -> str:
        is_mail = way in {"smtp", "EMAIL_URL", "postmark"}
        kind, url = "email" if is_mail else way, f"http://{host}:{port}"
        where: dict[str, Any] = {"endpoint_url" if way == "s3" else "url": url}
        if is_mail:
            places: dict[str, dict[str, Any]] = {"smtp": {"host": host, "port": port}}
            where = places.get(way, {"provider_url": url} if way == "postmark" else {})
            where |= {"from_address": "a@example.org", "concurrency": 1}
        if way == "EMAIL_URL":
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = host, port
        chosen = {"timeout_seconds": seconds or PATIENCE_SECONDS.get(way, 1), **where, **SETTINGS.get(way, {})}
        audience.destination(kind, settings=chosen, secrets=SECRETS.get(way, {}))
        return _tell(audience, kind)

    return tell


def _tell(audience: Audience, kind: str) -> str:
    (creative_type,) = DECLARATIONS[kind].serves
    message = audience.says(creative_type=creative_type)
    if creative_type in CHANNELS:
        reachable = replace(audience.recipients[0], push_tokens=(("ios", "token"),))
        return str(channel_for(message).send(audience.message, [reachable])[0].error)
    with pytest.raises(DeliveryFailedError) as end:
        export_for(message).export(audience.message, audience.batches())
    return str(end.value)


@pytest.fixture
def silent() -> Iterator[int]:
    """A port at which connections are made, and nothing is ever said."""
    with closing(socket.create_server(("127.0.0.1", 0))) as made:
        yield made.getsockname()[1]


@pytest.mark.parametrize("way", [*HTTP, "smtp", "EMAIL_URL"])
def test_failures_name_the_server(told: Ways, audience: Audience, silent: int, way: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    with ExitStack() as stack:
        closing_one = stack.enter_context(raw_world(b"")).port
        cases = {
            f"127.0.0.1:{port} refuses connections": ("127.0.0.1", port),
            f"the name {NOWHERE} is unknown": (NOWHERE, 443),
            f"no answer from 127.0.0.1:{silent} within {SECONDS.get(way, 1)} s": ("127.0.0.1", silent),
            f"127.0.0.1:{closing_one} closed the connection": ("127.0.0.1", closing_one),
        }
        for sentence, (host, at) in cases.items():
            if way in {"smtp", "EMAIL_URL"} and at == closing_one:
                # It waits for an empty line, which no mail client sends before it was greeted.
                continue
            said = told(way, host, at, SECONDS.get(way, 1) if at == silent else 0)
            assert said.removesuffix(" (EMAIL_URL)").endswith(sentence), (way, said)
            assert said.endswith("(EMAIL_URL)") == (way == "EMAIL_URL")
            assert not RAW.search(said), said
            Destination.objects.filter(organization=audience.organization).delete()


@pytest.mark.parametrize("way", HTTP)
def test_an_answer_that_is_not_http_is_named(told: Ways, way: str) -> None:
    with raw_world(b"SSH-2.0-OpenSSH\r\n\r\n") as world:
        said = told(way, "127.0.0.1", world.port)
    assert said.endswith((f"127.0.0.1:{world.port} doesn't speak HTTP as it should", "closed the connection")), said
    assert not RAW.search(said)


@pytest.mark.parametrize("command", ["rcpt", "data"])
def test_a_mail_servers_reply_is_quoted(told: Ways, mailbox: Mailbox, command: str) -> None:
    getattr(mailbox, f"replies_to_{command}").append("450 4.2.1  too busy")
    assert told("smtp", "127.0.0.1", mailbox.port) == "it answered 450 4.2.1 too busy"


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [kind for kind in DECLARATIONS if kind != "file"])
def test_the_creatives_of_a_kind_are_those_that_are_sent_there(audience: Audience, kind: str) -> None:
    creative = audience.delivery.creative
    found = set()
    for ad_type, creative_types in CREATIVE_TYPES.items():
        for creative_type in creative_types:
            AdUnit.objects.filter(pk=creative.pk).update(ad_type=ad_type, creative_type=creative_type)
            if AdUnit.objects.filter(creatives_of(kind), pk=creative.pk).exists():
                found.add((ad_type, creative_type))
    assert found
    for _, creative_type in found:
        MessageTemplate.objects.get_or_create(
            organization=audience.organization, key="welcome", subject="Hi", text="Hi"
        )
        with pytest.raises(DeliveryFailedError, match=f"no default destination of kind {kind}"):
            (channel_for if creative_type in CHANNELS else export_for)(audience.says(creative_type=creative_type))
