"""Email over SMTP and through a mail service; unsubscribing with what it says."""

import email
import re
import socket
import uuid
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from django.core.signing import Signer
from django.test import Client
from pytest_django import Settings

from campaigns.delivery.channels import outgoing
from campaigns.delivery.channels.base import DeliveryFailedError, Outcome
from campaigns.delivery.channels.mail_services import PROVIDERS
from campaigns.delivery.channels.outgoing import seconds_left
from campaigns.delivery.channels.registry import channel_for
from campaigns.delivery.unsubscribing import read_token, unsubscribe_url
from campaigns.models import MessageTemplate
from customers.customers.merging import identify
from customers.models import Customer
from tests.campaigns.delivery.audience import Audience, make_audience
from tests.campaigns.delivery.servers import Mailbox, World, http_world, raw_world, silent_mail_server
from tests.factories import make_anonymous, make_organization

SENDER = "Shop <shop@example.org>"
OUTCOMES = [Outcome.SENT, Outcome.SENT, Outcome.SKIPPED]


@pytest.fixture
def template(audience: Audience) -> MessageTemplate:
    """What the mails say."""
    return MessageTemplate.objects.create(
        organization=audience.organization,
        key="welcome",
        subject="Hallo {{ customer.first_name }} : {{ message.offers }}",
        text="Hello {{ customer.first_name }}: {{ unsubscribe_url }}",
        html="<p>Hello {{ customer.first_name }}</p><a href='{{ unsubscribe_url }}'>Unsubscribe</a>",
    )


def _channel(audience: Audience, mailbox: Mailbox | None = None, **settings: Any) -> Any:
    server = {"host": "127.0.0.1", "port": mailbox.port, "encryption": "none", "concurrency": 1} if mailbox else {}
    audience.destination("email", settings={"from_address": SENDER, **server, **settings})
    return channel_for(audience.says(ad_type="email_message"))


def _read(mailbox: Mailbox) -> list[EmailMessage]:
    return [email.message_from_bytes(each.content or b"", policy=default) for each in mailbox.taken]  # type: ignore[arg-type]


@pytest.mark.usefixtures("template")
def test_a_mail_has_its_headers_and_both_texts(audience: Audience, mailbox: Mailbox, settings: Settings) -> None:
    settings.BASE_URL = "https://campaigns.example.org"
    channel = _channel(audience, mailbox, reply_to="help@example.org")
    results = channel.send(audience.message, audience.recipients)
    ada, bob, third = audience.recipients
    address = unsubscribe_url(audience.organization.pk, ada.customer_uuid)
    assert [(each.outcome, each.reference, each.error) for each in results] == [
        (Outcome.SENT, f"<{ada.key}@example.org>", ""),
        (Outcome.SENT, f"<{bob.key}@example.org>", ""),
        (Outcome.SKIPPED, "", "No mail address."),
    ]
    assert (mailbox.connections, mailbox.taken[0].mail_from, mailbox.taken[0].rcpt_tos) == (
        *(1, "shop@example.org"),
        ["Ada@Example.org"],
    )
    mail, other = _read(mailbox)
    assert (mail["From"], mail["To"], mail["Reply-To"]) == (SENDER, "Ada@Example.org", "help@example.org")
    assert (mail["Subject"], mail["Message-ID"]) == ("Hallo Ada : ten-off, coffee", f"<{ada.key}@example.org>")
    assert mail["List-Unsubscribe"].strip() == f"<{address}>"
    assert address.startswith("https://campaigns.example.org/unsubscribe/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert text
    assert html
    assert text.get_content().strip() == f"Hello Ada: {address}"
    assert html.get_content().strip() == f"<p>Hello Ada</p><a href='{address}'>Unsubscribe</a>"
    assert other["Subject"] == 'Hallo Bob "the, builder" : ten-off, coffee'
    assert third.customer_id
    assert (channel.deduplicates, channel.batch_size) == (False, 500)


@pytest.mark.usefixtures("template")
def test_recipients_are_left_for_later_after_a_stop(audience: Audience, mailbox: Mailbox) -> None:
    channel = _channel(audience, mailbox)
    results = channel.send(audience.message, audience.recipients, lambda: not mailbox.taken)
    assert [each.outcome for each in results] == [Outcome.SENT, Outcome.LATER, Outcome.SKIPPED]
    assert len(mailbox.taken) == 1


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize(
    ("reply", "outcome"),
    [("550 no such user", Outcome.FAILED), ("450 try later", Outcome.RETRY), ("421 going down", Outcome.RETRY)],
)
@pytest.mark.parametrize("command", ["rcpt", "data"])
def test_replies_of_a_server_decide_the_outcome(
    audience: Audience, mailbox: Mailbox, command: str, reply: str, outcome: Outcome
) -> None:
    getattr(mailbox, f"replies_to_{command}").append(reply)
    results = _channel(audience, mailbox).send(audience.message, audience.recipients)
    assert [each.outcome for each in results] == [outcome, *OUTCOMES[1:]]
    assert len(mailbox.taken) == 1


@pytest.mark.usefixtures("template")
def test_a_connection_that_breaks_while_sending_leaves_an_unknown_outcome(audience: Audience, mailbox: Mailbox) -> None:
    mailbox.replies_to_data.append("drop")
    results = _channel(audience, mailbox).send(audience.message, audience.recipients)
    assert [each.outcome for each in results] == [Outcome.UNKNOWN, *OUTCOMES[1:]]
    # It did arrive, as it happens; the next one went over a new connection.
    assert (len(mailbox.taken), mailbox.connections) == (2, 2)


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize(
    ("at", "outcome"), [(b".\r\n", Outcome.UNKNOWN), (b"mail FROM", Outcome.LATER), (b"data", Outcome.LATER)]
)
def test_a_silent_server_leaves_at_most_one_unknown_outcome(audience: Audience, at: bytes, outcome: Outcome) -> None:
    """Before the mail itself was sent, nobody can have it."""
    with silent_mail_server(at=at) as port:
        channel = _channel(audience, Mailbox(port), timeout_seconds=1)
        results = channel.send(audience.message, audience.recipients)
    assert [each.outcome for each in results] == [outcome, Outcome.LATER, Outcome.SKIPPED]


@pytest.mark.usefixtures("template")
def test_a_connection_closed_between_two_mails_loses_none(audience: Audience, mailbox: Mailbox) -> None:
    mailbox.replies_to_mail += ["250 OK", "drop"]
    results = _channel(audience, mailbox).send(audience.message, audience.recipients)
    assert [each.outcome for each in results] == OUTCOMES
    assert [each.rcpt_tos for each in mailbox.taken] == [["Ada@Example.org"], ["bob@example.org"]]
    assert mailbox.connections == 2


@pytest.mark.usefixtures("template")
def test_a_server_that_closes_every_connection_is_left_for_later(audience: Audience, mailbox: Mailbox) -> None:
    mailbox.replies_to_mail += ["drop"] * 9
    results = _channel(audience, mailbox).send(audience.message, audience.recipients)
    assert [each.outcome for each in results] == [Outcome.LATER, Outcome.LATER, Outcome.SKIPPED]
    assert (mailbox.taken, mailbox.connections) == ([], 2)


NAMES = ["Shop, Inc.", "Shop; Co", "a: b", "x@y", "[shop]", 'The "best" shop', "back\\slash", "Büro, Köln", "Shop (EU)"]


@pytest.mark.usefixtures("template")
def test_connecting_and_sending_twice_share_one_deadline(
    audience: Audience, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that only what the backend does moves on: four seconds each time."""
    now, left = [0.0], list[float]()
    monkeypatch.setattr(outgoing, "time", SimpleNamespace(monotonic=lambda: now[0]))
    channel = _channel(audience, mailbox, timeout_seconds=20)
    backend = channel.backends[0]

    def slowly(work: Any) -> Any:
        def do(*arguments: Any) -> Any:
            left.append(seconds_left())
            now[0] += 4.0
            return work(*arguments)

        return do

    monkeypatch.setattr(backend, "open", slowly(backend.open))
    monkeypatch.setattr(backend, "send_messages", slowly(lambda _: 1 // 0))
    monkeypatch.setattr("campaigns.delivery.channels.email._is_unsent", lambda *_: True)
    results = channel.send(audience.message, audience.recipients[:1])
    assert [each.outcome for each in results] == [Outcome.LATER]
    assert left == [20.0, 16.0, 12.0, 8.0]


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_any_characters_arrives_unchanged(audience: Audience, mailbox: Mailbox, name: str) -> None:
    channel = _channel(audience, mailbox, from_address=f"{name} <shop@example.org>", reply_to=f"{name} <a@example.org>")
    results = channel.send(audience.message, audience.recipients[:1])
    assert [each.outcome for each in results] == [Outcome.SENT]
    (mail,) = _read(mailbox)
    for header, address in (("From", "shop@example.org"), ("Reply-To", "a@example.org")):
        (found,) = mail[header].addresses
        assert (found.display_name, found.addr_spec) == (name, address)
    assert mailbox.taken[0].mail_from == "shop@example.org"


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize("name", NAMES)
def test_a_mail_service_gets_the_name_of_the_sender(audience: Audience, world: World, name: str) -> None:
    channel = _postmark(audience, world.url, from_address=f"{name} <shop@example.org>")
    world.will(200, body=b'{"ErrorCode": 0, "Message": "OK", "To": "x@example.org", "MessageID": "pm-1"}')
    assert [each.outcome for each in channel.send(audience.message, audience.recipients[:1])] == [Outcome.SENT]
    message = email.message_from_string(f"From: {world.got[0].document['From']}\n\n", policy=default)
    assert message["From"].addresses[0].display_name == name


@pytest.mark.usefixtures("template")
def test_a_domain_in_any_script_is_encoded(audience: Audience, mailbox: Mailbox) -> None:
    channel = _channel(audience, mailbox, from_address="Büro <shop@bücher.example>")
    (result,) = channel.send(audience.message, audience.recipients[:1])
    assert result.reference.endswith("@xn--bcher-kva.example>")
    assert mailbox.taken[0].mail_from == "shop@xn--bcher-kva.example"


def test_a_template_that_fails_for_one_recipient_fails_only_that_one(audience: Audience, mailbox: Mailbox) -> None:
    text = "{{ message.offers | truncate: customer.first_name }}"
    MessageTemplate.objects.create(organization=audience.organization, key="welcome", subject="Hi", text=text)
    ada, bob = audience.recipients[:2]
    even = replace(bob, attributes={**bob.attributes, "first_name": 7})
    results = _channel(audience, mailbox).send(audience.message, [ada, even])
    assert [each.outcome for each in results] == [Outcome.FAILED, Outcome.SENT]
    assert results[0].error == "The message can't be made: Line 1: truncate expected an integer, found str."


def test_a_recipient_whose_mail_would_be_too_large_fails_alone(audience: Audience, mailbox: Mailbox) -> None:
    text = "{{ customer.first_name }}" * 2_000
    MessageTemplate.objects.create(organization=audience.organization, key="welcome", subject="Hi", text=text)
    ada, bob = audience.recipients[:2]
    large = replace(ada, attributes={**ada.attributes, "first_name": "x" * 4_096})
    results = _channel(audience, mailbox).send(audience.message, [large, bob])
    assert [each.outcome for each in results] == [Outcome.FAILED, Outcome.SENT]
    assert results[0].error == "The message can't be made: The message has more than 1000000 bytes."


@pytest.mark.usefixtures("template")
def test_an_unreachable_mail_server_leaves_everybody_for_later(audience: Audience, mailbox: Mailbox) -> None:
    channel = _channel(audience, mailbox)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = channel.backends[0].port = free.getsockname()[1]
    results = channel.send(audience.message, audience.recipients)
    assert [each.outcome for each in results] == [Outcome.LATER, Outcome.LATER, Outcome.SKIPPED]
    assert {each.error for each in results[:2]} == {f"127.0.0.1:{port} refuses connections"}


@pytest.mark.usefixtures("template")
def test_the_mail_server_of_the_settings_is_the_default(audience: Audience, mailoutbox: list[Any]) -> None:
    results = _channel(audience, concurrency=1).send(audience.message, audience.recipients)
    assert [each.outcome for each in results] == OUTCOMES
    assert [mail.to for mail in mailoutbox] == [["Ada@Example.org"], ["bob@example.org"]]


def test_an_email_needs_a_template(audience: Audience) -> None:
    audience.destination("email", settings={"from_address": SENDER})
    with pytest.raises(DeliveryFailedError, match=r"^The creative has no template_id\.$"):
        channel_for(audience.says(ad_type="email_message", template_id=None))


def _postmark(audience: Audience, url: str, **more: Any) -> Any:
    settings = {"from_address": SENDER, "provider": "postmark", "provider_url": url, "concurrency": 1, **more}
    audience.destination("email", settings=settings, secrets={"api_key": "token"})
    return channel_for(audience.says(ad_type="email_message"))


@pytest.mark.usefixtures("template")
def test_a_mail_service_sends_mails(audience: Audience, world: World) -> None:
    taken = b'{"ErrorCode": 0, "Message": "OK", "To": "x@example.org", "MessageID": "pm-1"}'
    world.will(200, body=taken)
    bounced = "Found inactive addresses: bob@example.org. Inactive recipients are those that bounced."
    world.will(422, body=orjson.dumps({"ErrorCode": 406, "Message": bounced}))
    results = _postmark(audience, world.url + "/").send(audience.message, audience.recipients)
    assert [(each.outcome, each.reference) for each in results] == [
        (Outcome.SENT, "pm-1"),
        *((Outcome.FAILED, ""), (Outcome.SKIPPED, "")),
    ]
    assert world.got[0].headers["x-postmark-server-token"] == "token"
    sent = world.got[0].document
    assert (sent["To"], sent["Subject"]) == ("Ada@Example.org", "Hallo Ada : ten-off, coffee")
    assert {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"} in sent["Headers"]


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize(
    ("status", "outcomes"), [(429, [Outcome.LATER, Outcome.LATER]), (500, [Outcome.UNKNOWN, Outcome.UNKNOWN])]
)
def test_statuses_of_a_mail_service_decide_the_outcome(
    audience: Audience, world: World, status: int, outcomes: list[Outcome]
) -> None:
    world.will(status, status, retry_after="31536000")
    results = _postmark(audience, world.url + "/").send(audience.message, audience.recipients)
    assert [each.outcome for each in results[:2]] == outcomes
    assert results[0].retry_after == 3600
    # After "too many" the others aren't tried.
    assert len(world.got) == (1 if status == 429 else 2)


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_a_mail_service_key_follows_no_redirect(
    audience: Audience, world: World, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    """No redirect is followed, and no proxy is picked up from the environment."""
    with http_world() as elsewhere:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, elsewhere.url)
        world.will(302, 307, location=elsewhere.url, body=b"what stands here is nobody's to read")
        results = _postmark(audience, world.url + "/", provider=provider).send(
            audience.message, audience.recipients[:2]
        )
    assert [each.outcome for each in results] == [Outcome.FAILED] * 2
    assert (len(world.got), elsewhere.got) == (2, [])
    assert results[0].error.endswith("HTTP 302 Found")


@pytest.mark.usefixtures("template")
@pytest.mark.parametrize(
    "said",
    [b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnone", b"Content-Length: 100\r\n\r\n{", b"\r\n[]", b"\r\n"],
)
def test_a_mail_that_a_service_accepted_is_sent(audience: Audience, said: bytes) -> None:
    with raw_world(b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + said) as world:
        results = _postmark(audience, world.url).send(audience.message, audience.recipients[:2])
    assert [(each.outcome, each.reference) for each in results] == [
        (Outcome.SENT, f"<{each.key}@example.org>") for each in audience.recipients[:2]
    ]


@pytest.mark.usefixtures("template")
def test_a_mail_service_has_one_deadline(audience: Audience) -> None:
    with raw_world(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n") as world:
        results = _postmark(audience, world.url, timeout_seconds=1).send(audience.message, audience.recipients)
        assert world.hung_up.wait(10)
    assert [each.outcome for each in results] == [Outcome.UNKNOWN, Outcome.LATER, Outcome.SKIPPED]


@pytest.mark.usefixtures("template")
def test_an_unreachable_mail_service_leaves_everybody_for_later(audience: Audience) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    results = _postmark(audience, url).send(audience.message, audience.recipients)
    assert [each.outcome for each in results] == [Outcome.LATER, Outcome.LATER, Outcome.SKIPPED]


@pytest.fixture
def customer(db: None) -> Customer:  # noqa: ARG001
    """Somebody who gets mail."""
    return Customer.objects.get(pk=make_audience().recipients[0].customer_id)


def _path(customer: Customer) -> str:
    return re.sub(r"^https?://[^/]+", "", unsubscribe_url(customer.organization_id, customer.uuid))


def test_getting_the_unsubscribe_page_changes_nothing(client: Client, customer: Customer) -> None:
    page = client.get(_path(customer))
    assert (page.status_code, client.head(_path(customer)).status_code) == (200, 200)
    assert '<form method="post">' in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    customer.refresh_from_db()
    assert customer.email_consent


@pytest.mark.parametrize("times", [1, 2])
def test_one_click_takes_consent_away(customer: Customer, times: int) -> None:
    """Without cookies or a CSRF token, as mail programs send it; twice is once."""
    client = Client(enforce_csrf_checks=True)
    for _ in range(times):
        answer = client.post(
            _path(customer), "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
        )
        assert (answer.status_code, "You are unsubscribed" in answer.content.decode()) == (200, True)
    customer.refresh_from_db()
    assert (customer.email_consent, customer.push_consent, customer.consent) == (False, True, True)


def test_who_was_merged_is_unsubscribed_too(client: Client, customer: Customer) -> None:
    anonymous = make_anonymous(customer.organization)
    path = _path(anonymous)
    identify(organization=customer.organization, anonymous=anonymous, customer_id=str(customer.external_id))
    assert client.post(path).status_code == 200
    customer.refresh_from_db()
    assert not customer.email_consent


def test_a_forged_token_is_not_found(client: Client, customer: Customer) -> None:
    token = _path(customer).rpartition("/")[2]
    other = f"{make_organization().pk}-{customer.uuid.hex}"
    forged = [token[:-1], token + "x", "x", other + "." + token.partition(".")[2], Signer(sep=".").sign(other)]
    for each in forged:
        assert client.post(f"/unsubscribe/{each}").status_code == 404
    # Well signed, but of another organization's or of nobody's: there is nobody to unsubscribe.
    for whose in ((make_organization().pk, customer.uuid), (customer.organization_id, uuid.uuid4())):
        client.post(re.sub(r"^https?://[^/]+", "", unsubscribe_url(*whose)))
    customer.refresh_from_db()
    assert customer.email_consent
    assert read_token(token) is not None
