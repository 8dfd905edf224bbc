"""The ways out: which one a message takes, by its `creative_type`, and to which destination of its organization.

A new way out is a file that declares itself, and a line of WAYS_OUT.
"""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from django.db.models import Q

from campaigns.delivery.channels import airship, cheetah, email, facebook, file, push, s3, webhook
from campaigns.delivery.channels.base import (
    AudienceExport,
    Channel,
    ChannelDeclaration,
    Declaration,
    DeliveryFailedError,
    ExportDeclaration,
    Message,
)
from campaigns.delivery.defaults import find_default_destination
from campaigns.models import Destination
from campaigns.models.destination_kind import KINDS
from customers.errors import DomainError

Way = TypeVar("Way")
WAYS_OUT: tuple[ChannelDeclaration | ExportDeclaration, ...] = (
    file.EXPORT,
    s3.EXPORT,
    airship.EXPORT,
    cheetah.EXPORT,
    facebook.EXPORT,
    email.CHANNEL,
    push.CHANNEL,
    webhook.CHANNEL,
)
# By the name of their kind.
DECLARATIONS: dict[str, Declaration] = {}
# By creative type: what makes the channel or the export of a message, and the consent it needs beside the general one.
CHANNELS: dict[str, Callable[[Message], Channel]] = {}
EXPORTS: dict[str, Callable[[Message], AudienceExport]] = {}
CONSENTS: dict[str, str] = {}


def register(declared: ChannelDeclaration | ExportDeclaration) -> None:
    """Make a way out known: to messages, to who saves and tests destinations, and to audiences."""
    KINDS[declared.kind.name] = declared.kind
    DECLARATIONS[declared.kind.name] = declared
    for creative_type in declared.serves:
        if isinstance(declared, ChannelDeclaration):
            CHANNELS[creative_type] = partial(_channel, declared)
        else:
            EXPORTS[creative_type] = partial(_export, declared)
        if declared.consent is not None:
            CONSENTS[creative_type] = declared.consent


def creatives_of(kind: str) -> Q:
    """The creatives whose messages go to destinations of a kind."""
    return Q(creative_type__in=DECLARATIONS[kind].serves)


def channel_for(message: Message) -> Channel:
    """The channel of a message; DeliveryFailedError where none is set up."""
    return _made(CHANNELS, message)


def export_for(message: Message) -> AudienceExport:
    """The export of a message; DeliveryFailedError where none is set up."""
    return _made(EXPORTS, message)


def _made(makers: dict[str, Callable[[Message], Way]], message: Message) -> Way:
    maker = makers.get(message.creative_type)
    if maker is None:
        raise DeliveryFailedError(f"Nothing delivers {message.ad_type}.", is_lasting=True)
    try:
        return maker(message)
    except DomainError as error:
        raise DeliveryFailedError(error.message, is_lasting=True) from error


def _channel(declared: ChannelDeclaration, message: Message) -> Channel:
    return declared.make(_destination(declared, message), message)


def _export(declared: ExportDeclaration, message: Message) -> AudienceExport:
    if declared.make_default is None:
        return declared.make(_destination(declared, message))
    found = _default(declared, message)
    return declared.make_default() if found is None else declared.make(found)


def _default(declared: Declaration, message: Message) -> Destination | None:
    return find_default_destination(organization_id=message.organization_id, kind=declared.kind.name)


def _destination(declared: Declaration, message: Message) -> Destination:
    """The default of the kind; DeliveryFailedError where the organization has none."""
    found = _default(declared, message)
    if found is None:
        told = f"The organization has no default destination of kind {declared.kind.name}."
        raise DeliveryFailedError(told, is_lasting=True)
    return found


for _each in WAYS_OUT:
    register(_each)
