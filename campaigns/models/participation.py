"""How far a customer and a campaign have come with each other."""

from django.db import connection, models
from django.db.models.functions import Now

from campaigns.models.campaign import AdCampaign
from campaigns.models.frequency import UNITE_CAPPED
from customers.models import Customer, CustomerOwned, Organization
from customers.models.customer_owned import LockOrder
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

COUNTS = ("seen_count", "dismissed_count", "converted_count", "completed_count")
TIMES = ("last_seen_at", "dismissed_at", "converted_at", "completed_at", "interactions_removed_at")
_COLUMNS = ", ".join(("organization_id", "campaign_id", *COUNTS, *TIMES))
_SUMS = ", ".join(f"{name} = mine.{name} + excluded.{name}" for name in COUNTS)
_LATEST = ", ".join(f"{name} = GREATEST(mine.{name}, excluded.{name})" for name in TIMES)
MERGE_PARTICIPATIONS = SQL(
    "merge_participations", columns=_COLUMNS, sums=_SUMS, latest=_LATEST, unite_capped=UNITE_CAPPED
)


class Participation(CustomerOwned):
    """Counts and times of one customer in one campaign; decisions look here, not at the history.

    `capped_count` counts towards the campaign's frequency cap in the period that begins on `capped_from`, by the
    campaign's `frequency_rule` of then; by another one it counts for nothing (docs/decisions/0068).
    Counts stay when interactions are deleted by their age, which `interactions_removed_at` says.
    """

    lock_order = LockOrder.PARTICIPATIONS
    # Every page view writes several: nothing looks for these by their organization alone, and the unique constraint's
    # index finds those of a customer.
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    campaign = models.ForeignKey(AdCampaign, on_delete=models.CASCADE, related_name="participations")
    seen_count = models.PositiveBigIntegerField(default=0, db_default=0)
    dismissed_count = models.PositiveBigIntegerField(default=0, db_default=0)
    converted_count = models.PositiveBigIntegerField(default=0, db_default=0)
    completed_count = models.PositiveBigIntegerField(default=0, db_default=0)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    converted_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    interactions_removed_at = models.DateTimeField(null=True, blank=True)
    capped_count = models.PositiveBigIntegerField(default=0, db_default=0)
    capped_from = models.DateField(null=True, blank=True)
    capped_rule = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["customer", "campaign"], name="participation_unique")]

    def __str__(self) -> str:
        return f"{self.customer} in {self.campaign}"

    @classmethod
    def move_rows(cls, *, from_id: int, to_id: int) -> None:
        """Where both took part in a campaign, counts are added up and the later times stay."""
        with connection.cursor() as cursor:
            cursor.execute(MERGE_PARTICIPATIONS, [to_id, from_id])
        cls._base_manager.filter(customer_id=from_id).delete()
