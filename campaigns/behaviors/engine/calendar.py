"""Days, months and years of an organization's calendar, as spans of UTC."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DECEMBER = 12
# Outside of all times that events may have.
LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)
NEVER = datetime(9999, 12, 30, tzinfo=UTC)


def shifted(at: datetime, by: timedelta) -> datetime:
    """`at` plus `by`, clamped to LONG_AGO and NEVER."""
    try:
        return min(max(at + by, LONG_AGO), NEVER)
    except OverflowError:
        return NEVER if by > timedelta() else LONG_AGO


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The calendar day."""
    return at.astimezone(zone).date()


def day_around(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The start of the day, and of the next one."""
    day = local_day(at, zone)
    return _begins(day, zone), _begins(day + timedelta(days=1), zone)


def month_around(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The start of the month, and of the next one."""
    first = local_day(at, zone).replace(day=1)
    after = date(first.year + 1, 1, 1) if first.month == DECEMBER else first.replace(month=first.month + 1)
    return _begins(first, zone), _begins(after, zone)


def year_around(at: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The start of the year, and of the next one."""
    first = date(local_day(at, zone).year, 1, 1)
    return _begins(first, zone), _begins(first.replace(year=first.year + 1), zone)


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
