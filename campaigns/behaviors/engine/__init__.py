"""Events in, achievements and outcomes out (contract 1, Request Attributes for Data).

Pure: a `Tally` begins with frozen values, is advanced event by event, and returns what was earned and which rows are to
be written. Every time is an argument; nothing here reads a database or a clock. What the attributes mean is in
docs/behaviors.md.
"""

from campaigns.behaviors.engine.caps import Caps
from campaigns.behaviors.engine.filters import EngineEvent, EventFilter, event_facts
from campaigns.behaviors.engine.lookups import Lookup, LookupKind, lookups
from campaigns.behaviors.engine.progress import GoalProgress, goal_progress
from campaigns.behaviors.engine.rules import Behavior, Goal
from campaigns.behaviors.engine.states import BehaviorState, Changes, Completion, Counted, GoalState
from campaigns.behaviors.engine.tally import AdvanceResult, Tally
from campaigns.behaviors.engine.verdicts import SENTENCES, Verdict

__all__ = [
    "SENTENCES",
    "AdvanceResult",
    "Behavior",
    "BehaviorState",
    "Caps",
    "Changes",
    "Completion",
    "Counted",
    "EngineEvent",
    "EventFilter",
    "Goal",
    "GoalProgress",
    "GoalState",
    "Lookup",
    "LookupKind",
    "Tally",
    "Verdict",
    "event_facts",
    "goal_progress",
    "lookups",
]
