"""What a campaign may spend (contract 2, "Spend Limit")."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import Q

from campaigns.models.campaign import AdCampaign
from customers.tenancy import TenantModel

MAXIMUM_AMOUNT = Decimal("9999999999.99")
CENT = Decimal("0.01")


class LimitType(models.TextChoices):
    """Whether there is a cap at all."""

    CAPPED = "capped"
    UNCAPPED = "uncapped"


class Renewal(models.TextChoices):
    """When a cap begins anew; `undefined` is that of no cap."""

    DAILY = "daily"
    MONTHLY = "monthly"
    LIFETIME = "lifetime"
    UNDEFINED = "undefined"


# `values` of choices is put together anew each time it is asked for; ten thousand limits ask for it.
TYPES, RENEWALS = frozenset(LimitType.values), frozenset(Renewal.values)
CAPPED_RENEWAL = "A capped limit needs a renewal: daily, monthly or lifetime."
PERIODS = (Renewal.DAILY, Renewal.MONTHLY, Renewal.LIFETIME)


@dataclass(frozen=True, slots=True)
class Limit:
    """A spend limit as a value: `amount` in the advertiser's currency, None where it is uncapped."""

    type: str
    renewal: str
    amount: Decimal | None

    def has_room(self, spent: Decimal, charge: Decimal) -> bool:
        """Whether a charge fits beside what its period has spent; `impressions.sql` says the same in SQL."""
        return self.amount is None or spent + charge <= self.amount


UNCAPPED = Limit(LimitType.UNCAPPED, Renewal.UNDEFINED, None)


def problem_of_amount(amount: Decimal) -> str | None:
    """The sentence that says why an amount can't be a cap; None where it can."""
    if not amount.is_finite() or amount <= 0:
        return "The amount must be more than 0."
    if amount > MAXIMUM_AMOUNT:
        return f"The amount may be at most {MAXIMUM_AMOUNT}."
    if amount != amount.quantize(CENT):
        return "The amount may have at most two decimal places."
    return None


def problem_of_limit(limit: Limit) -> tuple[str, str] | None:
    """The attribute (`type`, `renewal`, `amount`) that is wrong and a sentence; None where all of them go together."""
    if limit.type not in TYPES:
        return "type", f"One of {', '.join(LimitType.values)} is expected."
    if limit.renewal not in RENEWALS:
        return "renewal", f"One of {', '.join(Renewal.values)} is expected."
    is_capped = limit.type == LimitType.CAPPED
    if is_capped == (limit.renewal == Renewal.UNDEFINED):
        return "renewal", CAPPED_RENEWAL if is_capped else "An uncapped limit has the renewal undefined."
    if is_capped == (limit.amount is None):
        return "amount", "A capped limit needs an amount." if is_capped else "An uncapped limit has no amount."
    problem = None if limit.amount is None else problem_of_amount(limit.amount)
    return ("amount", problem) if problem else None


class SpendLimit(TenantModel):
    """The cap of one campaign, as it was last set; a campaign without such a row is uncapped.

    A limit below what the current period has already spent takes effect only with the next period: until the day
    `takes_effect_on` (of the organization's calendar) the limit before, `renewal_before` and `amount_before`, is the
    one in force. Nothing has to happen on that day.
    """

    campaign = models.OneToOneField(AdCampaign, on_delete=models.CASCADE, related_name="spend_limit")
    type = models.CharField(max_length=8, choices=LimitType.choices, default=LimitType.UNCAPPED)
    renewal = models.CharField(max_length=9, choices=Renewal.choices, default=Renewal.UNDEFINED)
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    takes_effect_on = models.DateField(null=True, blank=True, editable=False)
    renewal_before = models.CharField(max_length=9, choices=Renewal.choices, null=True, blank=True, editable=False)
    amount_before = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-campaign_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    type=LimitType.CAPPED,
                    renewal__in=PERIODS,
                    amount__isnull=False,
                    amount__gt=0,
                    amount__lte=MAXIMUM_AMOUNT,
                )
                | Q(type=LimitType.UNCAPPED, renewal=Renewal.UNDEFINED, amount__isnull=True),
                name="spend_limit_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(takes_effect_on__isnull=True, renewal_before__isnull=True, amount_before__isnull=True)
                | Q(takes_effect_on__isnull=False, renewal_before=Renewal.UNDEFINED, amount_before__isnull=True)
                | Q(takes_effect_on__isnull=False, renewal_before__in=PERIODS, amount_before__gt=0),
                name="spend_limit_before_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return "uncapped" if self.amount is None else f"{self.amount} {self.renewal}"

    @property
    def limit(self) -> Limit:
        """The limit as it was last set."""
        return Limit(self.type, self.renewal, self.amount)

    def in_force_on(self, day: date) -> Limit:
        """The limit that holds on a day of the organization's calendar."""
        if self.takes_effect_on is None or day >= self.takes_effect_on:
            return self.limit
        if self.renewal_before is None or self.amount_before is None:
            return UNCAPPED
        return Limit(LimitType.CAPPED, self.renewal_before, self.amount_before)
