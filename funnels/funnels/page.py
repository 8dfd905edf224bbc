"""What the funnel's page shows, and what its forms do (contract 4, "the funnel page")."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from customers.errors import DomainError
from funnels.funnels.advance import Advance, advance_funnel
from funnels.funnels.engine import CaptureField, StepAnswer
from funnels.funnels.lookup import get_graph
from funnels.funnels.position import FunnelPosition, read_funnel_position
from funnels.models import Funnel
from traces.actions import TRACKING_TOKEN, Activity, record_action
from traces.models import Trace
from traces.models.action import ActionType


@dataclass(frozen=True)
class OpenedFunnel:
    """A funnel as one visit sees it; raised errors are those of `read_funnel_position`."""

    trail_id: uuid.UUID | None
    campaign_id: int
    token: uuid.UUID | None
    position: FunnelPosition
    funnel: Funnel
    allowed_origins: list[str]

    @property
    def opens_with_landing(self) -> bool:
        """Whether the landing page comes before the steps."""
        return bool(self.funnel.landing_page) and (self.funnel.always_use_landing or not self.position.is_on_the_way)


@dataclass(frozen=True)
class Submission:
    """What became of a form: a sentence for each refused field, none where the step is done."""

    errors: Mapping[str, str] = field(default_factory=dict)


def open_funnel(*, trail_id: uuid.UUID | None, campaign_id: int, token: uuid.UUID | None) -> OpenedFunnel:
    """The funnel of a visit and the position in it; DomainError as `read_funnel_position` raises them."""
    position = read_funnel_position(trail_id=trail_id, campaign_id=campaign_id, token=token)
    funnel = (
        Funnel.objects.filter(campaign_id=position.campaign_id, organization_id=position.organization_id)
        .select_related("organization")
        .get()
    )
    trace = Trace.objects.select_related("application").get(pk=position.trace_id)
    return OpenedFunnel(trail_id, campaign_id, token, position, funnel, trace.application.allowed_origins)


def current_step(*, opened: OpenedFunnel, now: datetime) -> StepAnswer:
    """The current step's answer; begins the funnel where it wasn't begun."""
    return advance_funnel(advance=Advance(opened.trail_id, opened.campaign_id, opened.token), now=now)


def current_fields(*, opened: OpenedFunnel) -> tuple[CaptureField, ...]:
    """What the current step asks for, with its bounds: the first step where the funnel wasn't begun."""
    position = opened.position
    if not position.is_on_the_way:
        graph = get_graph(position.funnel_version_id)
        return graph.steps[graph.start].fields
    return get_graph(position.version_id).steps[position.step].fields if position.step else ()


def submit_step(*, opened: OpenedFunnel, step_id: str, step_data: Mapping[str, object], now: datetime) -> Submission:
    """Advance with a form's values; errors about fields are for the customer, others are raised."""
    advance = Advance(opened.trail_id, opened.campaign_id, opened.token, step_data, step_id)
    try:
        advance_funnel(advance=advance, now=now)
    except DomainError as error:
        if error.code != "invalid_step_data":
            raise
        return Submission({name: " ".join(sentences) for name, sentences in error.fields.items()})
    return Submission()


def dismiss(*, opened: OpenedFunnel, now: datetime) -> None:
    """The customer is not interested: the trace is closed, as by the action `dismiss`."""
    data = [{"name": TRACKING_TOKEN, "value": str(opened.token)}]
    activity = Activity(ActionType.DISMISS.value, ActionType.DISMISS, data)
    record_action(trail_id=opened.trail_id, activity=activity, now=now)
