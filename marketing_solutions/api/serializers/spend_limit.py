"""`spendLimit` in every form that clients send (contract 4, section B "versioned wire", "null in requests")."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, TypedDict

from rest_framework import serializers

from campaigns.models.spend_limit import RENEWALS, TYPES, LimitType, Renewal
from marketing_solutions.api.shapes import member_names
from marketing_solutions.spend_updates import UNSET, WantedLimit

NUMBER = 'A number; `{"value": number}` in the answers of versioned paths, and accepted everywhere.'


class SpendLimitShape(TypedDict):
    """What a campaign may spend."""

    spendLimitType: Annotated[str, serializers.ChoiceField(choices=LimitType.values, required=False)]
    spendLimitRenewal: Annotated[
        str | None, serializers.ChoiceField(choices=Renewal.values, required=False, allow_null=True)
    ]
    spendLimitAmount: Annotated[object, serializers.JSONField(required=False, help_text=NUMBER)]


TYPE, RENEWAL, AMOUNT = MEMBERS = member_names(SpendLimitShape)


class LimitError(ValueError):
    """A spend limit that can't be read: `member` ("" for the whole) and, as its text, a sentence."""

    def __init__(self, member: str, sentence: str) -> None:
        super().__init__(sentence)
        self.member = member


def read_limit(data: object) -> WantedLimit:
    """The members that are there; a null stays a null. LimitError for what is of the wrong type or name."""
    if not isinstance(data, Mapping):
        raise LimitError("", "spendLimit must be an object.")
    if not data.keys() <= set(MEMBERS):
        raise LimitError("", f"spendLimit has no {', '.join(sorted(data.keys() - set(MEMBERS)))}.")
    return WantedLimit(
        _choice(data, TYPE, TYPES) if TYPE in data else UNSET,
        (None if data[RENEWAL] is None else _choice(data, RENEWAL, RENEWALS)) if RENEWAL in data else UNSET,
        _amount(data[AMOUNT]) if AMOUNT in data else UNSET,
    )


def _choice(data: Mapping[str, object], member: str, choices: frozenset[str]) -> str:
    value = data[member]
    lowered = value.lower() if isinstance(value, str) else ""
    if lowered not in choices:
        raise LimitError(member, f"{member} must be one of {', '.join(sorted(choices))}.")
    return lowered


def _amount(value: object) -> Decimal | None:
    """A plain number, `{"value": number}`, or null in either form."""
    if isinstance(value, Mapping):
        if value.keys() != {"value"}:
            raise LimitError(AMOUNT, f'{AMOUNT} must be a number or {{"value": number}}.')
        value = value["value"]
    if value is None or isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise LimitError(AMOUNT, f"{AMOUNT} must be a number.")
    return Decimal(value)
