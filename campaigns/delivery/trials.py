"""One real message, or one real upload, to a destination: what an operator asks for before an audience depends on it.

It takes the way that all others take, with a recipient who is made up. In the vendors' systems it leaves a list of one
line, or one person whom nobody matches.
"""

import copy
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from campaigns.delivery.channels.airship import AirshipExport
from campaigns.delivery.channels.audience_file import staged_text
from campaigns.delivery.channels.base import ClaimedRecipient, DeliveryFailedError, Message, Outcome, Result
from campaigns.delivery.channels.cheetah import CheetahExport
from campaigns.delivery.channels.email import EmailChannel
from campaigns.delivery.channels.facebook import FacebookExport
from campaigns.delivery.channels.failure_messages import one_line
from campaigns.delivery.channels.file import FileExport, S3Export, remove_file
from campaigns.delivery.channels.push import PushChannel
from campaigns.delivery.channels.webhook import WebhookChannel
from campaigns.delivery.templates import compile_template
from campaigns.models import Destination
from campaigns.models.destination_kind import SHAPES, DestinationKind
from campaigns.models.message_template import TemplateLanguage

NAME = "Test"
TEXT = "This is a test of the destination {{ message.creative }}. Nobody else got it."
# Somebody waits for it in front of a page.
LONGEST_SECONDS = 10
Trial = Callable[[Destination, Message, str], str]


def try_out(destination: Destination, *, to: str) -> str:
    """Send one message (an email: `to`) or upload; what was done. DeliveryFailedError says why it could not be."""
    patient = copy.copy(destination)
    bounds = {"timeout_seconds": LONGEST_SECONDS, "concurrency": 1}
    patient.settings = {
        **destination.settings,
        **{
            name: min(most, destination.option(name))
            for name, most in bounds.items()
            if name in SHAPES[destination.kind].members
        },
    }
    return TRIALS[destination.kind](patient, _message(destination), to)


def _message(destination: Destination) -> Message:
    return Message(
        organization_id=destination.organization_id,
        application_id=0,
        campaign_id=0,
        campaign_name=NAME,
        creative_id=0,
        creative_name=destination.name,
        ad_type="",
        creative_type="",
        template_id=None,
        offer_ids=(),
        portal_description=NAME,
        portal_icon=None,
        second_sn_audience_guid=None,
        delivery_id=0,
        delivery_key=uuid.uuid4(),
        scheduled_for=timezone.now(),
    )


def _somebody(message: Message, **values: Any) -> ClaimedRecipient:
    key = message.delivery_key or uuid.uuid4()
    return ClaimedRecipient(key=key, customer_id=0, customer_uuid=key, external_id=f"test-{key}", **values)


def _told(results: list[Result], done: str) -> str:
    (result,) = results
    if result.outcome is not Outcome.SENT:
        raise DeliveryFailedError(result.error)
    return f"{done} ({result.reference})" if result.reference else done


def _email(destination: Destination, message: Message, to: str) -> str:
    channel = EmailChannel(
        destination, compile_template(language=TemplateLanguage.LIQUID, subject=NAME, text=TEXT, html="")
    )
    person = _somebody(message, attributes={channel.address_attribute: to})
    return _told(channel.send(message, [person]), f"A mail went to {to}.")


def _webhook(destination: Destination, message: Message, _to: str) -> str:
    channel = WebhookChannel(destination)
    channel.post.exchange.attempts = 1
    return _told(channel.send(message, [_somebody(message)]), "A message was taken.")


def _push(destination: Destination, message: Message, _to: str) -> str:
    channel = PushChannel(destination, message)
    channel.post.exchange.attempts = 1
    person = _somebody(message, push_tokens=((NAME.lower(), str(message.delivery_key)),))
    return _told(channel.send(message, [person]), "A message was taken.")


def _file(destination: Destination, message: Message, _to: str) -> str:
    name = f"{message.organization_id}/test-{message.delivery_key}.csv"
    export = S3Export(destination) if destination.kind == DestinationKind.S3 else FileExport(destination)
    try:
        with staged_text("external_id\n", Path(settings.EXPORT_ROOT)) as file:
            export.publish(name, file)
        if not isinstance(export, S3Export):
            remove_file(name)
    except OSError as error:
        raise DeliveryFailedError(f"The file can't be written: {one_line(error)}") from error
    return f"A file was written: {export.url(name) or name}"


def _airship(destination: Destination, message: Message, _to: str) -> str:
    export = AirshipExport(destination)
    export.exchange.attempts = 1
    line = f"{export.identifier_type},test-{message.delivery_key}\n"
    with staged_text(line, Path(settings.EXPORT_ROOT)) as file:
        export.upload(message, "campaigns-test", file)
    return "The list campaigns-test was written."


def _cheetah(destination: Destination, message: Message, _to: str) -> str:
    export = CheetahExport(destination)
    export.exchange.attempts = 1
    with staged_text(f"external_id\ntest-{message.delivery_key}\n", Path(settings.EXPORT_ROOT)) as file:
        export.upload(message, file)
    return "A file was taken."


def _facebook(destination: Destination, message: Message, _to: str) -> str:
    export = FacebookExport(destination)
    export.exchange.attempts = 1
    export.upload(
        message, [_somebody(message, attributes=dict.fromkeys(export.columns.values(), str(message.delivery_key)))]
    )
    return "One person was taken, whom nobody matches."


TRIALS: Mapping[str, Trial] = {
    DestinationKind.EMAIL: _email,
    DestinationKind.WEBHOOK: _webhook,
    DestinationKind.PUSH: _push,
    DestinationKind.FILE: _file,
    DestinationKind.S3: _file,
    DestinationKind.AIRSHIP: _airship,
    DestinationKind.CHEETAH: _cheetah,
    DestinationKind.FACEBOOK: _facebook,
}
