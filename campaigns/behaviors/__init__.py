"""Events in, achievements and outcomes out (contract 1, Request Attributes for Data).

Pure: frozen values in, new ones out; every time is an argument. Nothing here reads a database or a clock. What the
attributes mean is told in docs/behaviors.md.
"""

from campaigns.behaviors.advance import Standing, Step, advance, earn_at_once, goal_standing
from campaigns.behaviors.caps import Caps
from campaigns.behaviors.filters import EventFilter, Happening, event_facts
from campaigns.behaviors.lookups import Lookup, Part, lookups
from campaigns.behaviors.rules import Behavior, Goal
from campaigns.behaviors.states import BehaviorState, Changes, Completion, Counted, GoalState, changes
from campaigns.behaviors.verdicts import SENTENCES, Verdict

__all__ = [
    "SENTENCES",
    "Behavior",
    "BehaviorState",
    "Caps",
    "Changes",
    "Completion",
    "Counted",
    "EventFilter",
    "Goal",
    "GoalState",
    "Happening",
    "Lookup",
    "Part",
    "Standing",
    "Step",
    "Verdict",
    "advance",
    "changes",
    "earn_at_once",
    "event_facts",
    "goal_standing",
    "lookups",
]
