"""Deliveries: their counts are those of their recipients, and each has whom it should have, once."""

from config.verification.check import Check
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

COUNTED = ("audience", "sent", "failed", "skipped", "ambiguous")
COUNTS = SQL("counts").format(
    shown=", ".join(f"{name} %%s" for name in COUNTED),
    kept=", ".join(f"delivery.{name}" for name in COUNTED),
    there=", ".join(f"COALESCE(recipient.{name}, 0)" for name in COUNTED),
    sums=", ".join(f"count(*) FILTER (WHERE state = '{name}') AS {name}" for name in COUNTED[1:]),
)
CHUNKS = SQL("chunks")
UNFINISHED = SQL("unfinished")
TWICE = SQL("twice")
OVERLAPPING = SQL("overlapping")
OTHER_CREATIVE = SQL("other_creative")
NO_DELIVERY = SQL("no_delivery")

DELIVERIES = (
    Check("counts of deliveries", COUNTS),
    Check("chunks of deliveries", CHUNKS),
    Check("complete deliveries are settled", UNFINISHED),
    Check("a customer is a recipient once", TWICE),
    Check("chunks share customers out", OVERLAPPING),
    Check("recipients are of their delivery's creative", OTHER_CREATIVE),
    Check("live scheduled creatives have a delivery", NO_DELIVERY),
)
