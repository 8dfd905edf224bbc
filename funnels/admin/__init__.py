"""The admin of the objects of a channel."""

from funnels.admin.channel import (
    BannerAdmin,
    BusinessEventAdmin,
    EventBindingAdmin,
    EventOccurrenceAdmin,
    PlaceholderAdmin,
    PopupAdmin,
)

__all__ = [
    "BannerAdmin",
    "BusinessEventAdmin",
    "EventBindingAdmin",
    "EventOccurrenceAdmin",
    "PlaceholderAdmin",
    "PopupAdmin",
]
