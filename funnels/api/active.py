"""The campaigns that are active for a customer (contract 3, Active Campaigns)."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from customers.prisma.documentation import operation
from customers.prisma.views import PrismaView
from funnels.api.serializers import ActiveIn, ActiveOut
from funnels.services.active import ActiveCampaigns, ActiveRequest, active_campaigns


class Active(PrismaView):
    """Active campaigns."""

    @operation("Get the campaigns that are active for a customer", request=ActiveIn, answer=ActiveOut)
    def post(self, _request: Any) -> HttpResponse:
        """The campaigns in the decision's order; with a visit each has a tracking token."""
        members = self.read(ActiveIn)
        active = active_campaigns(request=ActiveRequest(**members), now=timezone.now())
        return self.answered_first(self.answer(campaigns=_on_the_wire(active)), active.afterwards)


def _on_the_wire(active: ActiveCampaigns) -> list[dict[str, Any]]:
    return [
        {
            "campaign": candidate.campaign_id,
            "name": candidate.name,
            "category": candidate.category,
            "group": candidate.group_name,
            "starts-at": candidate.window.starts_at,
            "ends-at": candidate.window.ends_at,
            **({"tracking-token": active.tokens[candidate.campaign_id]} if active.tokens else {}),
        }
        for candidate in active.campaigns
    ]
