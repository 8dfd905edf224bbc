"""Destinations and templates on the wire (contract 5, section B)."""

from typing import Any

from rest_framework import serializers

from campaigns.api.fields import (
    AnswerSerializer,
    Anything,
    OneOf,
    StrictBoolean,
    StrictInteger,
    StrictList,
    StrictSerializer,
    StrictString,
)
from campaigns.api.instants import format_instant
from campaigns.models import Destination, MessageTemplate
from campaigns.models.destination_kind import KINDS
from campaigns.models.message_template import MAXIMUM_TEMPLATE, TemplateLanguage


class DestinationIn(StrictSerializer):
    """The object `destination`; its kind says which settings and secrets it takes, and stays what it was made as."""

    name = StrictString()
    kind = StrictString()
    settings = Anything(required=False)
    secrets = Anything(required=False)
    attributes = StrictList(child=StrictString(max_length=63), maximum=100, allow_empty=True, required=False)
    is_default = StrictBoolean(required=False)
    rate_per_second = StrictInteger(required=False, allow_null=True, minimum=1)


class DestinationOut(AnswerSerializer):
    """A destination; of its secrets only the names are told."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=list(KINDS))
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


class TestIn(StrictSerializer):
    """The object `test`: an email goes `to` this address; of other kinds it is left out."""

    to = StrictString(required=False)


class TestOut(AnswerSerializer):
    """Whether the other side took it, and what was done or went wrong."""

    ok = serializers.BooleanField()
    detail = serializers.CharField()


class TemplateIn(StrictSerializer):
    """The object `template`: `subject`, `text` and `html` of an email, `title` and `body` of a push message."""

    key = StrictString()
    language = OneOf(choices=TemplateLanguage.values, required=False)
    subject = StrictString(required=False, allow_blank=True)
    text = StrictString(required=False, allow_blank=True, trim_whitespace=False, max_length=MAXIMUM_TEMPLATE)
    html = StrictString(required=False, allow_blank=True, trim_whitespace=False, max_length=MAXIMUM_TEMPLATE)
    title = StrictString(required=False, allow_blank=True)
    body = StrictString(required=False, allow_blank=True, trim_whitespace=False, max_length=MAXIMUM_TEMPLATE)


class TemplateOut(AnswerSerializer):
    """A template; a push message takes its title from `subject` and its body from `text`."""

    key = serializers.CharField()
    language = serializers.ChoiceField(choices=TemplateLanguage.values)
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
            "language": template.language,
            "subject": template.subject,
            "text": template.text,
            "html": template.html,
            "title": template.subject,
            "body": template.text,
            "created_at": format_instant(template.created_at),
            "updated_at": format_instant(template.updated_at),
        }
