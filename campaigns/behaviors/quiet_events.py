"""Names of events that no behavior counts at present, as all of their campaigns have ended or not begun.

Each process remembers them by organization and version: the statement that stores an activity then needs no look at the
behaviors, however many have ended. What isn't remembered is found out again.
"""

from datetime import UTC, datetime

import orjson

from campaigns.behaviors.compiled import BehaviorRules

# How many names, and how many organizations of each, a process remembers.
MAXIMUM_NAMES, MAXIMUM_ORGANIZATIONS = 1000, 100
NEVER = datetime.max.replace(tzinfo=UTC)
# By name and organization: the version, and between which times nothing counts them.
_quiet: dict[str, dict[int, tuple[int, datetime, datetime]]] = {}


def note_quiet(*, organization_id: int, rules: BehaviorRules, name: str, at: datetime) -> None:
    """Remember that no behavior counts events of a name from a time on until the next campaign begins."""
    if name not in rules.by_event:
        return
    known = _quiet.setdefault(name, {})
    known[organization_id] = (rules.version, at, rules.next_opening(name, at) or NEVER)
    for oldest in list(known)[:-MAXIMUM_ORGANIZATIONS]:
        known.pop(oldest, None)
    for first in list(_quiet)[:-MAXIMUM_NAMES]:
        _quiet.pop(first, None)


def quiet_at(*, name: str, at: datetime) -> str:
    """The organizations that count no events of a name at a time: a JSON list of `{"organization_id", "version"}`."""
    known = _quiet.get(name)
    if not known:
        return "[]"
    return orjson.dumps(
        [
            {"organization_id": organization_id, "version": version}
            for organization_id, (version, since, until) in list(known.items())
            if since <= at < until
        ]
    ).decode()
