"""The addresses of the marketing solutions dialect."""

from django.urls import include, path, re_path, register_converter

from marketing_solutions.api.bodies import read_id
from marketing_solutions.api.serializers.campaign import VERSIONS
from marketing_solutions.api.views.campaigns import Campaign, Campaigns, CampaignSearch
from marketing_solutions.api.views.tokens import Token
from marketing_solutions.api.views.versions import unknown_version


class PortfolioIdConverter:
    """An id in a path. What can't be an id becomes 0, which no row has: it is not found like any other."""

    regex = "[^/]+"

    def to_python(self, value: str) -> int:
        """The id."""
        return read_id(value) or 0

    def to_url(self, value: int) -> str:
        """The id in a path."""
        return str(value)


class VersionConverter:
    """A version of the API that there is."""

    regex = "|".join(VERSIONS)

    def to_python(self, value: str) -> str:
        """The version."""
        return value

    def to_url(self, value: str) -> str:
        """The version in a path."""
        return value


register_converter(PortfolioIdConverter, "portfolio_id")
register_converter(VersionConverter, "version")

campaigns = [
    path("campaigns", Campaigns.as_view()),
    path("campaigns/search", CampaignSearch.as_view()),
    path("campaigns/<portfolio_id:campaign_id>", Campaign.as_view()),
]
unknown_versions = [
    re_path(rf"^(?P<version>(?!(?:{VersionConverter.regex})/)[^/]+)/marketing-solutions(?:/.*)?$", unknown_version),
]

urlpatterns = [
    path("oauth2/token", Token.as_view()),
    path("marketing-solutions/", include(campaigns)),
    path("<version:version>/marketing-solutions/", include(campaigns)),
]
