"""Which campaigns for this customer now, in which order, and why not the others.

Pure: frozen values in, one `Decision` out, `now` an argument. Nothing here reads a database or a clock.
"""

from campaigns.decisioning.candidate import Candidate, Window
from campaigns.decisioning.dated import Dated, Span
from campaigns.decisioning.decide import Decision, Exclusion, decide, order_of
from campaigns.decisioning.rules import RULES, Reason, first_failing, is_held_out, share_of
from campaigns.decisioning.subject import Context, History, Subject

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
    "is_held_out",
    "order_of",
    "share_of",
]
