"""What a page asks for and is shown (contract 3, Banners and Popups; contract 4, section C "sync-page")."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from funnels.api.serializers.fields import Flag
from traces.wire.fields import CustomerIdField, IdentifierField, RawField, TextField
from traces.wire.members import RequestBody, without_namespace

MAXIMUM_LOCATION = 2048
MAXIMUM_PLACEHOLDERS = 50


@extend_schema_field(
    {
        "type": "array",
        "maxItems": MAXIMUM_PLACEHOLDERS,
        "items": {"type": "object", "properties": {"placeholder": {"type": "string"}}},
    }
)
class Placeholders(RawField):
    """A list of maps with the name of a placeholder; returns the names in their order."""

    default_error_messages = {
        "list": "A list of maps with the name of a placeholder is expected.",
        "long": "At most {maximum} placeholders are expected.",
    }

    def to_internal_value(self, data: object) -> list[str]:
        """The names, or an error."""
        if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
            self.fail("list")
        if len(data) > MAXIMUM_PLACEHOLDERS:
            self.fail("long", maximum=MAXIMUM_PLACEHOLDERS)
        names: list[str] = []
        for item in data:
            name = item.get("placeholder", item.get("name", item.get("placeholder/name")))
            if name is None:
                members = {without_namespace(key): value for key, value in item.items()}
                name = members.get("placeholder", members.get("name"))
            if not isinstance(name, str) or not name:
                self.fail("list")
            names.append(name)
        return names


class SyncPageIn(RequestBody):
    """The body: what a page asks for."""

    app_token = IdentifierField()
    customer_id = CustomerIdField(required=False, allow_null=True, default=None)
    trail_id = IdentifierField()
    sync_popups = Flag(required=False, allow_null=True, default=False)
    page_location = TextField(required=False, allow_null=True, default="", maximum=MAXIMUM_LOCATION)
    placeholders = Placeholders(required=False, allow_null=True, default=list)


class FunnelOut(serializers.Serializer[object]):
    """How a campaign's funnel is opened."""

    style = serializers.CharField()  # type: ignore[assignment]  # a member of this name, not the field's own style
    allow_dismiss = serializers.BooleanField()
    landing_page = serializers.BooleanField()
    always_use_landing = serializers.BooleanField()
    show_progress_bar = serializers.BooleanField()
    new_widow = serializers.BooleanField()
    new_window = serializers.BooleanField()


class BannerOut(serializers.Serializer[object]):
    """A banner: an image link or HTML."""

    tracking_token = serializers.UUIDField()
    campaign = serializers.IntegerField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    link = serializers.CharField(required=False)
    html_content = serializers.CharField(required=False)


class BannerDetailOut(serializers.Serializer[object]):
    """A banner and the funnel behind it."""

    banner = BannerOut()
    funnel = FunnelOut()


class PlaceholderOut(serializers.Serializer[object]):
    """A placeholder that has banners."""

    index = serializers.IntegerField()
    customer_id = serializers.CharField()
    banners_list = BannerDetailOut(many=True)
    is_popup = serializers.BooleanField()
    popup_timeout = serializers.IntegerField()
    popup_show_close = serializers.BooleanField()
    transition_time = serializers.IntegerField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class PopupOut(serializers.Serializer[object]):
    """A popup; an empty map where the page has none."""

    tracking_token = serializers.UUIDField(required=False)
    campaign = serializers.IntegerField(required=False)
    show_close = serializers.BooleanField(required=False)
    funnel = FunnelOut(required=False)


class SyncPageOut(serializers.Serializer[object]):
    """The answer: what the page shows."""

    customer_id = serializers.CharField()
    popup = PopupOut()
    placeholders = PlaceholderOut(many=True)
