"""The admin of placements, funnels and business events."""

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
