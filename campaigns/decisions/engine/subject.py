"""The subject and the context of a decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class History(NamedTuple):
    """The history of a customer with a campaign; `last_seen` in microseconds since 1970, 0 for never.

    `capped_count` counts in the period that began on the day `capped_from`, an ordinal (`date.toordinal`), by the
    rule `capped_rule` (`AdCampaign.frequency_rule`); each is 0 for none.
    A named tuple because decisions create many of them.
    """

    is_dismissed: bool = False
    is_converted: bool = False
    is_completed: bool = False
    last_seen: int = 0
    capped_count: int = 0
    capped_from: int = 0
    capped_rule: int = 0

    def counted_in(self, rule: int, start: int) -> int:
        """The count in the period that began on the day `start`, or in a later one; 0 under another rule."""
        return self.capped_count if self.capped_rule == rule and self.capped_from >= start else 0

    def counting(self, rule: int, start: int) -> "History":
        """The history with one more, counted as `campaigns.models.frequency.COUNT_CAPPED` does."""
        if self.capped_rule > rule:
            return self
        present = max(start, self.capped_from) if self.capped_rule == rule else start
        return self._replace(capped_count=self.counted_in(rule, start) + 1, capped_from=present, capped_rule=rule)


NO_HISTORY = History()


@dataclass(frozen=True, slots=True)
class Subject:
    """The customer of a decision: `facts` are the argument of targets' predicates, `history` is by campaign id.

    `identity` is the customer's uuid, which control groups depend on.
    """

    organization_id: int
    identity: str
    facts: Any
    has_consent: bool = True
    history: Mapping[int, History] = field(default_factory=dict)

    def history_with(self, campaign_id: int) -> History:
        """The history with one campaign."""
        return self.history.get(campaign_id, NO_HISTORY)


@dataclass(frozen=True, slots=True)
class Context:
    """Where and when in the organization's calendar.

    `placements` None means any placement. `period_starts` has the first day (an ordinal) of each frequency period
    around now. `budget_exhausted` are the campaigns whose spend limit leaves nothing for another offer. With
    `is_restart` completed campaigns are eligible: their funnel is started again.
    """

    placements: frozenset[str] | None = None
    category: str | None = None
    group_name: str | None = None
    period_starts: Mapping[str, int] = field(default_factory=dict)
    budget_exhausted: frozenset[int] = frozenset()
    is_restart: bool = False
