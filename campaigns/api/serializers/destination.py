"""Destinations and templates on the wire (contract 5, section B)."""

from typing import Any

from rest_framework import serializers

from campaigns.api.fields import Anything, In, Items, Switch, Text, Whole
from campaigns.api.instants import format_instant
from campaigns.models import Destination, MessageTemplate
from campaigns.models.destination_kind import DestinationKind
from campaigns.models.message_template import MAXIMUM_TEMPLATE


class DestinationIn(In):
    """The object `destination`; its kind says which settings and secrets it takes, and stays what it was made as."""

    name = Text()
    kind = Text()
    settings = Anything(required=False)
    secrets = Anything(required=False)
    attributes = Items(child=Text(max_length=63), maximum=100, allow_empty=True, required=False)
    is_default = Switch(required=False)
    rate_per_second = Whole(required=False, allow_null=True, minimum=1)


class DestinationOut(serializers.Serializer[Any]):
    """A destination; of its secrets only the names are told."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=DestinationKind.values)
    is_default = serializers.BooleanField()
    settings = serializers.DictField()
    secrets_set = serializers.ListField(child=serializers.CharField())
    attributes = serializers.ListField(child=serializers.CharField())
    rate_per_second = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, destination: Destination) -> dict[str, Any]:
        """The destination in this dialect's forms."""
        return {
            "id": destination.pk,
            "name": destination.name,
            "kind": destination.kind,
            "is_default": destination.is_default,
            "settings": destination.settings,
            "secrets_set": destination.secrets_set,
            "attributes": destination.attributes,
            "rate_per_second": destination.rate_per_second,
            "created_at": format_instant(destination.created_at),
            "updated_at": format_instant(destination.updated_at),
        }


class TestIn(In):
    """The object `test`: an email goes `to` this address; of other kinds it is left out."""

    to = Text(required=False)


class TestOut(serializers.Serializer[Any]):
    """Whether the other side took it, and what was done or went wrong."""

    ok = serializers.BooleanField()
    detail = serializers.CharField()


class TemplateIn(In):
    """The object `template`: `subject`, `text` and `html` of an email, `title` and `body` of a push message."""

    key = Text()
    subject = Text(required=False, allow_blank=True)
    text = Text(required=False, allow_blank=True, trim_whitespace=False, max_length=MAXIMUM_TEMPLATE)
    html = Text(required=False, allow_blank=True, trim_whitespace=False, max_length=MAXIMUM_TEMPLATE)
    title = Text(required=False, allow_blank=True)
    body = Text(required=False, allow_blank=True, trim_whitespace=False, max_length=MAXIMUM_TEMPLATE)


class TemplateOut(serializers.Serializer[Any]):
    """A template; a push message takes its title from `subject` and its body from `text`."""

    key = serializers.CharField()
    subject = serializers.CharField()
    text = serializers.CharField()
    html = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, template: MessageTemplate) -> dict[str, Any]:
        """The template in this dialect's forms."""
        return {
            "key": template.key,
            "subject": template.subject,
            "text": template.text,
            "html": template.html,
            "title": template.subject,
            "body": template.text,
            "created_at": format_instant(template.created_at),
            "updated_at": format_instant(template.updated_at),
        }
