"""The codes of a refused update (contract 2, "Validation Errors and Warnings"; contract 4, section B)."""

from dataclasses import dataclass
from enum import StrEnum

CHECK = "campaign--campaign-update-check--"


class UpdateCode(StrEnum):
    """Why an entry of a PATCH was refused; the five of the contract carry its prefix, the others are ours."""

    NO_SPEND_LIMIT = f"{CHECK}spend-limit-does-not-exist"
    BELOW_LIFETIME_SPENT = f"{CHECK}cannot-decrease-lifetime-spend-limit-below-what-is-already-spent"
    INVALID_SPEND_LIMIT = f"{CHECK}validation-failed-on-spend-limit"
    REPEATED = f"{CHECK}cannot-update-same-campaign-multiple-times"
    UNAVAILABLE_FEATURE = f"{CHECK}unavailable-feature-for-this-advertiser"
    NOT_FOUND = "campaign-not-found"
    INVALID_ENTRY = "invalid-entry"
    UNKNOWN_ATTRIBUTE = "unknown-attribute"
    READ_ONLY_ATTRIBUTE = "read-only-attribute"


AT_NEXT_PERIOD = f"{CHECK}new-spend-limit-amount-will-take-place-at-the-next-period-start"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One entry that changes nothing: its code, and a sentence for a person."""

    code: UpdateCode
    detail: str
