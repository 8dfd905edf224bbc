"""Where messages go and what they say."""

from typing import Any

from django import forms
from django.contrib import admin
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString

from campaigns.delivery.templates import compile_template
from campaigns.models import Destination, MessageTemplate
from campaigns.models.destination_kind import SHAPES, problems_of_settings
from customers.errors import DomainError


class SecretsWidget(forms.Textarea):
    """Secrets are typed in and never shown again: the page only says which are set."""

    def __init__(self) -> None:
        super().__init__(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})
        self.names: list[str] = []

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ARG002
        """An empty box, whatever there is."""
        given = flatatt({**self.attrs, **(attrs or {}), "name": name})
        told = ", ".join(f"{each}: set" for each in self.names) or "none is set"
        return format_html("<textarea{}></textarea><div>{}</div>", given, told)


class DestinationForm(forms.ModelForm[Destination]):
    """Settings are checked by kind; secrets are only written."""

    secrets = forms.JSONField(
        required=False,
        widget=SecretsWidget(),
        help_text='Such as {"signing_secret": "…"}: what is named is replaced, null takes it away.',
    )

    class Meta:
        model = Destination
        fields = [
            *("organization", "name", "kind", "is_default", "settings", "secrets"),
            *("rate_per_second", "attributes"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept: dict[str, str] = {}
        self.unreadable = ""
        try:
            self.kept = self.instance.secrets
        except DomainError as error:
            self.unreadable = error.message
        widget = self.fields["secrets"].widget
        widget.names = [self.unreadable] if self.unreadable else sorted(self.kept)

    def clean_settings(self) -> Any:
        """Nothing typed in means nothing set."""
        return {} if self.cleaned_data["settings"] is None else self.cleaned_data["settings"]

    def clean_secrets(self) -> dict[str, str]:
        """Those that are kept with those that are new."""
        given = self.cleaned_data["secrets"]
        if given is None:
            return self.kept
        if not isinstance(given, dict) or not all(_is_secret(value) for value in given.values()):
            raise forms.ValidationError("An object of texts is expected.")
        merged = self.kept | given
        return {name: value for name, value in merged.items() if value is not None}

    def clean(self) -> dict[str, Any]:
        """Say what the kind doesn't take, and seal the secrets."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        settings, secrets = cleaned.get("settings"), cleaned.get("secrets")
        kind = cleaned.get("kind", "")
        if kind not in SHAPES or settings is None or secrets is None:
            return cleaned
        for name, sentences in problems_of_settings(kind, settings, secrets).items():
            self.add_error(name, sentences)
        if not self.errors and (secrets != self.kept or not self.instance.sealed_secrets):
            self.instance.keep_secrets(secrets)
        return cleaned


def _is_secret(value: object) -> bool:
    return value is None or (isinstance(value, str) and bool(value))


@admin.register(Destination)
class DestinationAdmin(admin.ModelAdmin[Destination]):
    """Destinations; their secrets can't be read here."""

    form = DestinationForm
    list_display = ["name", "organization", "kind", "is_default", "rate_per_second", "has_secrets"]
    list_filter = ["kind", "organization"]
    list_select_related = ["organization"]
    search_fields = ["name"]

    @admin.display(boolean=True, description="secrets set")
    def has_secrets(self, destination: Destination) -> bool:
        """Whether there are any."""
        return bool(destination.sealed_secrets)


class MessageTemplateForm(forms.ModelForm[MessageTemplate]):
    """A template is compiled before it is kept."""

    class Meta:
        model = MessageTemplate
        fields = ["organization", "key", "subject", "text", "html"]

    def clean(self) -> dict[str, Any]:
        """Name every text that the language refuses."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        texts = {name: cleaned.get(name) or "" for name in ("subject", "text", "html")}
        try:
            compile_template(**texts)
        except DomainError as error:
            for name, sentences in error.fields.items():
                self.add_error(name, sentences)
        return cleaned


@admin.register(MessageTemplate)
class MessageTemplateAdmin(admin.ModelAdmin[MessageTemplate]):
    """Templates of messages."""

    form = MessageTemplateForm
    list_display = ["key", "organization", "subject", "updated_at"]
    list_filter = ["organization"]
    list_select_related = ["organization"]
    search_fields = ["key", "subject"]
