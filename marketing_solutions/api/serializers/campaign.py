"""How a campaign is written, path by path (contract 4, section B "paths", "versioned wire", "goals on the wire")."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal, TypedDict

from rest_framework import serializers

from marketing_solutions.api.serializers.problem import ProblemOut
from marketing_solutions.api.serializers.spend_limit import SpendLimitShape
from marketing_solutions.campaigns import PortfolioCampaign
from marketing_solutions.models.advertiser_campaign import MarketingGoal


class AttributesShape(TypedDict):
    """The attributes of a campaign; only `spendLimit` can be changed later."""

    name: Annotated[str, serializers.CharField(max_length=255)]
    advertiserId: Annotated[str | int, serializers.CharField()]
    goal: Annotated[str, serializers.ChoiceField(choices=[goal.capitalize() for goal in MarketingGoal.values])]
    spendLimit: SpendLimitShape


class UpdatedOut(TypedDict):
    """A campaign that was updated."""

    type: Annotated[Literal["Campaign"], serializers.ChoiceField(choices=["Campaign"])]
    id: Annotated[str, serializers.CharField()]


class CampaignOut(UpdatedOut):
    """A campaign."""

    attributes: AttributesShape


class CampaignAnswer(TypedDict):
    """The answer to a GET."""

    data: CampaignOut
    errors: list[ProblemOut]


class CreateAnswer(CampaignAnswer):
    """The answer to a create."""

    warnings: list[ProblemOut]


class SearchAnswer(TypedDict):
    """The answer to a search."""

    data: list[CampaignOut]
    errors: list[ProblemOut]


class UpdateAnswer(TypedDict):
    """The answer to a PATCH, in which each entry has failed or succeeded on its own."""

    data: list[UpdatedOut]
    errors: list[ProblemOut]
    warnings: list[ProblemOut]


@dataclass(frozen=True)
class Wire:
    """One form of answers; what clients of a version check by type, they get in just that type."""

    is_versioned: bool
    capitalises_created: bool
    capitalises_read: bool

    def created(self, campaign: PortfolioCampaign) -> CampaignOut:
        """The answer to a create: the contract's sample has `advertiserId` as a string here."""
        return {
            "id": str(campaign.id),
            "type": "Campaign",
            "attributes": {
                "name": campaign.name,
                "advertiserId": str(campaign.advertiser_id),
                "spendLimit": {
                    "spendLimitType": campaign.limit_type,
                    "spendLimitRenewal": campaign.renewal,
                    "spendLimitAmount": self._amount(campaign.amount),
                },
                "goal": campaign.goal.capitalize() if self.capitalises_created else campaign.goal,
            },
        }

    def read(self, campaign: PortfolioCampaign) -> CampaignOut:
        """A campaign in the answer to a search or a GET."""
        return {
            "type": "Campaign",
            "id": str(campaign.id),
            "attributes": {
                "name": campaign.name,
                "advertiserId": str(campaign.advertiser_id) if self.is_versioned else campaign.advertiser_id,
                "goal": campaign.goal.capitalize() if self.capitalises_read else campaign.goal,
                "spendLimit": {
                    "spendLimitRenewal": campaign.renewal,
                    "spendLimitType": campaign.limit_type,
                    "spendLimitAmount": self._amount(campaign.amount),
                },
            },
        }

    def _amount(self, amount: Decimal | None) -> object:
        # Twelve digits fit a double, whose shortest form is the stored number.
        number = None if amount is None else float(amount)
        return {"value": number} if self.is_versioned and number is not None else number


UNVERSIONED = Wire(is_versioned=False, capitalises_created=True, capitalises_read=True)
CAPITALISED = Wire(is_versioned=True, capitalises_created=False, capitalises_read=True)
LOWER_CASE = Wire(is_versioned=True, capitalises_created=False, capitalises_read=False)
VERSIONS = {"preview": LOWER_CASE, "2023-07": CAPITALISED, "2024-01": LOWER_CASE, "2027-01": LOWER_CASE}
