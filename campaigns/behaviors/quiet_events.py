"""Names of events that some goal looks at, but none at present: all of their campaigns are over, or have not begun.

Each process remembers what it has seen so, by organization and version stamp: the statement that keeps an activity
then needs no look at the behaviors, however many are over. What isn't remembered is only found out again.
"""

from datetime import UTC, datetime

import orjson

from campaigns.behaviors.compiled import BehaviorRules

# How many names, and how many organizations of each, one process remembers.
MAXIMUM_NAMES, MAXIMUM_ORGANIZATIONS = 1000, 100
NEVER = datetime.max.replace(tzinfo=UTC)
# By name and organization: the version, and between which times nothing looks.
_quiet: dict[str, dict[int, tuple[int, datetime, datetime]]] = {}


def note_quiet(*, organization_id: int, rules: BehaviorRules, name: str, at: datetime) -> None:
    """Remember that no behavior is open for events of a name at a time, nor until the next campaign begins."""
    if name not in rules.by_event:
        return
    known = _quiet.setdefault(name, {})
    known[organization_id] = (rules.version, at, rules.next_opening(name, at) or NEVER)
    for oldest in list(known)[:-MAXIMUM_ORGANIZATIONS]:
        known.pop(oldest, None)
    for first in list(_quiet)[:-MAXIMUM_NAMES]:
        _quiet.pop(first, None)


def quiet_at(*, name: str, at: datetime) -> str:
    """Where nothing looks at events of a name at a time: a JSON list of `{"organization_id", "version"}`."""
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
