"""Exceeded caps.

A cap may be lowered below the current count, and merged customers may have more together than one may have. Neither is
a fault. So a finding is only a customer who was never merged, and whose count grew beyond the cap after its last
change.
"""

from config.verification.check import Check
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)


def _find(name: str, *, customer: str) -> str:
    return SQL(name, never_merged=SQL("never_merged", customer=customer))


FIND_EXCEEDED_IMPRESSION_CAPS = _find("find_exceeded_impression_caps", customer="mine.customer_id")
FIND_EXCEEDED_INTERACTION_CAPS = _find("find_exceeded_interaction_caps", customer="mine.customer_id")
FIND_EXCEEDED_BEHAVIOR_CAPS = _find("find_exceeded_behavior_caps", customer="earned.customer_id")
FIND_EXCEEDED_ROLLING_CAPS = _find("find_exceeded_rolling_caps", customer="earned.customer_id")
FIND_EXCEEDED_OFFER_LIMITS = _find("find_exceeded_offer_limits", customer="given.customer_id")
WITHOUT_PERIOD = "CASE WHEN behavior.period IS NULL THEN behavior.max_times_achievable_per_period END"
LOCAL_PERIOD = "date_trunc('{unit}', completion.at AT TIME ZONE organization.time_zone)"

CAPS = (
    Check("frequency caps of impressions", FIND_EXCEEDED_IMPRESSION_CAPS),
    Check("frequency caps of interactions", FIND_EXCEEDED_INTERACTION_CAPS),
    Check(
        "caps of behaviors",
        FIND_EXCEEDED_BEHAVIOR_CAPS.format(within="in all", cap="behavior.max_times_achievable", period="1"),
    ),
    Check("caps of behaviors in a period", FIND_EXCEEDED_ROLLING_CAPS),
    Check(
        "caps of behaviors in a period without end",
        FIND_EXCEEDED_BEHAVIOR_CAPS.format(within="in all", cap=WITHOUT_PERIOD, period="1"),
    ),
    Check(
        "caps of behaviors in a month",
        FIND_EXCEEDED_BEHAVIOR_CAPS.format(
            within="in a month", cap="behavior.max_times_achievable_per_month", period=LOCAL_PERIOD.format(unit="month")
        ),
    ),
    Check(
        "caps of behaviors in a year",
        FIND_EXCEEDED_BEHAVIOR_CAPS.format(
            within="in a year", cap="behavior.max_times_achievable_per_year", period=LOCAL_PERIOD.format(unit="year")
        ),
    ),
    Check("offers a customer", FIND_EXCEEDED_OFFER_LIMITS),
)
