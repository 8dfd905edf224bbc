"""Decides which campaigns a customer is offered, in which order, and why the others are excluded.

Pure: frozen values in, one `Decision` out, `now` an argument. Nothing here reads a database or a clock.
"""

from campaigns.decisions.engine.candidate import Candidate, Window
from campaigns.decisions.engine.dated import Dated, Span
from campaigns.decisions.engine.decide import Decision, Exclusion, decide, order_of
from campaigns.decisions.engine.holdout import holdout_bucket, is_held_out
from campaigns.decisions.engine.rules import RULES, Reason, first_failing
from campaigns.decisions.engine.subject import Context, History, Subject

__all__ = [
    "RULES",
    "Candidate",
    "Context",
    "Dated",
    "Decision",
    "Exclusion",
    "History",
    "Reason",
    "Span",
    "Subject",
    "Window",
    "decide",
    "first_failing",
    "holdout_bucket",
    "is_held_out",
    "order_of",
]
