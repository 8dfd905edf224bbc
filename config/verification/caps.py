"""Caps that were exceeded.

A cap may be lowered below what there is already, and two customers who become one may have more together than one may
have. Neither is a fault, so a row is one only where the customer was never merged and something was added, after the
last change of the cap, to what had reached it.
"""

from config.verification.check import Check
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

NEVER_MERGED = "NOT EXISTS (SELECT FROM customers_customeralias alias WHERE alias.customer_id = {customer})"
IMPRESSIONS = SQL(
    "impressions", never_merged_customer_mine_customer_id=NEVER_MERGED.format(customer="mine.customer_id")
)
INTERACTIONS = SQL(
    "interactions", never_merged_customer_mine_customer_id=NEVER_MERGED.format(customer="mine.customer_id")
)
EARNED = SQL("earned", never_merged_customer_earned_customer_id=NEVER_MERGED.format(customer="earned.customer_id"))
ROLLING = SQL("rolling", never_merged_customer_earned_customer_id=NEVER_MERGED.format(customer="earned.customer_id"))
WITHOUT_PERIOD = "CASE WHEN behavior.period IS NULL THEN behavior.max_times_achievable_per_period END"
LOCAL = "date_trunc('{unit}', completion.at AT TIME ZONE organization.time_zone)"
OFFERS = SQL("offers", never_merged_customer_given_customer_id=NEVER_MERGED.format(customer="given.customer_id"))

CAPS = (
    Check("frequency caps of impressions", IMPRESSIONS),
    Check("frequency caps of interactions", INTERACTIONS),
    Check(
        "caps of behaviors",
        EARNED.format(within="in all", cap="behavior.max_times_achievable", period="1"),
    ),
    Check("caps of behaviors in a period", ROLLING),
    Check(
        "caps of behaviors in a period without end",
        EARNED.format(within="in all", cap=WITHOUT_PERIOD, period="1"),
    ),
    Check(
        "caps of behaviors in a month",
        EARNED.format(
            within="in a month", cap="behavior.max_times_achievable_per_month", period=LOCAL.format(unit="month")
        ),
    ),
    Check(
        "caps of behaviors in a year",
        EARNED.format(
            within="in a year", cap="behavior.max_times_achievable_per_year", period=LOCAL.format(unit="year")
        ),
    ),
    Check("offers a customer", OFFERS),
)
