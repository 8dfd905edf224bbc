"""Sums that are kept equal the rows that they are sums of."""

from config.verification.check import Check
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

POINTS = SQL("points")
SPEND_TOTALS = SQL("spend_totals")
SPEND_LIMITS = SQL("spend_limits")
ISSUED_OFFERS = SQL("issued_offers")
PARTICIPATIONS = SQL("participations")

LEDGERS = (
    Check("points equal the ledger", POINTS),
    Check("spend totals equal the entries", SPEND_TOTALS),
    Check("spend is within its limit", SPEND_LIMITS),
    Check("issued offers are counted", ISSUED_OFFERS),
    Check("participations count their interactions", PARTICIPATIONS),
)
