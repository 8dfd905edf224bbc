"""Events in, achievements and outcomes out (contract 1, Request Attributes for Data).

Pure: a `Tally` begins with frozen values, is told events, and says what was earned and what has to be kept; every time
is an argument. Nothing here reads a database or a clock. What the attributes mean is told in docs/behaviors.md.
"""

from campaigns.behaviors.engine.caps import Caps
from campaigns.behaviors.engine.filters import EventFilter, Happening, event_facts
from campaigns.behaviors.engine.lookups import Lookup, Part, lookups
from campaigns.behaviors.engine.rules import Behavior, Goal
from campaigns.behaviors.engine.standing import Standing, goal_standing
from campaigns.behaviors.engine.states import BehaviorState, Changes, Completion, Counted, GoalState
from campaigns.behaviors.engine.tally import Step, Tally
from campaigns.behaviors.engine.verdicts import SENTENCES, Verdict

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
    "Tally",
    "Verdict",
    "event_facts",
    "goal_standing",
    "lookups",
]
