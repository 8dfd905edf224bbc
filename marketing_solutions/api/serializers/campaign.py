"""How a campaign is written, path by path (contract 4, section B "paths", "versioned wire", "goals on the wire")."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketing_solutions.campaigns import PortfolioCampaign


@dataclass(frozen=True)
class Wire:
    """One form of answers; what clients of a version check by type, they get in just that type."""

    is_versioned: bool
    capitalises_created: bool
    capitalises_read: bool

    def created(self, campaign: PortfolioCampaign) -> dict[str, Any]:
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

    def read(self, campaign: PortfolioCampaign) -> dict[str, Any]:
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
        # Twelve digits fit a double, whose shortest form is what was kept.
        number = None if amount is None else float(amount)
        return {"value": number} if self.is_versioned and number is not None else number


UNVERSIONED = Wire(is_versioned=False, capitalises_created=True, capitalises_read=True)
CAPITALISED = Wire(is_versioned=True, capitalises_created=False, capitalises_read=True)
LOWER_CASE = Wire(is_versioned=True, capitalises_created=False, capitalises_read=False)
VERSIONS = {"preview": LOWER_CASE, "2023-07": CAPITALISED, "2024-01": LOWER_CASE, "2027-01": LOWER_CASE}
