"""Golden samples: contract 1's own requests and answers, as files under `golden/`.

A file has the section of the contract, the rows that must stand before (`given`, with the sample's own ids), the clock
where the answer shows it, the request and the answer. `generated` lists members whose values the server makes up;
`pagination` is what contract 4 adds beside an array that is a list.
"""

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import time_machine

from campaigns.models import Achievement, AdCampaign, AdGroup, AdLineItem, Outcome
from tests.dialects.management.actor import Actor, Answer
from tests.factories import (
    make_achievement,
    make_application,
    make_campaign,
    make_creative,
    make_customer,
    make_goal,
    make_group,
    make_line_item,
    make_offer,
    make_organization,
)

GOLDEN = Path(__file__).parent / "golden"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
Sample = dict[str, Any]


def samples_of(noun: str) -> list[str]:
    """The names of the samples of a noun: the files `<noun>-….json`."""
    return sorted(path.stem for path in GOLDEN.glob(f"{noun}-*.json"))


def load(name: str) -> Sample:
    """One sample."""
    sample: Sample = json.loads((GOLDEN / f"{name}.json").read_text())
    return sample


def check(name: str) -> None:
    """Set the rows up, send the request, compare the answer with the sample: exactly these members and values."""
    sample = load(name)
    organization = {"id": sample["organization"]} if "organization" in sample else {}
    actor = Actor(make_application(make_organization(**organization), id=36))
    for row in sample["given"]:
        MAKERS[row["level"]](actor, {key: value for key, value in row.items() if key != "level"})
    answer = _send(actor, sample)
    assert answer.status_code == 200
    expected = dict(sample["response"])
    if "pagination" in sample:
        expected["pagination"] = sample["pagination"]
    actual = answer.json()
    for address, kind in sample.get("generated", {}).items():
        _check_generated(actual, expected, address, kind)
    assert actual == expected


def _send(actor: Actor, sample: Sample) -> Answer:
    method, path = sample["request"]["method"], sample["request"]["path"]
    body = sample["request"].get("body")
    if "now" not in sample:
        return actor.send(method, path, body)
    with time_machine.travel(sample["now"], tick=False):
        return actor.send(method, path, body)


def _check_generated(actual: Any, expected: Any, address: str, kind: str) -> None:
    """A value that the server makes up: of the right kind, and then as the sample's."""
    *parents, member = address.split(".")
    for parent in parents:
        key: Any = int(parent) if parent.isdecimal() else parent
        actual, expected = actual[key], expected[key]
    assert KINDS[kind](actual[member]), f"{address}: {actual[member]!r}"
    actual[member] = expected[member]


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_guid(value: object) -> bool:
    return isinstance(value, str) and str(uuid.UUID(value)) == value


def _is_instant(value: object) -> bool:
    return isinstance(value, str) and INSTANT.fullmatch(value) is not None


def _is_bundle(value: object) -> bool:
    return isinstance(value, dict) and _is_id(value.get("id")) and value == {"id": value["id"], "targets": []}


def _is_csv(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"(\d+,\d+,(true|false),\d+,\d+,(true|false)\n)+", value) is not None


KINDS: dict[str, Callable[[object], bool]] = {
    "id": _is_id,
    "guid": _is_guid,
    "instant": _is_instant,
    "bundle": _is_bundle,
    "csv": _is_csv,
}


def _make_campaign(actor: Actor, attributes: dict[str, Any]) -> None:
    make_campaign(actor.organization, **attributes)


def _make_line_item(_: Actor, attributes: dict[str, Any]) -> None:
    make_line_item(AdCampaign.objects.get(id=attributes.pop("campaign_id")), **attributes)


def _make_group(_: Actor, attributes: dict[str, Any]) -> None:
    make_group(AdLineItem.objects.get(id=attributes.pop("line_item_id")), **attributes)


def _make_creative(actor: Actor, attributes: dict[str, Any]) -> None:
    make_creative(AdGroup.objects.get(id=attributes.pop("group_id")), actor.application, **attributes)


def _make_behavior(_: Actor, attributes: dict[str, Any]) -> None:
    make_achievement(AdCampaign.objects.get(id=attributes.pop("campaign_id")), **attributes)


def _make_goal(_: Actor, attributes: dict[str, Any]) -> None:
    make_goal(Achievement.objects.get(id=attributes.pop("composite_id")), **attributes)


def _make_offer(actor: Actor, attributes: dict[str, Any]) -> None:
    make_offer(actor.organization, **attributes)


def _make_outcome(actor: Actor, attributes: dict[str, Any]) -> None:
    times = {name: attributes.pop(name) for name in ("created_at", "updated_at")}
    outcome = Outcome.objects.create(organization=actor.organization, **attributes)
    Outcome.objects.filter(id=outcome.pk).update(**times)


def _make_customer(actor: Actor, attributes: dict[str, Any]) -> None:
    make_customer(actor.organization, **attributes)


MAKERS: dict[str, Callable[[Actor, dict[str, Any]], None]] = {
    "campaign": _make_campaign,
    "line_item": _make_line_item,
    "creative_group": _make_group,
    "creative": _make_creative,
    "behavior": _make_behavior,
    "goal": _make_goal,
    "offer": _make_offer,
    "outcome": _make_outcome,
    "customer": _make_customer,
}
