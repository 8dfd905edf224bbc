"""The admin of the objects of a channel."""

from funnels.admin.channel import (
    BannerAdmin,
    BusinessEventAdmin,
    EventBindingAdmin,
    EventOccurrenceAdmin,
    PlaceholderAdmin,
    PopupAdmin,
)
from funnels.admin.funnel import FunnelAdmin, FunnelEntryAdmin

__all__ = [
    "BannerAdmin",
    "BusinessEventAdmin",
    "EventBindingAdmin",
    "EventOccurrenceAdmin",
    "FunnelAdmin",
    "FunnelEntryAdmin",
    "PlaceholderAdmin",
    "PopupAdmin",
]
