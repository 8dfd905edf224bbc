"""The rows of the marketing solutions dialect: whose campaigns are bought for."""

from marketing_solutions.models.advertiser import Advertiser

__all__ = ["Advertiser"]
