"""`push_message`: a notification for all of a recipient's devices, given to a push gateway.

The gateway is the organization's own small service in front of FCM, APNs or whoever else: it holds their credentials,
splits by `platform`, and takes a recipient's key once. `message` is as FCM's HTTP v1 API writes it, without a token.
"""

from collections.abc import Sequence

from campaigns.delivery.channels.base import (
    ChannelDeclaration,
    ClaimedRecipient,
    DeliveryFailedError,
    Message,
    Outcome,
    Result,
    Wanted,
    always,
)
from campaigns.delivery.channels.destination_tests import describe_success, made_up_recipient
from campaigns.delivery.channels.failure_messages import describe_unrenderable
from campaigns.delivery.channels.signing import SignedPost, person
from campaigns.delivery.rendering import fill_in, template_of
from campaigns.delivery.templates import CompiledTemplate
from campaigns.models import Destination
from campaigns.models.ad_type import CreativeType
from campaigns.models.destination_kind import SIGNED_SECRETS, SIGNED_SETTINGS, DestinationKind


class PushChannel:
    """One request a recipient, with every token of theirs."""

    deduplicates = True

    def __init__(self, destination: Destination, message: Message, post: SignedPost | None = None) -> None:
        self.destination = destination.name
        self.rate: float | None = destination.rate_per_second
        self.attributes = destination.attributes
        self.template = template_of(message) if message.template_id else None
        if self.template is None and not message.portal_description:
            sentence = "The creative has neither a template_id nor a portal_description: there is nothing to say."
            raise DeliveryFailedError(sentence, is_lasting=True)
        self.post = post or SignedPost.to(destination)
        self.batch_size = self.post.batch_size

    def send(self, message: Message, recipients: Sequence[ClaimedRecipient], wanted: Wanted = always) -> list[Result]:
        """Post to each who has a device."""
        settled, documents = [], []
        for recipient in recipients:
            if not recipient.push_tokens:
                settled.append(Result(recipient.key, Outcome.SKIPPED, error="No push token."))
                continue
            try:
                documents.append((recipient.key, self._document(message, recipient)))
            except Exception as error:  # noqa: BLE001 - a filter that this one's attributes break
                settled.append(Result(recipient.key, Outcome.FAILED, error=describe_unrenderable(error)))
        return settled + self.post.post_each(documents, wanted)

    def _document(self, message: Message, recipient: ClaimedRecipient) -> dict[str, object]:
        title, body = _words(self.template, message, recipient)
        data = {"campaign_id": str(message.campaign_id), "creative_id": str(message.creative_id)}
        return {
            "type": "push",
            "recipient": person(recipient, self.attributes),
            "tokens": [{"platform": platform, "token": token} for platform, token in recipient.push_tokens],
            "message": {
                "notification": {"title": title, "body": body},
                # FCM takes texts only.
                "data": data | {"offer_ids": ";".join(message.offer_ids)},
            },
        }


def _words(template: CompiledTemplate | None, message: Message, recipient: ClaimedRecipient) -> tuple[str, str]:
    """Title and body: the template's, or else no title and the creative's description; never names of ours."""
    if template is None:
        return "", message.portal_description or ""
    rendered = fill_in(template, message, recipient)
    return rendered.subject, rendered.text.strip()


def _test(destination: Destination, message: Message, _to: str) -> str:
    channel = PushChannel(destination, message)
    channel.post.exchange.attempts = 1
    recipient = made_up_recipient(message, push_tokens=(("test", str(message.delivery_key)),))
    return describe_success(channel.send(message, [recipient]), "A message was taken.")


CHANNEL = ChannelDeclaration(
    kind=DestinationKind(name="push", label="Push gateway", members=SIGNED_SETTINGS, secrets=SIGNED_SECRETS),
    serves=(CreativeType.MESSAGING_PLATFORM_PUSH,),
    consent="push_consent",
    make=PushChannel,
    test=_test,
)
