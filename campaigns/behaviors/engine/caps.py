"""Caps on how often something may happen: in all, in a rolling period, in a calendar month or year."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from campaigns.behaviors.engine.calendar import NEVER, month_around, shifted, year_around
from campaigns.behaviors.engine.moments import Moments


class CapReason(StrEnum):
    """The cap that is reached."""

    IN_ALL = "max_times"
    PER_PERIOD = "max_times_per_period"
    PER_MONTH = "max_times_per_month"
    PER_YEAR = "max_times_per_year"
    SPACING = "min_time"


@dataclass(frozen=True, slots=True)
class Caps:
    """None is no cap; 0 is never. A cap per period without a period counts in all.

    `spacing` is a second rolling period with a cap of `spacing_count`.
    """

    in_all: int | None = None
    per_period: int | None = None
    period: timedelta | None = None
    per_month: int | None = None
    per_year: int | None = None
    spacing: timedelta | None = None
    spacing_count: int = 1

    @property
    def counted_in_all(self) -> int | None:
        """Up to which number the total has to be known; None if it doesn't matter."""
        found = [self.in_all, self.per_period if self.period is None else None]
        return min((cap for cap in found if cap is not None), default=None)

    @property
    def rolling(self) -> list[tuple[CapReason, timedelta, int]]:
        """The rolling periods with their caps."""
        found = [
            (CapReason.PER_PERIOD, self.period, self.per_period),
            (CapReason.SPACING, self.spacing, self.spacing_count),
        ]
        return [(which, period, cap) for which, period, cap in found if period is not None and cap is not None]

    def blocking_cap(self, moments: Moments, total: int, at: datetime, zone: ZoneInfo) -> CapReason | None:
        """The first cap that is reached at `at`; None if there is room for one more.

        `moments` has at least the times in `spans`, `total` counts up to `counted_in_all`.
        """
        if self.counted_in_all is not None and total >= self.counted_in_all:
            return CapReason.IN_ALL
        for which, period, maximum in self.rolling:
            if not moments.fits(at, period, maximum):
                return which
        for which, maximum, span in self._calendar(at, zone):
            if moments.between(*span) >= maximum:
                return which
        return None

    def until(self, reason: CapReason, moments: Moments, at: datetime, zone: ZoneInfo) -> datetime:
        """When a cap that is reached at `at` has room again; NEVER if it doesn't."""
        for which, period, maximum in self.rolling:
            if which is reason:
                return moments.next_fitting(at, period, maximum)
        for which, maximum, (_, end) in self._calendar(at, zone):
            if which is reason:
                return NEVER if maximum == 0 else end
        return NEVER

    def spans(self, at: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
        """The spans in which completions have to be known to decide about `at`."""
        for _, period, _ in self.rolling:
            yield shifted(at, -period), shifted(at, period)
        for _, _, span in self._calendar(at, zone):
            yield span

    def _calendar(self, at: datetime, zone: ZoneInfo) -> Iterator[tuple[CapReason, int, tuple[datetime, datetime]]]:
        if self.per_month is not None:
            yield CapReason.PER_MONTH, self.per_month, month_around(at, zone)
        if self.per_year is not None:
            yield CapReason.PER_YEAR, self.per_year, year_around(at, zone)
