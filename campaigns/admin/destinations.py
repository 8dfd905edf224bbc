"""Destinations of messages."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from campaigns.delivery.defaults import kinds_with_default
from campaigns.delivery.destination_tests import send_test
from campaigns.delivery.destinations import delete_destination, lock_kind, save_destination
from campaigns.models import Destination
from campaigns.models.destination_kind import KINDS
from customers.admin.choices import OrganizationFilter
from customers.admin.json_fields import StrictDecoder
from customers.admin.service_admin import ServiceAdmin
from customers.admin.service_form import ServiceForm
from customers.errors import DomainError
from customers.models import Organization


class SecretsWidget(forms.Textarea):
    """Secrets can be entered but are never shown: the page only says which are set."""

    def __init__(self) -> None:
        super().__init__(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})
        self.names: list[str] = []

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """An empty text area, whatever is set."""
        given = flatatt({**self.attrs, **(attrs or {}), "name": name})
        told = ", ".join(f"{each}: set" for each in self.names) or "none is set"
        return format_html("<textarea{}></textarea><div>{}</div>", given, told)


class DestinationForm(ServiceForm):
    """Settings are validated by kind when they are saved; secrets are write-only."""

    secrets = forms.JSONField(
        required=False,
        decoder=StrictDecoder,
        widget=SecretsWidget(),
        help_text='Such as {"signing_secret": "…"}: what is named is replaced, null takes it away.',
    )

    class Media:
        js = (forms.Script("campaigns/destination_form.js", defer=True),)

    class Meta:
        model = Destination
        help_texts = {"is_default": "The one that creatives of this kind use; it takes the place of the one that was."}
        fields: Sequence[str] = [
            *("name", "kind", "is_default", "settings", "secrets", "rate_per_second", "attributes"),
        ]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.is_new and "is_default" in self.fields:
            self._offer_to_be_default()
        if "secrets" not in self.fields:
            return
        self.unreadable, kept = "", {}
        try:
            kept = self.instance.secrets
        except DomainError as error:
            self.unreadable = error.message
        widget = self.fields["secrets"].widget
        widget.names = [self.unreadable] if self.unreadable else sorted(kept)

    def _offer_to_be_default(self) -> None:
        """The box is ticked where the kind has no default yet; the page's script does it once a kind is chosen."""
        taken = kinds_with_default(organization_id=self.organization.pk) if self.organization else []
        kind = self.initial.get("kind")
        self.initial["is_default"] = kind in KINDS and kind not in taken
        self.fields["is_default"].widget.attrs["data-taken"] = " ".join(taken)

    def clean_settings(self) -> object:
        """An empty field means no settings."""
        return {} if self.cleaned_data["settings"] is None else self.cleaned_data["settings"]


@admin.register(Destination)
class DestinationAdmin(ServiceAdmin[Destination]):
    """Destinations; their secrets can't be read here."""

    form = DestinationForm
    list_display = ["name", "organization", "kind", "is_default", "rate_per_second", "has_secrets"]
    list_filter = ["kind", OrganizationFilter]
    list_select_related = ["organization"]
    search_fields = ["name"]
    fixed = ["kind"]
    actions = ["send_test"]

    @admin.action(description="Test: send one real message or upload", permissions=["change"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[Destination]) -> None:
        """One at a time, as the page waits for it; a mail goes to the operator's own address."""
        chosen = list(queryset.order_by("pk")[:2])
        if len(chosen) != 1:
            self.message_user(request, "Choose one destination to test.", level=messages.ERROR)
            return
        (destination,) = chosen
        is_taken, told = send_test(destination=destination, to=getattr(request.user, "email", ""))
        level = messages.SUCCESS if is_taken else messages.ERROR
        self.message_user(request, f"{destination}: {told}", level=level)

    def get_fields(self, request: HttpRequest, obj: Destination | None = None) -> Any:
        """Without the field `secrets` for operators who may not change it: Django would show its value read-only."""
        fields = list(DestinationForm.Meta.fields)
        may_type = self.has_add_permission(request) if obj is None else self.has_change_permission(request, obj)
        return fields if may_type else [name for name in fields if name != "secrets"]

    @admin.display(boolean=True, description="secrets set")
    def has_secrets(self, destination: Destination) -> bool:
        """Whether there are any."""
        return bool(destination.encrypted_secrets)

    def create(self, organization: Organization, values: dict[str, object], request: HttpRequest) -> Destination:
        """A new destination."""
        return save_destination(destination=Destination(organization=organization), changes=values)

    def change(self, row: Destination, changes: dict[str, object], request: HttpRequest) -> Destination:
        """Update the changed fields."""
        return save_destination(destination=row, changes=changes)

    def lock(self, row: Destination) -> None:
        """All of its kind, for it may become their default."""
        lock_kind(organization=row.organization, kind=row.kind)

    def remove(self, rows: Sequence[Destination]) -> None:
        """Delete destinations."""
        for destination in rows:
            delete_destination(destination=destination)
