"""A funnel's steps as they stood when they were saved."""

from collections.abc import Iterator

from django.db import connection, models
from django.db.models import F
from django.db.models.functions import Now

from campaigns.models import AdCampaign
from customers.models import NamesFields

# Customers in the middle of steps that ask for a deleted field begin again.
DELETE_ENTRIES_WITH_FIELD = """
DELETE FROM funnels_funnelentry entry USING funnels_funnelversion version
WHERE version.id = entry.version_id AND NOT entry.is_finished AND version.organization_id = %s::bigint
AND version.definition -> 'types' ? %s::text
"""


class FunnelVersion(NamesFields):
    """One graph of steps; never changed, so that customers in the middle of it keep the path they entered.

    `definition` is what `funnels.funnels.engine.parse` has checked: `{start, steps, types}`.
    """

    campaign = models.ForeignKey(AdCampaign, on_delete=models.CASCADE, related_name="funnel_versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="funnel_version_number")]

    def __str__(self) -> str:
        return f"version {self.number}"

    @classmethod
    def uses_of_field(cls, *, organization_id: int, name: str) -> Iterator[str]:
        """Funnels of living campaigns that capture it, or fork by it."""
        named = cls.objects.filter(organization_id=organization_id, definition__types__has_key=name).order_by("id")
        current = named.filter(campaign__deleted_at__isnull=True, campaign__funnel__version_id=F("id"))
        for campaign in current.values_list("campaign__name", flat=True):
            yield f'the funnel of the campaign "{campaign}"'

    @classmethod
    def forget_field(cls, *, organization_id: int, name: str) -> None:
        """Delete unfinished entries in older versions, which may still name the field."""
        with connection.cursor() as cursor:
            cursor.execute(DELETE_ENTRIES_WITH_FIELD, [organization_id, name])
