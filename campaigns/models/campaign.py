"""The top of the hierarchy."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from campaigns.models.frequency import FrequencyPeriod, FrequencyUnit
from campaigns.models.level import LIVING, DatedLevel

MAXIMUM_PERCENT = 100
# "." and ".." would never arrive: clients take such a part of an address for a way to another.
permalink_form = RegexValidator(
    r"^(?!\.\.?\Z)[^\s/?#%\\]+\Z",
    "Neither white space nor any of / ? # %% \\ may be in a permalink, and it may not be . or ..",
)


class AdCampaign(DatedLevel):
    """A campaign; its permalink is its address in the customer's own systems.

    `frequency_cap` is the number of `frequency_unit` that one customer may have in a `frequency_period`; the three are
    set together. `frequency_rule` numbers the units and periods that it has had: counts bear it, and what was counted
    by an earlier one is over. Prices are in the advertiser's currency. Of every hundred customers `holdout_percent` are
    never shown the campaign, always the same ones: the control group.
    """

    permalink = models.CharField(max_length=255, validators=[permalink_form])
    owner = models.CharField(max_length=255, null=True, blank=True)
    category = models.CharField(max_length=255, null=True, blank=True)
    group_name = models.CharField(max_length=255, null=True, blank=True, help_text="The campaign group callers ask by.")
    priority = models.IntegerField(default=0, db_default=0, help_text="The higher one is chosen first.")
    frequency_cap = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    frequency_unit = models.CharField(max_length=12, choices=FrequencyUnit.choices, null=True, blank=True)
    frequency_period = models.CharField(max_length=8, choices=FrequencyPeriod.choices, null=True, blank=True)
    frequency_rule = models.PositiveSmallIntegerField(
        default=1, db_default=1, editable=False, help_text="Raised by a trigger of the table."
    )
    holdout_percent = models.PositiveSmallIntegerField(
        default=0, db_default=0, validators=[MaxValueValidator(MAXIMUM_PERCENT)]
    )
    price_per_impression = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    price_per_conversion = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)

    class Meta(DatedLevel.Meta):
        ordering = ["-id"]
        constraints = [
            *DatedLevel.Meta.constraints,
            models.UniqueConstraint(
                fields=["organization", "name"], condition=LIVING, name="campaign_name_unique_among_living"
            ),
            models.UniqueConstraint(
                fields=["organization", "permalink"], condition=LIVING, name="campaign_permalink_unique_among_living"
            ),
            models.CheckConstraint(
                condition=Q(frequency_cap__isnull=True, frequency_unit__isnull=True, frequency_period__isnull=True)
                | Q(
                    frequency_cap__gte=1,
                    frequency_unit__in=FrequencyUnit.values,
                    frequency_period__in=FrequencyPeriod.values,
                ),
                name="campaign_frequency_is_whole",
                violation_error_message="A frequency cap needs a number, a unit and a period.",
            ),
            models.CheckConstraint(condition=Q(holdout_percent__lte=MAXIMUM_PERCENT), name="campaign_holdout_percent"),
            models.CheckConstraint(
                condition=(Q(price_per_impression__isnull=True) | Q(price_per_impression__gt=0))
                & (Q(price_per_conversion__isnull=True) | Q(price_per_conversion__gt=0)),
                name="campaign_prices_are_positive",
                violation_error_message="A price is more than 0.",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-id"], condition=LIVING, name="campaign_living_newest_first"),
            models.Index(fields=["organization", "status", "-id"], condition=LIVING, name="campaign_living_by_status"),
        ]
