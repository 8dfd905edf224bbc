"""Message-level targeting, and the place of one creative."""

from django.db import models

from campaigns.models.level import LIVING, DatedLevel
from campaigns.models.line_item import AdLineItem


class AdGroup(DatedLevel):
    """A creative group: its targets are joined with the campaign's by AND."""

    line_item = models.ForeignKey(AdLineItem, on_delete=models.CASCADE, related_name="groups")
    display_name = models.CharField(max_length=255, null=True, blank=True)

    class Meta(DatedLevel.Meta):
        ordering = ["-id"]
        indexes = [models.Index(fields=["line_item", "-id"], condition=LIVING, name="group_living_newest_first")]
