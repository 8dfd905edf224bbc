"""Behaviors and their goals, compiled."""

from dataclasses import dataclass
from datetime import timedelta

from campaigns.behaviors.engine.caps import Caps
from campaigns.behaviors.engine.filters import EventFilter

NO_CAPS = Caps()


@dataclass(frozen=True, slots=True)
class Goal:
    """How many events of a name, or how much money, completes it.

    `group` is the index of its goal group. At most `spacing_count` events count in any `spacing`. `needed` is a number
    of events, of consecutive days where `is_consecutive`, or an amount where `counts_money`.
    """

    id: int
    name: str = ""
    group: int = 0
    event_name: str | None = None
    needed: int = 1
    period: timedelta | None = None
    spacing: timedelta | None = None
    spacing_count: int = 1
    is_consecutive: bool = False
    counts_money: bool = False
    caps: Caps = NO_CAPS
    filter: EventFilter | None = None

    @property
    def remembers(self) -> bool:
        """Whether consumed events still matter."""
        return self.spacing is not None or self.is_consecutive

    @property
    def counts_days(self) -> bool:
        """Whether consecutive days complete it; has no meaning with money."""
        return self.is_consecutive and not self.counts_money

    @property
    def is_pooled(self) -> bool:
        """Whether only the sum of counted events matters, not their times: then one row has it."""
        return self.period is None and not self.remembers

    @property
    def is_immediate(self) -> bool:
        """Whether any single event completes it, so that nothing has to be stored in between."""
        return self.needed == 1 and not self.counts_money and not self.remembers


@dataclass(frozen=True, slots=True)
class Behavior:
    """Goals in groups; `required_goals` has for each group how many of its goals have to be complete.

    With `same_period` all of them have to be completed within that duration. `had_more_goals`: some were removed, so
    that the one that is left may be waiting.
    """

    id: int
    name: str = ""
    goals: tuple[Goal, ...] = ()
    required_goals: tuple[int, ...] = ()
    same_period: timedelta | None = None
    caps: Caps = NO_CAPS
    had_more_goals: bool = False
