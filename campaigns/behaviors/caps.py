"""How often something may happen: in all, in a rolling period, in a calendar month or year."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from campaigns.behaviors.calendar import NEVER, month_around, shifted, year_around


class Full(StrEnum):
    """Which cap has no room."""

    IN_ALL = "max_times"
    PER_PERIOD = "max_times_per_period"
    PER_MONTH = "max_times_per_month"
    PER_YEAR = "max_times_per_year"
    SPACING = "min_time"


@dataclass(frozen=True, slots=True)
class Caps:
    """None is no cap; 0 is never. A cap per period without a period counts in all.

    `spacing` is a second rolling period, with at most `spacing_count` times in it.
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
        """How many of all times have to be known."""
        found = [self.in_all, self.per_period if self.period is None else None]
        return min((cap for cap in found if cap is not None), default=None)

    @property
    def rolling(self) -> list[tuple[Full, timedelta, int]]:
        """The rolling periods with their maxima."""
        found = [(Full.PER_PERIOD, self.period, self.per_period), (Full.SPACING, self.spacing, self.spacing_count)]
        return [(which, period, cap) for which, period, cap in found if period is not None and cap is not None]

    def full(self, times: Sequence[datetime], total: int, at: datetime, zone: ZoneInfo) -> tuple[Full, datetime] | None:
        """The first cap that has no room for one more at `at`, and when it has next; the end of time for never.

        `times` holds at least those of the spans that `spans` names, `total` counts all as far as a cap looks.
        """
        if self.counted_in_all is not None and total >= self.counted_in_all:
            return Full.IN_ALL, NEVER
        for which, period, maximum in self.rolling:
            free_at = next_fitting(times, at, period, maximum)
            if free_at > at:
                return which, free_at
        for which, maximum, (start, end) in self._calendar(at, zone):
            if sum(start <= time < end for time in times) >= maximum:
                return which, NEVER if maximum == 0 else end
        return None

    def spans(self, at: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
        """The spans of time whose times have to be known to say whether there is room at `at`."""
        for _, period, _ in self.rolling:
            yield shifted(at, -period), shifted(at, period)
        for _, _, span in self._calendar(at, zone):
            yield span

    def _calendar(self, at: datetime, zone: ZoneInfo) -> Iterator[tuple[Full, int, tuple[datetime, datetime]]]:
        if self.per_month is not None:
            yield Full.PER_MONTH, self.per_month, month_around(at, zone)
        if self.per_year is not None:
            yield Full.PER_YEAR, self.per_year, year_around(at, zone)


def fits(times: Sequence[datetime], at: datetime, period: timedelta, maximum: int) -> bool:
    """Whether one more at `at` leaves at most `maximum` in every span of `period` that holds it.

    Spans before `at` and after it: what comes late must not break what was counted already.
    """
    if len(times) < maximum:
        return True
    near = sorted([at, *(time for time in times if abs(time - at) < period)])
    return all(
        near[place + maximum] - near[place] >= period
        for place in range(len(near) - maximum)
        if near[place] <= at <= near[place + maximum]
    )


def next_fitting(times: Sequence[datetime], at: datetime, period: timedelta, maximum: int) -> datetime:
    """The first time from `at` on where one more fits; NEVER where none does."""
    if maximum == 0:
        return NEVER
    if fits(times, at, period, maximum):
        return at
    later = sorted(shifted(time, period) for time in times)
    return next((time for time in later if time > at and fits(times, time, period, maximum)), NEVER)
