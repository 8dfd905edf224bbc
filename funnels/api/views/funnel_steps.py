"""The steps of a funnel, one by one (contract 3, Funnel steps; contract 4, section C)."""

from collections.abc import Mapping
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from customers.models.identifier import as_uuid
from funnels.api.serializers.funnel_step import AdvanceFunnelIn, AdvanceFunnelOut
from funnels.funnels.advance import Advance, advance_funnel
from funnels.funnels.engine import StepConfig
from funnels.funnels.lookup import campaign_id_of
from traces.page_owners import app_token_of_trail
from traces.wire.documentation import operation
from traces.wire.rendering import keyword
from traces.wire.views import TraceView


class AdvanceFunnel(TraceView):
    """Go through a campaign's funnel."""

    trail_id: UUID | None = None

    def named_application(self) -> UUID | None:
        """That of the visit's trace."""
        return app_token_of_trail(trail_id=self.trail_id)

    @operation("Begin a campaign's funnel or advance in it", request=AdvanceFunnelIn, answer=AdvanceFunnelOut)
    def post(self, _request: Request) -> HttpResponse:
        """The current step, or the next one where the current one's data is sent."""
        members = self.read(AdvanceFunnelIn)
        self.trail_id = as_uuid(members["trail_id"])
        advance = Advance(
            trail_id=self.trail_id,
            campaign_id=campaign_id_of(trail_id=self.trail_id, named=members["campaign_id"]),
            token=as_uuid(members["tracking_token"]),
            step_data=members["step_data"],
            step_id=members["step_id"],
        )
        answer = advance_funnel(advance=advance, now=timezone.now())
        return self.answer(type=keyword(answer["type"]), config=_with_keywords(answer["config"]))


def _with_keywords(config: StepConfig) -> Mapping[str, object]:
    """In EDN actions are keywords (contract 4, "actions of a step")."""
    if "actions" not in config:
        return config
    return {**config, "actions": [keyword(action) for action in config["actions"]]}
