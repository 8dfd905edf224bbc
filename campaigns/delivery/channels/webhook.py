"""`messaging_platform`: each recipient's message as a signed request to a platform of the organization's own."""

from collections.abc import Sequence

from campaigns.delivery.channels.base import ChannelDeclaration, ClaimedRecipient, Message, Result, Wanted, always
from campaigns.delivery.channels.destination_tests import describe_success, made_up_recipient
from campaigns.delivery.channels.signing import SignedPost, person
from campaigns.models import Destination
from campaigns.models.ad_type import CreativeType
from campaigns.models.destination_kind import SIGNED_SECRETS, SIGNED_SETTINGS, DestinationKind


class WebhookChannel:
    """One request a recipient; the body never changes with the attempt, so that it can be told from another one."""

    deduplicates = True

    def __init__(self, destination: Destination, post: SignedPost | None = None) -> None:
        self.destination = destination.name
        self.rate: float | None = destination.rate_per_second
        self.attributes = destination.attributes
        self.post = post or SignedPost.to(destination)
        self.batch_size = self.post.batch_size

    def send(self, message: Message, recipients: Sequence[ClaimedRecipient], wanted: Wanted = always) -> list[Result]:
        """Post to each."""
        told = {
            "campaign_id": message.campaign_id,
            "campaign_name": message.campaign_name,
            "creative_id": message.creative_id,
            "creative_name": message.creative_name,
            "template_id": message.template_id,
            "offer_ids": list(message.offer_ids),
            "portal_description": message.portal_description,
            "portal_icon": message.portal_icon,
        }
        documents = [
            (recipient.key, {"type": "message", "recipient": person(recipient, self.attributes), "message": told})
            for recipient in recipients
        ]
        return self.post.post_each(documents, wanted)


def _test(destination: Destination, message: Message, _to: str) -> str:
    channel = WebhookChannel(destination)
    channel.post.exchange.attempts = 1
    return describe_success(channel.send(message, [made_up_recipient(message)]), "A message was taken.")


CHANNEL = ChannelDeclaration(
    kind=DestinationKind(name="webhook", label="Webhook", members=SIGNED_SETTINGS, secrets=SIGNED_SECRETS),
    serves=(CreativeType.MESSAGING_PLATFORM_EXTERNAL,),
    make=lambda destination, _message: WebhookChannel(destination),
    test=_test,
)
