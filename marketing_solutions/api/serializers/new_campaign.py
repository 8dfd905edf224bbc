"""The body of a create (contract 2, "Create a campaign"): every attribute that is wrong is named."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, NotRequired, TypedDict

from rest_framework import serializers

from campaigns.models.level import MAXIMUM_NAME
from campaigns.models.spend_limit import UNCAPPED, Limit, LimitType, Renewal, problem_of_limit
from customers.errors import DomainError, ErrorKind
from marketing_solutions.api.bodies import is_storable, read_id
from marketing_solutions.api.serializers.campaign import AttributesShape
from marketing_solutions.api.serializers.spend_limit import AMOUNT, RENEWAL, TYPE, LimitError, read_limit
from marketing_solutions.api.serializers.spend_update import wants_automation
from marketing_solutions.api.shapes import member_names
from marketing_solutions.campaigns import NewCampaign
from marketing_solutions.models.advertiser_campaign import MarketingGoal
from marketing_solutions.spend_updates import UNSET, WantedLimit


class CreateIn(TypedDict):
    """A new campaign."""

    type: NotRequired[Annotated[str, serializers.ChoiceField(choices=["Campaign"], required=False)]]
    attributes: AttributesShape


class CreateWrapper(TypedDict):
    """The body of a create."""

    data: CreateIn


REQUIRED = member_names(AttributesShape)
# The contract's sample has an id, newer clients send budgetAutomation.
ALLOWED_MEMBERS = {*member_names(CreateIn), "id"}
ALLOWED_ATTRIBUTES = {*REQUIRED, "budgetAutomation"}
GOALS = {MarketingGoal.ACQUISITION.value, MarketingGoal.RETENTION.value}
MEMBERS = {"type": TYPE, "renewal": RENEWAL, "amount": AMOUNT}


def read_new_campaign(body: object) -> NewCampaign:
    """The campaign that `{"data": {"type", "attributes"}}` describes; an `id`, which the sample has, is left aside.

    DomainError `missing`, `unknown` or `invalid`, with a sentence for each attribute.
    """
    attributes = _attributes(body)
    fields: dict[str, list[str]] = {name: ["This attribute is required."] for name in _absent(attributes)}
    if fields:
        raise DomainError(ErrorKind.MISSING, "missing-attribute", "Required attributes are missing.", fields=fields)
    fields = {name: ["Unknown attribute."] for name in attributes if name not in ALLOWED_ATTRIBUTES}
    if fields:
        raise DomainError(ErrorKind.UNKNOWN_ATTRIBUTE, "unknown-attribute", "Unknown attributes.", fields=fields)
    problems = _problems(attributes)
    if problems:
        raise _invalid({name: [sentence] for name, sentence in problems.items()})
    advertiser_id = read_id(attributes["advertiserId"]) or 0
    limit = _limit(attributes["spendLimit"])
    return NewCampaign(str(attributes["name"]), advertiser_id, str(attributes["goal"]).lower(), limit)


def _attributes(body: object) -> Mapping[str, object]:
    data = body.get("data") if isinstance(body, Mapping) else None
    if not isinstance(body, Mapping) or not isinstance(data, Mapping):
        raise DomainError(ErrorKind.UNREADABLE, "malformed-body", 'The body must be {"data": {"type", "attributes"}}.')
    if data.get("type", "Campaign") not in ("Campaign", None) or not ALLOWED_MEMBERS.issuperset(data):
        raise _invalid({"data": ["type Campaign and attributes are expected."]})
    attributes = data.get("attributes")
    if not isinstance(attributes, Mapping):
        raise _invalid({"attributes": ["An object is expected."]})
    return attributes


def _absent(attributes: Mapping[str, object]) -> list[str]:
    return [name for name in REQUIRED if attributes.get(name) is None]


def _problems(attributes: Mapping[str, object]) -> dict[str, str]:
    """A sentence for each attribute that can't be used."""
    problems: dict[str, str] = {}
    name, goal = attributes["name"], attributes["goal"]
    if not isinstance(name, str) or not name.strip() or len(name) > MAXIMUM_NAME or not is_storable(name):
        problems["name"] = f"A name of 1 to {MAXIMUM_NAME} characters is expected."
    if read_id(attributes["advertiserId"]) is None:
        problems["advertiserId"] = "The id of an advertiser is expected."
    if not isinstance(goal, str) or goal.lower() not in GOALS:
        problems["goal"] = "Acquisition or Retention is expected."
    if wants_automation(attributes.get("budgetAutomation")):
        problems["budgetAutomation"] = "Budget automation is not available for this advertiser."
    try:
        _limit(attributes["spendLimit"])
    except LimitError as error:
        problems[f"spendLimit/{error.member}".rstrip("/")] = str(error)
    return problems


def _limit(data: object) -> Limit:
    """The limit of a new campaign; what is irrelevant for an uncapped one is left aside, as the contract says."""
    wanted: WantedLimit = read_limit(data)
    if wanted.type is UNSET:
        raise LimitError(TYPE, f"{TYPE} is required.")
    if wanted.type == LimitType.UNCAPPED:
        return UNCAPPED
    renewal = Renewal.UNDEFINED.value if wanted.renewal in {UNSET, None} else str(wanted.renewal)
    limit = Limit(wanted.type, renewal, wanted.amount if isinstance(wanted.amount, Decimal) else None)
    problem = problem_of_limit(limit)
    if problem:
        raise LimitError(MEMBERS[problem[0]], problem[1])
    return limit


def _invalid(fields: dict[str, list[str]]) -> DomainError:
    return DomainError(ErrorKind.INVALID, "invalid-attribute", "The campaign can't be made like this.", fields=fields)
