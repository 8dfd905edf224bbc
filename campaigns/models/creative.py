"""The creative: the message itself and how it is delivered."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from campaigns.models.achievement import Achievement
from campaigns.models.ad_type import CREATIVE_TYPES, AdType, CreativeType, DeliveryMethod
from campaigns.models.group import AdGroup
from campaigns.models.level import LIVING, Level
from customers.models import Application

DEFAULT_LATENESS_WINDOW = 86_400
MAXIMUM_DESCRIPTION = 4_000
MAXIMUM_OFFERS = 100


def types_belong_together() -> Q:
    """The condition that `creative_type` is one of those of `ad_type`."""
    condition = Q()
    for ad_type, creative_types in CREATIVE_TYPES.items():
        condition |= Q(ad_type=ad_type, creative_type__in=creative_types)
    return condition


class AdUnit(Level):
    """A creative; a group has at most one that lives.

    `lateness_window` is in seconds: a scheduled message later than that is skipped; 0 is never too late; None means
    DEFAULT_LATENESS_WINDOW.
    """

    creative_group = models.ForeignKey(
        AdGroup, on_delete=models.CASCADE, related_name="creatives", verbose_name="group"
    )
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="+")
    ssap_name = models.CharField(max_length=255, null=True, blank=True, help_text="Display name.")
    ad_type = models.CharField(max_length=32, choices=AdType.choices)
    creative_type = models.CharField(max_length=32, choices=CreativeType.choices)
    delivery_method = models.CharField(max_length=9, choices=DeliveryMethod.choices)
    scheduled_delivery_date = models.DateTimeField(null=True, blank=True)
    achievement = models.ForeignKey(
        Achievement, null=True, blank=True, on_delete=models.PROTECT, related_name="triggered_creatives"
    )
    template_id = models.CharField(max_length=255, null=True, blank=True)
    lateness_window = models.PositiveIntegerField(null=True, blank=True)
    issue_offer_date = models.DateTimeField(null=True, blank=True, default=timezone.now)
    next_ad_type = models.CharField(max_length=255, null=True, blank=True, default="interstitial")
    offer_ids = ArrayField(models.CharField(max_length=255), default=list, blank=True, help_text="Offers' guids.")
    orientation = models.CharField(max_length=255, null=True, blank=True, default="portrait")
    portal_description = models.TextField(
        max_length=MAXIMUM_DESCRIPTION, null=True, blank=True, default="Check out this ad!"
    )
    portal_icon = models.CharField(max_length=2048, null=True, blank=True, default="/images/icon_starv1_94x94.png")
    second_sn_audience_guid = models.CharField(max_length=255, null=True, blank=True, default=uuid.uuid4)
    trigger_type = models.CharField(max_length=255, null=True, blank=True, default="standard")

    class Meta(Level.Meta):
        ordering = ["-id"]
        constraints = [
            *Level.Meta.constraints,
            models.UniqueConstraint(fields=["creative_group"], condition=LIVING, name="creative_one_living_per_group"),
            models.CheckConstraint(condition=types_belong_together(), name="creative_types_belong_together"),
            models.CheckConstraint(
                condition=Q(delivery_method=DeliveryMethod.SCHEDULED, scheduled_delivery_date__isnull=False)
                | Q(delivery_method=DeliveryMethod.TRIGGERED, achievement__isnull=False),
                name="creative_delivery_is_defined",
            ),
        ]
