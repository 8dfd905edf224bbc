"""Campaigns of a portfolio (contract 2)."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import TypeVar

import orjson
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from rest_framework.request import Request

from customers.bounds import Work, bounded
from marketing_solutions.api.base import MarketingSolutionsView
from marketing_solutions.api.documentation import operation
from marketing_solutions.api.idempotency import idempotent
from marketing_solutions.api.serializers.campaign import CampaignAnswer, CreateAnswer, SearchAnswer, UpdateAnswer, Wire
from marketing_solutions.api.serializers.new_campaign import CreateWrapper, read_new_campaign
from marketing_solutions.api.serializers.search import SearchIn, read_filters
from marketing_solutions.api.serializers.spend_update import UpdatesIn, answer_of, read_updates
from marketing_solutions.campaigns import (
    PAGE,
    PortfolioCampaign,
    create_advertiser_campaign,
    get_portfolio_campaign,
    portfolio_pages,
)
from marketing_solutions.concurrent_searches import Turn, take_search_turn
from marketing_solutions.oauth import READ
from marketing_solutions.spend_updates import update_campaigns

Result = TypeVar("Result")
Pages = Iterator[list[PortfolioCampaign]]


class Campaigns(MarketingSolutionsView):
    """Making campaigns, and changing many at once."""

    @operation("Create a campaign", request=CreateWrapper, answer=CreateAnswer, status=201)
    @idempotent
    def post(self, _request: Request, **_: object) -> HttpResponse:
        """Make a campaign for an advertiser of the portfolio."""
        wanted = read_new_campaign(self.body())
        campaign = create_advertiser_campaign(application=self.application, wanted=wanted, now=timezone.now())
        return self.answer(CreateAnswer(data=self.wire.created(campaign), warnings=[], errors=[]), 201)

    @operation("Update campaigns", request=UpdatesIn, answer=UpdateAnswer)
    @idempotent
    def patch(self, _request: Request, **_: object) -> HttpResponse:
        """Apply each update on its own; what failed stands in `errors`, by its place in the request."""
        updates = read_updates(self.body())
        updated = update_campaigns(application=self.application, updates=updates, now=timezone.now())
        return self.answer(answer_of(self.http_request, updated))


class CampaignSearch(MarketingSolutionsView):
    """Finding campaigns."""

    scopes = {"POST": READ}
    http_method_names: list[str] = ["post"]

    @operation("Search campaigns", request=SearchIn, answer=SearchAnswer)
    def post(self, _request: Request, **_: object) -> HttpResponseBase:
        """The campaigns that meet the filters, by advertiser and id; a large portfolio is streamed page by page.

        An organization has few of such answers sent at a time.
        """
        pages = portfolio_pages(application=self.application, **read_filters(self.body()))
        first = next(pages)
        if len(first) < PAGE:
            return self.answer(SearchAnswer(data=[self.wire.read(campaign) for campaign in first], errors=[]))
        turn = take_search_turn(organization=self.application.organization)
        answer = StreamingHttpResponse(_stream(chain([first], pages), self.wire, turn), content_type="application/json")
        # The web server closes the answer when it was sent, or when its client is gone.
        answer._resource_closers.append(_as_api_work(turn.leave))  # type: ignore[attr-defined]  # noqa: SLF001 - Django's own list
        return answer


class Campaign(MarketingSolutionsView):
    """One campaign."""

    http_method_names: list[str] = ["get", "head"]

    @operation("Get a campaign", answer=CampaignAnswer)
    def get(self, _request: Request, campaign_id: int, **_: object) -> HttpResponse:
        """A campaign of the portfolio."""
        campaign = get_portfolio_campaign(application=self.application, campaign_id=campaign_id)
        return self.answer(CampaignAnswer(data=self.wire.read(campaign), errors=[]))


def _stream(pages: Pages, wire: Wire, turn: Turn) -> Iterator[bytes]:
    """The same envelope in pieces, one page of rows in memory at a time."""
    separator = b'{"data":['
    next_page, extend = _as_api_work(partial(next, pages, None)), _as_api_work(turn.extend)
    while (page := next_page()) is not None:
        if page:
            yield separator + orjson.dumps([wire.read(campaign) for campaign in page])[1:-1]
            separator = b","
            extend()
    yield b'],"errors":[]}'


def _as_api_work(work: Callable[[], Result]) -> Callable[[], Result]:
    """The same, by statements with the bounds of a request, in whatever thread it is done (docs/decisions/0083)."""

    def done() -> Result:
        with bounded(Work.API):
            return work()

    return done
