"""The spend ledger: an entry for each charge, and a running total for each period of a campaign."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from campaigns.models.campaign import AdCampaign
from campaigns.models.spend_limit import PERIODS, Renewal
from customers.tenancy import TenantModel

# A charge may be a fraction of a cent (the price of one impression); caps are in whole cents.
SMALLEST_CHARGE = Decimal("0.000001")
LARGEST_CHARGE = Decimal("9999999999.99")
# What a total's column holds.
LARGEST_TOTAL = Decimal("99999999999999.99")
# The one lifetime of a campaign begins on this day.
EVER = date(1, 1, 1)
PERIOD_CHOICES = [(period.value, period.label) for period in PERIODS]


def period_start(period: str, at: datetime, zone: ZoneInfo) -> date:
    """The first day of the period (`daily`, `monthly`, `lifetime`) around `at`, in the calendar of `zone`."""
    day = at.astimezone(zone).date()
    return {Renewal.DAILY: day, Renewal.MONTHLY: day.replace(day=1), Renewal.LIFETIME: EVER}[Renewal(period)]


class SpendTotal(TenantModel):
    """What a campaign has spent in one period: the sum of its entries, kept in the same transaction."""

    campaign = models.ForeignKey(AdCampaign, on_delete=models.CASCADE, related_name="spend_totals")
    period = models.CharField(max_length=8, choices=PERIOD_CHOICES)
    starts_on = models.DateField()
    amount = models.DecimalField(max_digits=20, decimal_places=6)

    class Meta:
        ordering = ["campaign_id", "period", "-starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "period", "starts_on"], name="spend_total_one_per_period"),
            models.CheckConstraint(condition=Q(period__in=PERIODS), name="spend_total_period"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="spend_total_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.period} from {self.starts_on}"


class SpendEntry(TenantModel):
    """One charge, or a correction of earlier ones (which may be negative). Entries are added, never changed."""

    campaign = models.ForeignKey(AdCampaign, on_delete=models.CASCADE, related_name="spend_entries")
    amount = models.DecimalField(max_digits=18, decimal_places=6, help_text="In the advertiser's currency.")
    at = models.DateTimeField(help_text="When it was spent; this decides the day and the month it counts for.")
    idempotency_key = models.CharField(max_length=255, null=True, blank=True, help_text="Booked once per campaign.")
    is_correction = models.BooleanField(default=False)
    note = models.CharField(max_length=255, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "spend entries"
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="spend_entry_booked_once",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0) | Q(is_correction=True), name="spend_entry_charges"),
        ]
        indexes = [models.Index(fields=["campaign", "-id"], name="spend_entry_newest_first")]

    def __str__(self) -> str:
        return f"{self.amount} at {self.at:%Y-%m-%d %H:%M}"
