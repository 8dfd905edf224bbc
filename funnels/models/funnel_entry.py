"""How far a customer has come in a campaign's funnel."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models.functions import Now

from campaigns.models import AdCampaign, Interaction
from customers.models import CustomerOwned
from customers.named_sql import NamedSQL
from funnels.models.funnel_version import FunnelVersion

SQL = NamedSQL(__file__)

DELETE_OLDER_ENTRIES = SQL("delete_older_entries")


class FunnelEntry(CustomerOwned):
    """A customer's way through a funnel: one for each campaign, whichever tracking token they come with.

    `answers` are the steps answered so far, the current one last, each as its JSON, and `answered_in` the ids of the
    traces in which they were given: not every visit may see the values that another one was shown. `data` is what was
    captured. `shared_fields` names the fields whose value another customer has, and which the customer was therefore
    not given: perhaps both are one person. `revision` grows with every move, so that of two moves at once only one
    happens.
    """

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(AdCampaign, on_delete=models.CASCADE, related_name="funnel_entries")
    version = models.ForeignKey(FunnelVersion, on_delete=models.CASCADE, related_name="+")
    interaction = models.ForeignKey(Interaction, on_delete=models.CASCADE, related_name="+")
    step = models.CharField(max_length=63, blank=True, default="", help_text="The current step; none at the end.")
    is_finished = models.BooleanField(default=False)
    answers = ArrayField(models.TextField(), default=list)
    answered_in = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    data = models.JSONField(default=dict)
    shared_fields = ArrayField(models.TextField(), default=list, db_default=[])
    revision = models.BigIntegerField(default=1, db_default=1)
    entered_at = models.DateTimeField(db_default=Now())
    moved_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["customer", "campaign"], name="funnel_entry_unique")]

    def __str__(self) -> str:
        return f"{self.customer} at {self.step or 'the end'}"

    @classmethod
    def move_rows(cls, *, from_id: int, to_id: int) -> None:
        """Of two entries in one funnel the one that moved last stays."""
        with connection.cursor() as cursor:
            cursor.execute(DELETE_OLDER_ENTRIES, {"source": from_id, "target": to_id})
        super().move_rows(from_id=from_id, to_id=to_id)
