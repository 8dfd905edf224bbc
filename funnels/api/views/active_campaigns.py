"""The campaigns that are active for a customer (contract 3, Active Campaigns)."""

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from campaigns.decisions.engine import Candidate
from funnels.api.rendering import NIL_TOKEN, NIL_TOKEN_TEXT, as_list, as_map, with_token
from funnels.api.serializers.active_campaign import ActiveIn, ActiveOut
from funnels.placements.active import ActiveCampaigns, ActiveRequest, active_campaigns
from traces.wire.documentation import operation
from traces.wire.negotiation import Format
from traces.wire.rendering import rendered, respond
from traces.wire.views import TraceView


class Active(TraceView):
    """Active campaigns."""

    @operation("Get the campaigns that are active for a customer", request=ActiveIn, answer=ActiveOut)
    def post(self, _request: Request) -> HttpResponse:
        """The campaigns in the decision's order; with a visit each has a tracking token."""
        members = self.read(ActiveIn)
        request = ActiveRequest(
            app_token=members["app_token"],
            trail_id=members["trail_id"],
            customer_id=members["customer_id"],
            # An empty category or group is as good as none.
            category=members["category"] or None,
            group=members["group"] or None,
            stranger=self.stranger,
        )
        active = active_campaigns(request=request, now=timezone.now())
        return self.run_after_response(
            respond(_render(active, self.response_format), self.response_format), active.after_response
        )


def _render(active: ActiveCampaigns, response_format: Format) -> bytes:
    """The answer; what never changes of a campaign is rendered once for each version of the definitions."""
    campaigns = [_campaign(active, candidate, response_format) for candidate in active.campaigns]
    return as_map(response_format, (b"campaigns", as_list(response_format, campaigns)))


def _campaign(active: ActiveCampaigns, candidate: Candidate, response_format: Format) -> bytes:
    cache = active.definitions.by_id[candidate.campaign_id].rendered
    cached = cache.get(response_format)
    if cached is None:
        members = _members(candidate)
        # The token is the last member: what operators write comes before it.
        with_nil = rendered({**members, "tracking-token": NIL_TOKEN}, response_format)
        before, _, after = with_nil.rpartition(NIL_TOKEN_TEXT)
        cached = cache[response_format] = (rendered(members, response_format), (before, after))
    whole, halves = cached
    return with_token(halves, active.tokens[candidate.campaign_id]) if active.tokens else bytes(whole)


def _members(candidate: Candidate) -> dict[str, object]:
    return {
        "campaign": candidate.campaign_id,
        "name": candidate.name,
        "category": candidate.category,
        "group": candidate.group_name,
        "starts-at": candidate.window.starts_at,
        "ends-at": candidate.window.ends_at,
    }
