"""Filters of the events that a goal counts: times of day, days of the week, attributes (contract 4)."""

import re
from collections.abc import Mapping

from campaigns.behaviors.compiled import DAYS, END_OF_DAY
from campaigns.targeting import parse_event_targets
from customers.errors import ErrorCollector

TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
MEMBERS = ("start_time", "end_time", "days", "attributes")


def checked_event_filters(raw: object, *, path: str, errors: ErrorCollector) -> dict[str, object] | None:
    """`{"start_time", "end_time", "days", "attributes"}` in its stored form; errors are collected under `path`.

    Times are in the organization's zone; an end before the start is on the next day. None and {} filter nothing.
    """
    if raw is None or raw == {}:
        return None
    if not isinstance(raw, Mapping):
        errors.add(path, "An object of start_time, end_time, days and attributes is expected.")
        return None
    for name in raw:
        if name not in MEMBERS:
            errors.add(f"{path}.{name}", "Unknown attribute.", errors.SEVERITY[1])
    kept: dict[str, object] = {}
    _read_times(raw, kept, path, errors)
    _read_days(raw, kept, path, errors)
    if raw.get("attributes") is not None:
        found = ErrorCollector()
        with found.collecting():
            parse_event_targets(raw["attributes"])
            # As they were sent: the types of the values matter, and normalized values are texts.
            kept["attributes"] = [{**target, "values": target.get("values") or []} for target in raw["attributes"]]
        for sentence in found.fields.get("targets", []):
            errors.add(f"{path}.attributes", sentence)
    return kept or None


def _read_times(raw: Mapping[str, object], kept: dict[str, object], path: str, errors: ErrorCollector) -> None:
    given = {name: raw[name] for name in ("start_time", "end_time") if raw.get(name) is not None}
    for name, value in given.items():
        is_time = isinstance(value, str) and (
            TIME.fullmatch(value) is not None or (name == "end_time" and value == END_OF_DAY)
        )
        if not is_time:
            errors.add(f"{path}.{name}", "A time of day such as 08:00 is expected.")
    if len(given) == 1:
        errors.add(path, "start_time and end_time are given together.")
    elif given and given["start_time"] == given["end_time"]:
        errors.add(f"{path}.end_time", "end_time must differ from start_time.")
    kept.update(given)


def _read_days(raw: Mapping[str, object], kept: dict[str, object], path: str, errors: ErrorCollector) -> None:
    days = raw.get("days")
    if days is None:
        return
    if not isinstance(days, list) or not 1 <= len(days) <= len(DAYS) or any(day not in DAYS for day in days):
        errors.add(f"{path}.days", f"A list of some of {', '.join(DAYS)} is expected.")
        return
    kept["days"] = [day for day in DAYS if day in days]
