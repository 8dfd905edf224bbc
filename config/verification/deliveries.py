"""Deliveries: counts equal the recipients, recipients are complete and unique."""

from campaigns.schedule.levels import LEVELS_ABOVE_CREATIVE, LEVELS_ARE_LIVE
from config.verification.check import Check
from customers.named_sql import NamedSQL

SQL = NamedSQL(__file__)

COUNTED = ("audience", "sent", "failed", "skipped", "ambiguous")
FIND_WRONG_DELIVERY_COUNTS = SQL("find_wrong_delivery_counts").format(
    shown=", ".join(f"{name} %%s" for name in COUNTED),
    stored=", ".join(f"delivery.{name}" for name in COUNTED),
    actual=", ".join(f"COALESCE(recipient.{name}, 0)" for name in COUNTED),
    sums=", ".join(f"count(*) FILTER (WHERE state = '{name}') AS {name}" for name in COUNTED[1:]),
)
FIND_WRONG_CHUNK_COUNTS = SQL("find_wrong_chunk_counts")
FIND_UNSETTLED_RECIPIENTS = SQL("find_unsettled_recipients")
FIND_DUPLICATE_RECIPIENTS = SQL("find_duplicate_recipients")
FIND_OVERLAPPING_CHUNKS = SQL("find_overlapping_chunks")
FIND_RECIPIENTS_OF_OTHER_CREATIVES = SQL("find_recipients_of_other_creatives")
FIND_CREATIVES_WITHOUT_DELIVERY = SQL(
    "find_creatives_without_delivery", levels_above_creative=LEVELS_ABOVE_CREATIVE, levels_are_live=LEVELS_ARE_LIVE
)

DELIVERIES = (
    Check("counts of deliveries", FIND_WRONG_DELIVERY_COUNTS),
    Check("chunks of deliveries", FIND_WRONG_CHUNK_COUNTS),
    Check("complete deliveries are settled", FIND_UNSETTLED_RECIPIENTS),
    Check("a customer is a recipient once", FIND_DUPLICATE_RECIPIENTS),
    Check("chunks share customers out", FIND_OVERLAPPING_CHUNKS),
    Check("recipients are of their delivery's creative", FIND_RECIPIENTS_OF_OTHER_CREATIVES),
    Check("live scheduled creatives have a delivery", FIND_CREATIVES_WITHOUT_DELIVERY),
)
