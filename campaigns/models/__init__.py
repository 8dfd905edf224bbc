"""The campaign hierarchy: the rows that every dialect translates."""

from campaigns.models.achievement import Achievement
from campaigns.models.audience_chunk import AudienceChunk
from campaigns.models.audience_job import AudienceJob
from campaigns.models.audience_member import AudienceMember
from campaigns.models.bundle import AdBundle
from campaigns.models.campaign import AdCampaign
from campaigns.models.counted_event import CountedEvent
from campaigns.models.decision_record import DecisionRecord
from campaigns.models.destination import Destination
from campaigns.models.destination_rate import DestinationRate
from campaigns.models.event import Event
from campaigns.models.group import AdGroup
from campaigns.models.interaction import Interaction
from campaigns.models.line_item import AdLineItem
from campaigns.models.message_template import MessageTemplate
from campaigns.models.offer import IssuedOffer, Offer
from campaigns.models.outcome import Earning, EventOutcome, Outcome, PointsEntry
from campaigns.models.participation import Participation
from campaigns.models.spend import SpendEntry, SpendTotal
from campaigns.models.spend_limit import SpendLimit
from campaigns.models.target import AdTarget
from campaigns.models.unit import AdUnit

__all__ = [
    "Achievement",
    "AdBundle",
    "AdCampaign",
    "AdGroup",
    "AdLineItem",
    "AdTarget",
    "AdUnit",
    "AudienceChunk",
    "AudienceJob",
    "AudienceMember",
    "CountedEvent",
    "DecisionRecord",
    "Destination",
    "DestinationRate",
    "Earning",
    "Event",
    "EventOutcome",
    "Interaction",
    "IssuedOffer",
    "MessageTemplate",
    "Offer",
    "Outcome",
    "Participation",
    "PointsEntry",
    "SpendEntry",
    "SpendLimit",
    "SpendTotal",
]
