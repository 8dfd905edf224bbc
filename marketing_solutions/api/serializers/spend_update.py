"""The body and the answer of a PATCH (contract 2, "Update Campaigns").

Read by hand, not by serializers: a body has up to ten thousand entries, and each fails on its own.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, NotRequired, TypedDict

from django.http import HttpRequest
from rest_framework import serializers

from customers.errors import DomainError, ErrorKind
from marketing_solutions.api.bodies import read_id
from marketing_solutions.api.errors import log_partial_refusal, problem
from marketing_solutions.api.serializers.campaign import AttributesShape, UpdateAnswer
from marketing_solutions.api.serializers.spend_limit import AMOUNT, LimitError, SpendLimitShape, read_limit
from marketing_solutions.api.shapes import member_names
from marketing_solutions.errors import AT_NEXT_PERIOD, Refusal, UpdateCode
from marketing_solutions.spend_updates import Update, UpdateResult, WantedLimit, invalid_limit

MAXIMUM_ENTRIES = 10_000


class UpdateAttributesIn(TypedDict):
    """What a PATCH may change."""

    spendLimit: NotRequired[SpendLimitShape]


class UpdateIn(TypedDict):
    """One update."""

    type: NotRequired[Annotated[str, serializers.ChoiceField(choices=["Campaign"], required=False)]]
    id: Annotated[str, serializers.CharField()]
    attributes: NotRequired[UpdateAttributesIn]


class UpdatesIn(TypedDict):
    """The body of a PATCH."""

    data: Annotated[list[UpdateIn], {"max_length": MAXIMUM_ENTRIES}]


MEMBERS = {*member_names(UpdateIn)}
# Whole campaigns may be sent, and newer clients send budgetAutomation.
ATTRIBUTES = {*member_names(AttributesShape), "budgetAutomation"}
LATER = "The new amount is less than what this period has already spent; it takes effect when the next period starts."


def read_updates(body: object) -> list[Update]:
    """The entries of `{"data": [...]}`, each read on its own; DomainError for a body of another shape."""
    if not isinstance(body, Mapping) or not isinstance(body.get("data"), list) or body.keys() != {"data"}:
        raise DomainError(ErrorKind.UNREADABLE, "malformed-body", 'The body must be {"data": [...]}.')
    entries: list[object] = body["data"]
    if len(entries) > MAXIMUM_ENTRIES:
        raise DomainError(
            ErrorKind.TOO_LARGE, "too-many-entries", f"A request may update at most {MAXIMUM_ENTRIES} campaigns."
        )
    return [_read_update(entry) for entry in entries]


def _read_update(entry: object) -> Update:
    campaign_id = read_id(entry.get("id")) if isinstance(entry, Mapping) else None
    if not isinstance(entry, Mapping) or campaign_id is None:
        return Update(0, refusal=Refusal(UpdateCode.INVALID_ENTRY, "An entry is an object with the id of a campaign."))
    attributes = entry.get("attributes") or {}
    refusal = _misshapen(entry, attributes)
    return Update(campaign_id, refusal=refusal) if refusal else _read_attributes(campaign_id, attributes)


def _misshapen(entry: Mapping[str, object], attributes: object) -> Refusal | None:
    """What is wrong with an entry before its values are looked at."""
    if entry.get("type", "Campaign") not in ("Campaign", None):
        return Refusal(UpdateCode.INVALID_ENTRY, "The type must be Campaign.")
    if not isinstance(attributes, Mapping):
        return Refusal(UpdateCode.INVALID_ENTRY, "attributes must be an object.")
    unknown = sorted({*(set(entry) - MEMBERS), *(set(attributes) - ATTRIBUTES)})
    return Refusal(UpdateCode.UNKNOWN_ATTRIBUTE, f"Unknown: {', '.join(unknown)}.") if unknown else None


def _read_attributes(campaign_id: int, attributes: Mapping[str, object]) -> Update:
    limit: WantedLimit | None = None
    refusal: Refusal | None = None
    try:
        limit = read_limit(attributes["spendLimit"]) if "spendLimit" in attributes else None
    except LimitError as error:
        refusal = invalid_limit("amount" if error.member == AMOUNT else "", str(error))
    automation = wants_automation(attributes.get("budgetAutomation"))
    return Update(campaign_id, _unchanged(attributes), limit, wants_automation=automation, refusal=refusal)


def _unchanged(attributes: Mapping[str, object]) -> dict[str, object]:
    """What may be sent as it is (whole campaigns are allowed) in the core's form; null says nothing."""
    sent: dict[str, object] = {}
    if attributes.get("name") is not None:
        sent["name"] = attributes["name"]
    if (goal := attributes.get("goal")) is not None:
        sent["goal"] = goal.lower() if isinstance(goal, str) else goal
    if (advertiser_id := attributes.get("advertiserId")) is not None:
        sent["advertiser_id"] = read_id(advertiser_id)
    return sent


def wants_automation(value: object) -> bool:
    """Whether `budgetAutomation` (newer clients) asks for anything: absent, null and disabled don't."""
    if isinstance(value, Mapping):
        return any(wants_automation(member) for member in value.values())
    if isinstance(value, str):
        return value.lower() not in {"", "disabled", "off", "none", "false"}
    return bool(value)


def answer_of(request: HttpRequest, updated: Sequence[UpdateResult]) -> UpdateAnswer:
    """`data`, `errors` and `warnings`; `instance` is the place in the request's `data`."""
    answer = UpdateAnswer(data=[], errors=[], warnings=[])
    for index, each in enumerate(updated):
        instance = f"@data/{index}"
        if each.refusal:
            code, detail = each.refusal.code.value, each.refusal.detail
            answer["errors"].append(problem(request, kind="validation", code=code, detail=detail, instance=instance))
            continue
        answer["data"].append({"type": "Campaign", "id": str(each.campaign_id)})
        if each.later:
            later = problem(request, kind="validation", code=AT_NEXT_PERIOD, detail=LATER, instance=instance)
            answer["warnings"].append(later)
    if answer["errors"]:
        log_partial_refusal(error["code"] for error in answer["errors"])
    return answer
