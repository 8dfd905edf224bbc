"""What stands behind a tracking token."""

import uuid

from django.db import models
from django.db.models.functions import Now

from campaigns.models.campaign import AdCampaign
from customers.models import CustomerOwned, Organization


class ClosedBy(models.TextChoices):
    """What a tracking token, and the trace in which it is used, end with."""

    CONVERSION = "conversion"
    DISMISS = "dismiss"


class Interaction(CustomerOwned):
    """One offer of one campaign to one customer; whatever they do with it names its `token`.

    `closed_by` is NULL as long as the token may convert or be dismissed; it then costs a row not a byte. `is_seen`: it
    is counted in the participation's `seen_count`, not only listed; NULL in rows that are older than the column.
    """

    # Nothing looks for these by their organization alone, and every page view makes several: an index less to keep.
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(AdCampaign, on_delete=models.CASCADE, related_name="interactions")
    closed_by = models.CharField(max_length=10, choices=ClosedBy.choices, null=True, blank=True)
    is_seen = models.BooleanField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.token)
