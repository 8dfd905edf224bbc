"""Webhooks and push gateways: what is sent, how it is signed, and what becomes of it."""

import base64
import hashlib
import hmac
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from campaigns.delivery.channels.base import DeliveryFailedError, Outcome
from campaigns.delivery.channels.registry import channel_for, export_for
from campaigns.delivery.channels.signing import signer_of
from campaigns.delivery.messages import get_message
from campaigns.models import AdUnit, MessageTemplate
from campaigns.models.ad_type import CreativeType
from tests.campaigns.delivery.audience import Audience
from tests.campaigns.delivery.servers import DROP, Got, World

SECRET = "whsec_" + base64.b64encode(b"a key of some thirty-two octets!").decode()
NOW = 1_700_000_000
TOKENS = (("ios", "token-1"), ("android", "token-2"))
Channels = Callable[..., Any]


@pytest.fixture
def channel(audience: Audience, world: World) -> Channels:
    """What makes a channel to the world."""

    def make(kind: str, ad_type: str, *, url: str = world.url + "/in?", **message: Any) -> Any:
        settings = {"url": url.rstrip("?"), "concurrency": 1}
        secrets = {"signing_secret": SECRET}
        audience.destination(kind, settings=settings, secrets=secrets, attributes=["state"], rate_per_second=50)
        made: Any = channel_for(audience.says(ad_type=ad_type, **message))
        made.post.clock = lambda: NOW + 0.7
        made.post.exchange.sleep = lambda _: None
        return made

    return make


def _is_signed(got: Got) -> bool:
    """As a receiver checks it, from the documentation alone."""
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    digest = hmac.new(b"a key of some thirty-two octets!", signed, hashlib.sha256).digest()
    return got.headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()


def test_the_sample_of_the_documentation_verifies() -> None:
    signer = signer_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    sent_at = datetime.fromtimestamp(1614265330, UTC)
    signature = signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", sent_at, '{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_without_the_prefix_is_used_as_it_is() -> None:
    signature = signer_of("plain text").sign("id", datetime.fromtimestamp(NOW, UTC), "body")
    digest = hmac.new(b"plain text", f"id.{NOW}.body".encode(), hashlib.sha256).digest()
    assert signature == "v1," + base64.b64encode(digest).decode()
    with pytest.raises(DeliveryFailedError):
        signer_of("whsec_?")


def test_a_webhook_is_signed_and_has_its_key(audience: Audience, world: World, channel: Channels) -> None:
    world.will(500)
    world.will(200, 200, body=b'{"reference": 42}')
    webhook = channel("webhook", "messaging_platform")
    results = webhook.send(audience.message, audience.recipients)
    assert [(each.key, each.outcome) for each in results] == [(one.key, Outcome.SENT) for one in audience.recipients]
    assert [each.reference for each in results] == ["42", "42", ""]
    first, again, *_ = world.got
    # The same key and the same body, whatever the attempt.
    assert (first.headers["webhook-id"], first.body) == (again.headers["webhook-id"], again.body)
    assert again.headers["idempotency-key"] == again.headers["webhook-id"] == str(audience.recipients[0].key)
    assert (again.headers["webhook-timestamp"], again.headers["content-type"]) == (str(NOW), "application/json")
    assert (again.method, again.path) == ("POST", "/in")
    assert all(map(_is_signed, world.got))
    assert (webhook.deduplicates, webhook.rate, webhook.batch_size) == (True, 50, 50)
    assert world.connections == 1


def test_a_webhook_has_the_documented_body(audience: Audience, world: World, channel: Channels) -> None:
    ada = audience.recipients[0]
    channel("webhook", "messaging_platform").send(audience.message, [ada])
    assert world.got[0].document == {
        "type": "message",
        "recipient": {
            "key": str(ada.key),
            "user_id": str(ada.customer_uuid),
            "external_id": ada.external_id,
            "attributes": {"state": "NY"},
        },
        "message": {
            "campaign_id": audience.message.campaign_id,
            "campaign_name": "Spring",
            "creative_id": audience.message.creative_id,
            "creative_name": "Hello",
            "template_id": "welcome",
            "offer_ids": ["ten-off", "coffee"],
            "portal_description": "Check out this ad!",
            "portal_icon": "/images/icon.png",
        },
    }


def test_answers_decide_the_outcome_of_each_recipient(audience: Audience, world: World, channel: Channels) -> None:
    world.will(410, DROP, DROP, body=b"gone")
    results = channel("webhook", "messaging_platform").send(audience.message, audience.recipients)
    # The third is not even tried: nobody answers at the moment.
    assert [each.outcome for each in results] == [Outcome.FAILED, Outcome.UNKNOWN, Outcome.LATER]
    assert results[0].error == "HTTP 410 Gone"
    assert len(world.got) == 3


def test_recipients_are_left_for_later_after_a_stop(audience: Audience, world: World, channel: Channels) -> None:
    webhook = channel("webhook", "messaging_platform")
    results = webhook.send(audience.message, audience.recipients, lambda: not world.got)
    assert [each.outcome for each in results] == [Outcome.SENT, Outcome.LATER, Outcome.LATER]
    assert len(world.got) == 1


def test_retry_after_is_part_of_the_outcome(audience: Audience, world: World, channel: Channels) -> None:
    world.will(429, retry_after="120")
    results = channel("webhook", "messaging_platform").send(audience.message, audience.recipients[:1])
    assert [(each.outcome, each.retry_after) for each in results] == [(Outcome.LATER, 120)]


def test_an_unreachable_receiver_leaves_everybody_for_later(audience: Audience, channel: Channels) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
    results = channel("webhook", "messaging_platform", url=url).send(audience.message, audience.recipients)
    assert {each.outcome for each in results} == {Outcome.LATER}


def test_a_push_message_has_the_documented_body(audience: Audience, world: World, channel: Channels) -> None:
    texts = {"subject": "Hi {{ customer.first_name }}", "text": " {{ message.offers }}\n"}
    MessageTemplate.objects.create(organization=audience.organization, key="welcome", **texts)
    push = channel("push", "push_message")
    ada, bob = replace(audience.recipients[0], push_tokens=TOKENS), audience.recipients[1]
    results = push.send(audience.message, [ada, bob])
    assert {each.key: (each.outcome, each.error) for each in results} == {
        ada.key: (Outcome.SENT, ""),
        bob.key: (Outcome.SKIPPED, "No push token."),
    }
    (got,) = world.got
    assert _is_signed(got)
    assert got.document == {
        "type": "push",
        "recipient": {
            "key": str(ada.key),
            "user_id": str(ada.customer_uuid),
            "external_id": ada.external_id,
            "attributes": {"state": "NY"},
        },
        "tokens": [{"platform": "ios", "token": "token-1"}, {"platform": "android", "token": "token-2"}],
        "message": {
            "notification": {"title": "Hi Ada", "body": "ten-off, coffee"},
            "data": {
                "campaign_id": str(audience.message.campaign_id),
                "creative_id": str(audience.message.creative_id),
                "offer_ids": "ten-off;coffee",
            },
        },
    }


def test_a_push_message_without_a_template_says_the_description_and_no_name_of_ours(
    audience: Audience, world: World, channel: Channels
) -> None:
    message = audience.says(template_id=None)
    channel("push", "push_message", template_id=None).send(
        message, [replace(audience.recipients[0], push_tokens=TOKENS)]
    )
    assert world.got[0].document["message"]["notification"] == {"title": "", "body": "Check out this ad!"}


def test_a_push_message_with_nothing_to_say_fails_for_good(channel: Channels) -> None:
    with pytest.raises(DeliveryFailedError, match="nothing to say") as failed:
        channel("push", "push_message", template_id=None, portal_description=None)
    assert failed.value.is_lasting


def test_the_samples_text_and_icon_are_shown_by_get_and_sent_to_nobody(audience: Audience) -> None:
    creative = AdUnit.objects.get(pk=audience.message.creative_id)
    assert creative.portal_description
    assert creative.portal_icon
    message = get_message(creative_id=creative.pk, delivery=None)
    assert (message.portal_description, message.portal_icon) == (None, None)
    AdUnit.objects.filter(pk=creative.pk).update(portal_description="Ours", portal_icon="/ours.png")
    message = get_message(creative_id=creative.pk, delivery=None)
    assert (message.portal_description, message.portal_icon) == ("Ours", "/ours.png")


@pytest.mark.parametrize("creative_type", [name for name in CreativeType if name != CreativeType.ISSUE_AUDIENCE_CSV])
def test_a_message_without_a_destination_fails_for_good(audience: Audience, creative_type: str) -> None:
    way = channel_for if creative_type.startswith("messaging-") else export_for
    with pytest.raises(DeliveryFailedError) as end:
        way(audience.says(creative_type=creative_type))
    assert end.value.is_lasting


def test_a_missing_or_invalid_template_fails_the_delivery(audience: Audience) -> None:
    audience.destination("push", settings={"url": "http://127.0.0.1/"}, secrets={"signing_secret": "x"})
    with pytest.raises(DeliveryFailedError, match=r"^There is no template 'welcome'\.$"):
        channel_for(audience.says(ad_type="push_message"))
    MessageTemplate.objects.create(organization=audience.organization, key="welcome", text="{% debug %}")
    with pytest.raises(DeliveryFailedError, match=r"^The template 'welcome' can't be used: text: Line 1: unexpected"):
        channel_for(audience.says(ad_type="push_message"))
