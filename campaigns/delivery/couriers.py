"""Which way a message goes out, by its `ad_type` and `creative_type`, and to which destination of its organization."""

from collections.abc import Callable, Mapping

from campaigns.delivery.airship import AirshipExport
from campaigns.delivery.channel import AudienceExport, Courier, CourierMaker, DeliveryFailedError, Message
from campaigns.delivery.cheetah import CheetahExport
from campaigns.delivery.email import EmailChannel
from campaigns.delivery.facebook import FacebookExport
from campaigns.delivery.file_export import FileExport, S3Export
from campaigns.delivery.push import PushChannel
from campaigns.delivery.webhook import WebhookChannel
from campaigns.delivery.wording import template_of
from campaigns.models import Destination
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.models.destination_kind import DestinationKind
from campaigns.queries.destinations import find_default_destination
from customers.errors import DomainError

EXPORTERS: Mapping[str, tuple[DestinationKind, Callable[[Destination], AudienceExport]]] = {
    CreativeType.AUDIENCE_EXPORT_S3: (DestinationKind.S3, S3Export),
    CreativeType.AUDIENCE_EXPORT_AIRSHIP: (DestinationKind.AIRSHIP, AirshipExport),
    CreativeType.AUDIENCE_EXPORT_CHEETAH: (DestinationKind.CHEETAH, CheetahExport),
    CreativeType.AUDIENCE_EXPORT_FACEBOOK: (DestinationKind.FACEBOOK, FacebookExport),
}


def _destination(message: Message, kind: DestinationKind) -> Destination:
    """The default of a kind; DeliveryFailedError where the organization has none."""
    found = find_default_destination(organization_id=message.organization_id, kind=kind)
    if found is None:
        raise DeliveryFailedError(f"The organization has no default destination of kind {kind}.", is_lasting=True)
    return found


def _file(message: Message) -> Courier:
    """A file needs no destination; one says which attributes stand in it."""
    return FileExport(find_default_destination(organization_id=message.organization_id, kind=DestinationKind.FILE))


def _export(message: Message) -> Courier:
    kind, make = EXPORTERS[message.creative_type]
    return make(_destination(message, kind))


# By AdType; a maker looks at the message and at the destinations of its organization.
MAKERS: dict[str, CourierMaker] = {
    AdType.ISSUE_AUDIENCE_CSV: _file,
    AdType.AUDIENCE_EXPORT: _export,
    AdType.EMAIL_MESSAGE: lambda message: EmailChannel(
        _destination(message, DestinationKind.EMAIL), template_of(message)
    ),
    AdType.PUSH_MESSAGE: lambda message: PushChannel(_destination(message, DestinationKind.PUSH), message),
    AdType.MESSAGING_PLATFORM: lambda message: WebhookChannel(_destination(message, DestinationKind.WEBHOOK)),
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
