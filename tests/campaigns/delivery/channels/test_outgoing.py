"""What a foreign server controls has an end, and none of it is in our own network."""

import datetime as dt
import ipaddress
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_django import Settings
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from campaigns.delivery.channels import outgoing
from campaigns.delivery.channels.base import DeliveryFailedError, Outcome
from campaigns.delivery.channels.http import Body, Exchange, UnreachableError, read_body
from campaigns.delivery.channels.outgoing import (
    ForbiddenAddressError,
    connect,
    is_private,
    pool_manager,
    secured,
    within,
)
from campaigns.delivery.channels.registry import channel_for, export_for
from campaigns.models import MessageTemplate
from tests.campaigns.delivery.audience import Audience
from tests.campaigns.delivery.servers import Mailbox, World, raw_world

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n"
# Without a deadline of the whole, none of these would ever end: each read is in time.
DRIPS = {
    "before the status": (b"", b"H"),
    "in the headers": (HEAD, b"x: y\r\n"),
    "in a header": (HEAD + b"x: ", b"y"),
    "in the body": (HEAD + b"\r\n", b"x"),
    "in a body of chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "in a body without an end": (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
    "before the real answer": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


class Late:
    """The clock of deadlines: a slow machine has a minute until `almost`, and from there on a fifth of a second."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._moved = 0.0
        patch.setattr(outgoing, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + self._moved))

    def almost(self) -> None:
        """Nearly all of the minute has passed."""
        self._moved = 59.8


@pytest.mark.parametrize("drip", DRIPS)
def test_an_exchange_has_one_deadline(drip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    late = Late(monkeypatch)
    is_of_the_body = "body" in drip

    def chunks() -> Iterator[bytes]:
        if not is_of_the_body:
            late.almost()
        yield b"{}"

    def read(response: BaseHTTPResponse) -> bytes:
        late.almost()
        return read_body(response)

    monkeypatch.setattr("campaigns.delivery.channels.http.read_body", read)
    exchange = Exchange(timeout=60, attempts=3, sleep=lambda _: None)
    said, drips = DRIPS[drip]
    with raw_world(said, drips) as world:
        if is_of_the_body:
            # Its status was there in time, and that is all that counts.
            answer = exchange.send("POST", world.url, key="key", headers=dict, body=Body(2, chunks))
            assert (answer.status, answer.document()) == (200, {})
        else:
            with pytest.raises(UnreachableError) as end:
                exchange.send("POST", world.url, key="key", headers=dict, body=Body(2, chunks))
            assert end.value.is_uncertain
        assert world.hung_up.wait(60)


def test_a_receiver_that_reads_nothing_hits_the_deadline() -> None:
    """The body is more than sockets hold; what it may take is in proportion to it."""
    with raw_world(HEAD + b"\r\n", b"x") as world, pytest.MonkeyPatch.context() as patch:
        patch.setattr("campaigns.delivery.channels.http.SLOWEST_BYTES_A_SECOND", 10**12)
        exchange = Exchange(timeout=0.3, attempts=1)
        chunks = Body(10**9, lambda: iter([b"x" * 10**6] * 1000))
        with pytest.raises(UnreachableError):
            exchange.send("POST", world.url, key="key", headers=dict, body=chunks)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    place = tmp_path_factory.mktemp("tls") / "here.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    place.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return place


@pytest.mark.parametrize("drips", [b"x", b""])
def test_tls_has_the_same_deadline(certificate: Path, drips: bytes) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    pool = pool_manager(context=secured(ssl.create_default_context(cafile=str(certificate))), timeout=30)
    with raw_world(HEAD + b"\r\n" + b"x" * 10, drips, context) as world:
        url = world.url.replace("http:", "https:")
        with within(0.5), pytest.raises(HTTPError):
            pool.request("GET", url)


def test_an_answer_of_endless_lines_is_aborted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail server's reply may have as many lines as it likes: no library counts them."""
    monkeypatch.setattr(outgoing, "MOST_RECEIVED", 4096)
    with raw_world(b"", b"250-more\r\n" * 100) as world:
        sock = connect("127.0.0.1", world.port, 5)
        sock.sendall(b"EHLO\r\n\r\n")
        with within(60), sock.makefile("rb") as file, pytest.raises(ConnectionAbortedError):
            file.readlines()
        sock.close()


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "0.0.0.0", "169.254.169.254"),
        *("100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "224.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1%eth0", "fd00:ec2::254", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe"),
        *("64:ff9b::a00:1", "2002:7f00:1::", "::7f00:1", "2001:db8::1", "198.18.0.1", "240.0.0.1"),
        *("fec0::1", "192.0.0.8", "192.88.99.1", "3fff::1"),
    ],
)
def test_private_addresses_are_recognised(address: str) -> None:
    assert is_private(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_public_addresses_are_recognised(address: str) -> None:
    assert not is_private(address)


@pytest.fixture
def closed(settings: Settings) -> None:
    """As everywhere but in tests and in the demo."""
    settings.ALLOW_PRIVATE_DESTINATIONS = False


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "127.1"])
def test_a_private_address_is_refused_when_connecting(host: str) -> None:
    """However it is written, and whatever a name stands for at that moment."""
    with raw_world(b"") as world:
        with pytest.raises(ForbiddenAddressError, match="is a private address"):
            connect(host, world.port, 5)
        connect(host, world.port, 5, is_trusted=True).close()


@pytest.mark.usefixtures("closed")
def test_webhooks_reach_no_private_network(audience: Audience, world: World) -> None:
    audience.destination("webhook", settings={"url": world.url}, secrets={"signing_secret": "x"})
    channel: Any = channel_for(audience.says(ad_type="messaging_platform"))
    channel.post.exchange.sleep = lambda _: None
    results = channel.send(audience.message, audience.recipients)
    assert {each.outcome for each in results} == {Outcome.LATER}
    assert "127.0.0.1 is a private address" in results[0].error
    assert world.connections == 0


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("provider", ["", "postmark"])
def test_mails_reach_no_private_network(audience: Audience, mailbox: Mailbox, world: World, provider: str) -> None:
    MessageTemplate.objects.create(organization=audience.organization, key="welcome", subject="Hello", text="Hello")
    server = {"host": "127.0.0.1", "port": mailbox.port, "encryption": "none"}
    where = {"provider": provider, "provider_url": world.url} if provider else server
    audience.destination("email", settings={"from_address": "a@example.org", **where}, secrets={"api_key": "key"})
    channel: Any = channel_for(audience.says(ad_type="email_message"))
    results = channel.send(audience.message, audience.recipients[:2])
    assert [each.outcome for each in results] == [Outcome.LATER] * 2
    assert "127.0.0.1 is a private address" in results[0].error
    assert (mailbox.connections, world.connections) == (0, 0)


@pytest.mark.usefixtures("closed", "exports")
@pytest.mark.parametrize(
    ("kind", "told", "secrets"),
    [
        ("s3", {"bucket": "audiences", "region": "us-east-1"}, {"access_key": "x", "secret_key": "x"}),
        ("airship", {"app_key": "app"}, {"master_secret": "x"}),
        ("cheetah", {"list_id": "1", "user": "shop"}, {"password": "x"}),
        ("facebook", {"audience_id": "1"}, {"access_token": "x"}),
    ],
)
def test_exports_reach_no_private_network(
    audience: Audience,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    told: dict[str, str],
    secrets: dict[str, str],
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    address = {"endpoint_url" if kind == "s3" else "url": world.url}
    audience.destination(kind, settings=told | address, secrets=secrets)
    export = export_for(audience.says(ad_type="audience_export", creative_type=f"audience-export-{kind}"))
    with pytest.raises(DeliveryFailedError, match=r"127\.0\.0\.1 is a private address"):
        export.export(audience.message, audience.batches())
    assert world.connections == 0
