"""The objects of a channel (contract 3, Campaigns)."""

from funnels.models.funnel import Funnel
from funnels.models.funnel_entry import FunnelEntry
from funnels.models.funnel_version import FunnelVersion

__all__ = ["Funnel", "FunnelEntry", "FunnelVersion"]
