"""An organization in which everything that happens triggers a message of a campaign that was made before."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from campaigns.models import AdCampaign
from customers.models import Customer
from tests.campaigns.behaviors.makers import add_message, add_outcome, make_behavior
from tests.channels import make_banner, make_event, make_live_campaign, make_placeholder
from tests.dialects.management.actor import Actor
from tests.dialects.trace.caller import Caller
from tests.factories import Credentials, make_anonymous, make_customer, make_interaction, make_offer, make_trail

CAPPED: dict[str, Any] = {"frequency_cap": 9, "frequency_unit": "impressions", "frequency_period": "daily"}
PRICED: dict[str, Any] = {"price_per_impression": Decimal("0.1"), "price_per_conversion": Decimal("0.2")}
EVENTS = ("conversion", "dismiss", "buy", "look")


@dataclass
class Scene:
    """An organization in which everything that happens triggers a message of a campaign that was made before."""

    credentials: Credentials

    def __post_init__(self) -> None:
        self.organization = self.credentials.application.organization
        self.caller, self.actor = Caller(self.credentials.application), Actor(self.credentials)
        self.offers = [make_offer(self.organization, points=3) for _ in range(2)]
        self.rewarding = {name: self._rewarding(name) for name in EVENTS}
        self.shown = [make_live_campaign(self.organization, **PRICED, **CAPPED) for _ in range(2)]
        place = make_placeholder(self.caller.application, name="hero", maximum_banners=9)
        for campaign in (*self.rewarding.values(), *reversed(self.shown)):
            make_banner(place, campaign)
        make_event(self.caller.application, *reversed(self.shown), name="buy")
        self.anonymous, self.known = make_anonymous(self.organization), make_customer(self.organization)

    def _rewarding(self, name: str) -> AdCampaign:
        campaign = make_live_campaign(self.organization, **CAPPED)
        behavior = make_behavior(campaign, {"internal_event_name": name}, points=5, tags=[name])
        for offer in reversed(self.offers):
            add_outcome(behavior, offer=offer)
        add_message(behavior)
        return campaign

    def post(self, path: str, body: dict[str, Any], status: int = 200) -> None:
        """A request of the trace dialect."""
        answer = self.caller.post(path, {"app-token": self.caller.token} | body, "json")
        assert answer.status_code == status, answer.content

    def trail(self, customer: Customer | None = None) -> str:
        """A visit."""
        return str(make_trail(customer or self.known, self.caller.application).uuid)

    def act(self, kind: str, name: str) -> None:
        """An action, whose token is the last campaign's."""
        token = str(make_interaction(self.known, self.shown[-1]).token)
        data = [{"name": "tracking-token", "value": token}]
        self.post(f"traces/trail/{self.trail()}/action", {"name": name, "type": kind, "data": data})

    def manage(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """A request of the management dialect."""
        answer = self.actor.send(method, path, body)
        members: dict[str, Any] = answer.json()
        assert members["status"] == "ok", members
        return members
