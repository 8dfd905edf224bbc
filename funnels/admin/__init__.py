"""The admin of the objects of a channel."""

from funnels.admin.funnels import FunnelAdmin, FunnelEntryAdmin
from funnels.admin.placements import (
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
    "FunnelAdmin",
    "FunnelEntryAdmin",
    "PlaceholderAdmin",
    "PopupAdmin",
]
