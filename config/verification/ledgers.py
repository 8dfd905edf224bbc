"""Stored sums and counts equal those of their rows."""

from config.verification.check import Check
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

FIND_WRONG_POINTS = SQL("find_wrong_points")
FIND_WRONG_SPEND_TOTALS = SQL("find_wrong_spend_totals")
FIND_EXCEEDED_SPEND_LIMITS = SQL("find_exceeded_spend_limits")
FIND_WRONG_OFFER_COUNTS = SQL("find_wrong_offer_counts")
FIND_WRONG_PARTICIPATION_COUNTS = SQL("find_wrong_participation_counts")

LEDGERS = (
    Check("points equal the ledger", FIND_WRONG_POINTS),
    Check("spend totals equal the entries", FIND_WRONG_SPEND_TOTALS),
    Check("spend is within its limit", FIND_EXCEEDED_SPEND_LIMITS),
    Check("issued offers are counted", FIND_WRONG_OFFER_COUNTS),
    Check("participations count their interactions", FIND_WRONG_PARTICIPATION_COUNTS),
)
