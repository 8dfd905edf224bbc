"""The admin of the campaign hierarchy.

Everything is written by the same functions as in the dialects, so that the rules hold and the organization's version is
bumped.
"""

from campaigns.admin.behaviors import AchievementAdmin, CompletionAdmin, OutcomeAdmin, PointsEntryAdmin
from campaigns.admin.deliveries import DeliveryAdmin, RecipientAdmin
from campaigns.admin.destinations import DestinationAdmin
from campaigns.admin.hierarchy import AdCampaignAdmin, AdGroupAdmin, AdLineItemAdmin, AdUnitAdmin
from campaigns.admin.history import DecisionRecordAdmin, EventAdmin, InteractionAdmin, ParticipationAdmin
from campaigns.admin.message_templates import MessageTemplateAdmin
from campaigns.admin.offers import IssuedOfferAdmin, OfferAdmin
from campaigns.admin.spend import SpendEntryAdmin, SpendLimitAdmin, SpendTotalAdmin
from campaigns.admin.targeting import AdBundleAdmin, AdTargetAdmin

__all__ = [
    "AchievementAdmin",
    "AdBundleAdmin",
    "AdCampaignAdmin",
    "AdGroupAdmin",
    "AdLineItemAdmin",
    "AdTargetAdmin",
    "AdUnitAdmin",
    "CompletionAdmin",
    "DecisionRecordAdmin",
    "DeliveryAdmin",
    "DestinationAdmin",
    "EventAdmin",
    "InteractionAdmin",
    "IssuedOfferAdmin",
    "MessageTemplateAdmin",
    "OfferAdmin",
    "OutcomeAdmin",
    "ParticipationAdmin",
    "PointsEntryAdmin",
    "RecipientAdmin",
    "SpendEntryAdmin",
    "SpendLimitAdmin",
    "SpendTotalAdmin",
]
