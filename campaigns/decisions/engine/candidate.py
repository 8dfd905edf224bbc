"""Candidates of a decision: campaigns in placements."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Window:
    """A level of the hierarchy: it is active while it is live and between its dates."""

    is_live: bool
    starts_at: datetime
    ends_at: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether the level is active: live, from `starts_at` on and before `ends_at`."""
        return self.is_live and self.starts_at <= now < self.ends_at


@dataclass(frozen=True, slots=True)
class Candidate:
    """A compiled campaign in one placement.

    `parents` are the levels between the campaign and what is shown. `placement` is an opaque key, None for a campaign
    that is shown nowhere in particular; of one campaign in one place the lower `order` goes first. `matches` takes the
    facts of a customer. `frequency_cap` counts `frequency_unit`s in a `frequency_period`, under the number
    `frequency_rule`; prices are in the advertiser's currency. `payload` is the caller's.
    """

    campaign_id: int
    organization_id: int
    name: str
    window: Window
    parents: tuple[Window, ...] = ()
    placement: str | None = None
    category: str | None = None
    group_name: str | None = None
    priority: int = 0
    matches: Callable[[Any], bool] = bool
    frequency_cap: int | None = None
    frequency_unit: str | None = None
    frequency_period: str | None = None
    frequency_rule: int = 0
    holdout_percent: int = 0
    price_per_impression: Decimal | None = None
    price_per_conversion: Decimal | None = None
    order: int = 0
    payload: Any = None
