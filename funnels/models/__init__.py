"""The rows of placements, funnels and business events (contract 3, Campaigns)."""

from funnels.models.banner import Banner
from funnels.models.business_event import BusinessEvent
from funnels.models.event_binding import EventBinding
from funnels.models.event_occurrence import EventOccurrence
from funnels.models.funnel import Funnel
from funnels.models.funnel_entry import FunnelEntry
from funnels.models.funnel_version import FunnelVersion
from funnels.models.placeholder import Placeholder
from funnels.models.popup import Popup

__all__ = [
    "Banner",
    "BusinessEvent",
    "EventBinding",
    "EventOccurrence",
    "Funnel",
    "FunnelEntry",
    "FunnelVersion",
    "Placeholder",
    "Popup",
]
