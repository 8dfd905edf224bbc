"""The admin of placeholders, banners, popups and business events."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import JSONField, QuerySet
from django.http import HttpRequest

from campaigns.admin.history import HistoryAdmin
from customers.admin.strict_json import STRICT
from customers.errors import DomainError
from funnels.models import Banner, BusinessEvent, EventBinding, EventOccurrence, Placeholder, Popup
from funnels.services.channel_objects import (
    delete_channel_object,
    save_banner,
    save_business_event,
    save_event_binding,
    save_placeholder,
    save_popup,
)


class ChannelForm(forms.ModelForm[Any]):
    """Saves through the service, whose refusals speak as errors of the form."""

    def save_row(self, row: Any) -> None:
        """Call the row's service."""
        raise NotImplementedError

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's own hook, between cleaning and saving
        if not self.errors:
            try:
                self.save_row(self.instance)
            except DomainError as error:
                for name, sentences in error.fields.items():
                    self.add_error(name if name in self.fields else None, ValidationError(sentences))


class PlaceholderForm(ChannelForm):
    """A placeholder."""

    def save_row(self, row: Any) -> None:
        """Save it."""
        save_placeholder(placeholder=row)


class BannerForm(ChannelForm):
    """A banner."""

    def save_row(self, row: Any) -> None:
        """Save it."""
        save_banner(banner=row)


class PopupForm(ChannelForm):
    """A popup."""

    def save_row(self, row: Any) -> None:
        """Save it."""
        save_popup(popup=row)


class BusinessEventForm(ChannelForm):
    """A business event."""

    def save_row(self, row: Any) -> None:
        """Save it."""
        save_business_event(event=row)


class EventBindingForm(ChannelForm):
    """A binding."""

    def save_row(self, row: Any) -> None:
        """Save it."""
        save_event_binding(binding=row)


class ChannelAdmin(admin.ModelAdmin[Any]):
    """Rows whose form has saved them already."""

    exclude = ["organization"]
    formfield_overrides = {JSONField: STRICT}
    list_filter = ["organization"]
    show_full_result_count = False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """The form has done it."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002
        """Delete through the service."""
        delete_channel_object(row=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """The same for each chosen row."""
        for row in queryset:
            self.delete_model(request, row)


@admin.register(Placeholder)
class PlaceholderAdmin(ChannelAdmin):
    """Placeholders."""

    form = PlaceholderForm
    list_display = ["name", "application", "width", "height", "maximum_banners"]
    search_fields = ["name"]
    list_select_related = ["application"]


@admin.register(Banner)
class BannerAdmin(ChannelAdmin):
    """Banners."""

    form = BannerForm
    list_display = ["campaign", "placeholder", "link", "weight"]
    autocomplete_fields = ["campaign", "group", "placeholder"]
    list_select_related = ["campaign", "placeholder"]


@admin.register(Popup)
class PopupAdmin(ChannelAdmin):
    """Popups."""

    form = PopupForm
    list_display = ["campaign", "application", "page_location", "show_close"]
    autocomplete_fields = ["campaign", "group"]
    list_select_related = ["campaign", "application"]


@admin.register(BusinessEvent)
class BusinessEventAdmin(ChannelAdmin):
    """Business events."""

    form = BusinessEventForm
    list_display = ["name", "application", "description"]
    search_fields = ["name"]
    list_select_related = ["application"]


@admin.register(EventBinding)
class EventBindingAdmin(ChannelAdmin):
    """Which campaigns an event may trigger."""

    form = EventBindingForm
    list_display = ["event", "campaign", "filter"]
    autocomplete_fields = ["event", "campaign"]
    list_select_related = ["event", "campaign"]


@admin.register(EventOccurrence)
class EventOccurrenceAdmin(HistoryAdmin):
    """Events that happened: to look at."""

    list_display = ["event", "customer", "campaign", "created_at"]
    list_select_related = ["event", "customer", "campaign"]
