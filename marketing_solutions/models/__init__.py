"""The rows of the marketing solutions dialect."""

from marketing_solutions.models.advertiser import Advertiser
from marketing_solutions.models.advertiser_campaign import AdvertiserCampaign
from marketing_solutions.models.portfolio import Portfolio
from marketing_solutions.models.search_turn import SearchTurn
from marketing_solutions.models.stored_response import StoredResponse

__all__ = ["Advertiser", "AdvertiserCampaign", "Portfolio", "SearchTurn", "StoredResponse"]
