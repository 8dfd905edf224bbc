"""Which way a message goes out, by its `ad_type` and `creative_type`, and to which destination of its organization."""

from collections.abc import Callable, Mapping

from django.db.models import Q

from campaigns.delivery.channels.airship import AirshipExport
from campaigns.delivery.channels.base import AudienceExport, Courier, CourierMaker, DeliveryFailedError, Message
from campaigns.delivery.channels.cheetah import CheetahExport
from campaigns.delivery.channels.email import EmailChannel
from campaigns.delivery.channels.facebook import FacebookExport
from campaigns.delivery.channels.file import FileExport, S3Export
from campaigns.delivery.channels.push import PushChannel
from campaigns.delivery.channels.webhook import WebhookChannel
from campaigns.delivery.defaults import find_default_destination
from campaigns.delivery.rendering import template_of
from campaigns.models import Destination
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.models.destination_kind import DestinationKind
from customers.errors import DomainError

EXPORTERS: Mapping[str, tuple[DestinationKind, Callable[[Destination], AudienceExport]]] = {
    CreativeType.AUDIENCE_EXPORT_S3: (DestinationKind.S3, S3Export),
    CreativeType.AUDIENCE_EXPORT_AIRSHIP: (DestinationKind.AIRSHIP, AirshipExport),
    CreativeType.AUDIENCE_EXPORT_CHEETAH: (DestinationKind.CHEETAH, CheetahExport),
    CreativeType.AUDIENCE_EXPORT_FACEBOOK: (DestinationKind.FACEBOOK, FacebookExport),
}


# The others have a kind of their own.
KINDS: Mapping[str, DestinationKind] = {
    AdType.ISSUE_AUDIENCE_CSV: DestinationKind.FILE,
    AdType.EMAIL_MESSAGE: DestinationKind.EMAIL,
    AdType.PUSH_MESSAGE: DestinationKind.PUSH,
    AdType.MESSAGING_PLATFORM: DestinationKind.WEBHOOK,
}


def creatives_of(kind: str) -> Q:
    """The creatives whose messages go to destinations of a kind."""
    exported = [creative_type for creative_type, (of_kind, _) in EXPORTERS.items() if of_kind == kind]
    sent = [ad_type for ad_type, of_kind in KINDS.items() if of_kind == kind]
    return Q(ad_type__in=sent) | Q(ad_type=AdType.AUDIENCE_EXPORT, creative_type__in=exported)


def _destination(message: Message) -> Destination:
    """The default of the message's kind; DeliveryFailedError where the organization has none."""
    kind = KINDS[message.ad_type] if message.ad_type in KINDS else EXPORTERS[message.creative_type][0]
    found = find_default_destination(organization_id=message.organization_id, kind=kind)
    if found is None:
        raise DeliveryFailedError(f"The organization has no default destination of kind {kind}.", is_lasting=True)
    return found


def _file(message: Message) -> Courier:
    """A file needs no destination; one says which attributes stand in it."""
    return FileExport(find_default_destination(organization_id=message.organization_id, kind=KINDS[message.ad_type]))


def _export(message: Message) -> Courier:
    _, make = EXPORTERS[message.creative_type]
    return make(_destination(message))


# By AdType; a maker looks at the message and at the destinations of its organization.
MAKERS: dict[str, CourierMaker] = {
    AdType.ISSUE_AUDIENCE_CSV: _file,
    AdType.AUDIENCE_EXPORT: _export,
    AdType.EMAIL_MESSAGE: lambda message: EmailChannel(_destination(message), template_of(message)),
    AdType.PUSH_MESSAGE: lambda message: PushChannel(_destination(message), message),
    AdType.MESSAGING_PLATFORM: lambda message: WebhookChannel(_destination(message)),
}


def courier_for(message: Message) -> Courier:
    """The way out for a message; DeliveryFailedError where none is set up."""
    maker = MAKERS.get(message.ad_type)
    if maker is None:
        raise DeliveryFailedError(f"Nothing delivers {message.ad_type}.", is_lasting=True)
    try:
        return maker(message)
    except DomainError as error:
        raise DeliveryFailedError(error.message, is_lasting=True) from error
