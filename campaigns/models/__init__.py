"""The campaign hierarchy: the rows that every dialect translates."""

from campaigns.models.achievement import Achievement
from campaigns.models.audience_chunk import AudienceChunk
from campaigns.models.bundle import AdBundle
from campaigns.models.campaign import AdCampaign
from campaigns.models.creative import AdUnit
from campaigns.models.decision_record import DecisionRecord
from campaigns.models.delivery import Delivery
from campaigns.models.destination import Destination
from campaigns.models.destination_rate import DestinationRate
from campaigns.models.event import Event
from campaigns.models.goal_progress_event import GoalProgressEvent
from campaigns.models.group import AdGroup
from campaigns.models.interaction import Interaction
from campaigns.models.line_item import AdLineItem
from campaigns.models.message_template import MessageTemplate
from campaigns.models.offer import IssuedOffer, Offer
from campaigns.models.outcome import Completion, Outcome, PointsEntry, TriggeredEvent
from campaigns.models.participation import Participation
from campaigns.models.recipient import Recipient
from campaigns.models.spend import SpendEntry, SpendTotal
from campaigns.models.spend_limit import SpendLimit
from campaigns.models.target import AdTarget

__all__ = [
    "Achievement",
    "AdBundle",
    "AdCampaign",
    "AdGroup",
    "AdLineItem",
    "AdTarget",
    "AdUnit",
    "AudienceChunk",
    "Completion",
    "DecisionRecord",
    "Delivery",
    "Destination",
    "DestinationRate",
    "Event",
    "GoalProgressEvent",
    "Interaction",
    "IssuedOffer",
    "MessageTemplate",
    "Offer",
    "Outcome",
    "Participation",
    "PointsEntry",
    "Recipient",
    "SpendEntry",
    "SpendLimit",
    "SpendTotal",
    "TriggeredEvent",
]
