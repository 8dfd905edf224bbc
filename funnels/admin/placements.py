"""The admin of placeholders, banners, popups and business events."""

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from django.contrib import admin
from django.http import HttpRequest

from customers.admin.choices import OrganizationFilter
from customers.admin.service_admin import HistoryAdmin, ServiceAdmin
from customers.models import Organization
from funnels.models import Banner, BusinessEvent, EventBinding, EventOccurrence, Placeholder, Popup
from funnels.placements.objects import (
    delete_placement_object,
    save_banner,
    save_business_event,
    save_event_binding,
    save_placeholder,
    save_popup,
)

Shown = TypeVar("Shown", Placeholder, Banner, Popup, BusinessEvent, EventBinding)


class PlacementAdmin(ServiceAdmin[Shown]):
    """Rows of an application's placements; `save` takes a row that is not saved yet."""

    list_filter: ClassVar[Any] = [OrganizationFilter]

    def save(self, row: Shown) -> Shown:
        """Call the row's service."""
        raise NotImplementedError

    def create(self, organization: Organization, values: dict[str, Any], request: HttpRequest) -> Shown:
        """A new row."""
        return self.save(self.model(organization=organization, **values))

    def change(self, row: Shown, changes: dict[str, Any], request: HttpRequest) -> Shown:
        """Change what is named."""
        for name, value in changes.items():
            setattr(row, name, value)
        return self.save(row)

    def remove(self, rows: Sequence[Shown]) -> None:
        """Delete rows and the rows that refer to them."""
        for row in rows:
            delete_placement_object(row=row)


@admin.register(Placeholder)
class PlaceholderAdmin(PlacementAdmin[Placeholder]):
    """Placeholders."""

    list_display = ["name", "application", "width", "height", "maximum_banners"]
    search_fields = ["name"]
    autocomplete_fields = ["application"]
    list_select_related = ["application"]

    def save(self, row: Placeholder) -> Placeholder:
        """Save it."""
        return save_placeholder(placeholder=row)


@admin.register(Banner)
class BannerAdmin(PlacementAdmin[Banner]):
    """Banners."""

    list_display = ["campaign", "placeholder", "link", "weight"]
    autocomplete_fields = ["campaign", "group", "placeholder"]
    list_select_related = ["campaign", "placeholder"]

    def save(self, row: Banner) -> Banner:
        """Save it."""
        return save_banner(banner=row)


@admin.register(Popup)
class PopupAdmin(PlacementAdmin[Popup]):
    """Popups."""

    list_display = ["campaign", "application", "page_location", "show_close"]
    autocomplete_fields = ["campaign", "group", "application"]
    list_select_related = ["campaign", "application"]

    def save(self, row: Popup) -> Popup:
        """Save it."""
        return save_popup(popup=row)


@admin.register(BusinessEvent)
class BusinessEventAdmin(PlacementAdmin[BusinessEvent]):
    """Business events."""

    list_display = ["name", "application", "description"]
    search_fields = ["name"]
    autocomplete_fields = ["application"]
    list_select_related = ["application"]

    def save(self, row: BusinessEvent) -> BusinessEvent:
        """Save it."""
        return save_business_event(event=row)


@admin.register(EventBinding)
class EventBindingAdmin(PlacementAdmin[EventBinding]):
    """Which campaigns an event may trigger."""

    list_display = ["event", "campaign", "filter"]
    autocomplete_fields = ["event", "campaign"]
    list_select_related = ["event", "campaign"]

    def save(self, row: EventBinding) -> EventBinding:
        """Save it."""
        return save_event_binding(binding=row)


@admin.register(EventOccurrence)
class EventOccurrenceAdmin(HistoryAdmin):
    """Events that happened; read-only."""

    list_display = ["event", "customer", "campaign", "created_at"]
    list_filter = [OrganizationFilter]
    list_select_related = ["event", "customer", "campaign"]
