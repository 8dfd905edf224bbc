"""A customer who is merged between any two statements of a request: it answers as if that came before it, or after."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from campaigns.decisions.explain import explain
from campaigns.models import AdCampaign, Completion, DecisionRecord, IssuedOffer, Participation
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.tasks import work_once
from customers.customers.merging import identify
from customers.models import Customer, CustomerAlias, CustomerOwned, Organization
from tests.campaigns.behaviors.makers import make_behavior
from tests.campaigns.delivery.scheduled import build, make_delivery, make_scheduled, states_of, work
from tests.channels import make_banner, make_event, make_live_campaign, make_placeholder
from tests.dialects.management.actor import Actor
from tests.dialects.trace.caller import Caller, accepted
from tests.factories import (
    Credentials,
    make_anonymous,
    make_application,
    make_customer,
    make_field,
    make_interaction,
    make_issued_offer,
    make_offer,
    make_organization,
    make_trail,
)
from tests.funnels.card_upgrade import make_card_upgrade
from tests.meanwhile import meanwhile

# PostgreSQL allows a hundred connections in all: tests with threads run one after the other.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("connections")]
Request = Callable[[], Any]
Check = Callable[[Any], None]


@dataclass
class Scene:
    """An organization with something of everything, and an anonymous visitor who is about to turn out to be known."""

    credentials: Credentials
    banner: AdCampaign
    bought: AdCampaign
    card: AdCampaign
    anonymous: Customer = field(init=False)
    known: Customer = field(init=False)

    def __post_init__(self) -> None:
        self.caller, self.actor = Caller(self.credentials.application), Actor(self.credentials)
        self.organization = self.credentials.application.organization
        self.renew()

    def renew(self) -> None:
        """Two customers whom nobody has merged."""
        self.anonymous, self.known = make_anonymous(self.organization), make_customer(self.organization)

    def merge(self) -> None:
        """They are one."""
        identify(organization=self.organization, anonymous=self.anonymous, customer_id=str(self.known.external_id))

    def trail(self) -> str:
        """A visit of the anonymous customer."""
        return str(make_trail(self.anonymous, self.caller.application).uuid)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """A request of the trace dialect."""
        return self.caller.post(path, {"app-token": self.caller.token} | body, "json")

    def user(self, method: str, rest: str, body: object = None) -> Any:
        """A request of the management dialect about the anonymous customer."""
        path = f"/priv/v{2 if 'campaigns' in rest else 1}/apps/:api_key/users/{self.anonymous.uuid}{rest}"
        answer = self.actor.send(method, path, body)
        assert answer.status_code == 200, answer.content
        return answer.json()


@pytest.fixture
def scene(settings: Any) -> Scene:
    """The scene; every decision is kept."""
    settings.DECISION_LOG = "all"
    credentials = make_application(platforms=["rest"])
    application = credentials.application
    banner = make_banner(make_placeholder(application, name="hero")).campaign
    bought = make_live_campaign(application.organization)
    make_behavior(bought, max_times_achievable=9)
    make_event(application, bought, name="buy")
    make_field(application.organization, "state", "string")
    return Scene(credentials, banner, bought, make_card_upgrade(application.organization))


def _redeem(scene: Scene) -> tuple[Request, Check]:
    issued = make_issued_offer(scene.anonymous)

    def check(answer: Any) -> None:
        assert answer["offer"]["state"] == "redeemed"
        assert IssuedOffer.objects.get(pk=issued.pk).redeemed_at

    return partial(scene.user, "POST", f"/offers/{issued.pk}/redeem"), check


def _offers(scene: Scene) -> tuple[Request, Check]:
    issued = make_issued_offer(scene.anonymous)

    def check(answer: Any) -> None:
        assert [each["id"] for each in answer["offers"]] == [issued.pk]

    return partial(scene.user, "GET", "/offers"), check


def _earned(scene: Scene) -> None:
    behavior = scene.bought.achievements.get(composite=None)
    Completion.objects.create(
        organization=scene.organization, customer=scene.anonymous, achievement=behavior, at=timezone.now()
    )


def _campaigns(scene: Scene) -> tuple[Request, Check]:
    _earned(scene)

    def check(answer: Any) -> None:
        assert {each["campaign_id"]: each["status"] for each in answer["campaigns"]}[scene.bought.pk] == "completed"

    return partial(scene.user, "GET", "/campaigns"), check


def _campaign(scene: Scene) -> tuple[Request, Check]:
    _earned(scene)

    def check(answer: Any) -> None:
        assert answer["campaign"]["status"] == "completed"

    return partial(scene.user, "GET", f"/campaigns/{scene.bought.pk}"), check


def _perform(scene: Scene) -> tuple[Request, Check]:
    path = f"/campaigns/{scene.bought.pk}/perform"

    def check(answer: Any) -> None:
        assert answer["campaign"]["status"] == "completed"

    return partial(scene.user, "POST", path, {"domain": "complete_campaign"}), check


def _events(scene: Scene) -> tuple[Request, Check]:
    told = {"user_id": str(scene.anonymous.uuid), "name": "buy", "at": "2026-11-21T12:00:00Z"}

    def check(answer: Any) -> None:
        assert answer.json()["errors"] == []

    return partial(scene.actor.post, "/priv/v1/apps/:api_key/events", {"event": told}), check


def _explained(scene: Scene) -> tuple[Request, Check]:
    Participation.objects.create(
        organization=scene.organization, customer=scene.anonymous, campaign=scene.bought, dismissed_at=timezone.now()
    )
    organization = Organization.objects.get(pk=scene.organization.pk)
    asked: dict[str, Any] = {"customer": scene.anonymous, "campaign_id": scene.bought.pk, "at": timezone.now()}

    def check(answer: Any) -> None:
        assert answer.reason == "dismissed"

    return partial(explain, organization=organization, **asked), check


def _accepted(answer: Any) -> None:
    accepted(answer)


def _sync_page(scene: Scene) -> tuple[Request, Check]:
    body = {"trail-id": scene.trail(), "placeholders": [{"name": "hero"}]}

    def check(answer: Any) -> None:
        accepted(answer)
        assert DecisionRecord.objects.filter(customer__in=[scene.anonymous, scene.known]).count() == 1

    return partial(scene.post, "campaigns/sync-page", body), check


def _identifying(scene: Scene) -> tuple[Request, Check]:
    body = {"trail-id": scene.trail(), "placeholders": [{"name": "hero"}], "customer-id": scene.known.external_id}
    return partial(scene.post, "campaigns/sync-page", body), _accepted


def _active(scene: Scene) -> tuple[Request, Check]:
    return partial(scene.post, "campaigns/active", {"trail-id": scene.trail()}), _accepted


def _active_of_customer(scene: Scene) -> tuple[Request, Check]:
    return partial(scene.post, "campaigns/active", {"customer-id": scene.anonymous.external_id}), _accepted


def _business_event(scene: Scene) -> tuple[Request, Check]:
    body: dict[str, Any] = {"event-name": "buy", "customer-id": scene.anonymous.external_id, "context": {}}

    def check(answer: Any) -> None:
        assert answer.status_code == 202, answer.content

    return partial(scene.post, "campaigns/business-event", body), check


def _funnel(scene: Scene) -> tuple[Request, Check]:
    token = str(make_interaction(scene.anonymous, scene.card).token)
    body = {"trail-id": scene.trail(), "campaign-id": scene.card.pk, "tracking-token": token}
    return partial(scene.post, "campaigns/advance-funnel", body), _accepted


def _trace(scene: Scene) -> tuple[Request, Check]:
    return partial(scene.post, "traces/trace", {"customer-id": scene.anonymous.external_id}), _accepted


def _trail(scene: Scene) -> tuple[Request, Check]:
    trace = make_trail(scene.anonymous, scene.caller.application).trace
    return partial(scene.post, f"traces/{trace.uuid}/trail", {"channel": "atm"}), _accepted


def _action(kind: str) -> Callable[[Scene], tuple[Request, Check]]:
    def make(scene: Scene) -> tuple[Request, Check]:
        data: dict[str, Any] = {"tracking_token": str(make_interaction(scene.anonymous, scene.bought).token)}
        return partial(scene.caller.act, scene.trail(), kind, **data), _accepted

    return make


def _customer(scene: Scene) -> tuple[Request, Check]:
    return partial(scene.post, "customers", {"customer": {"id": scene.anonymous.external_id, "state": "CA"}}), _accepted


def _subscription(scene: Scene) -> tuple[Request, Check]:
    token = {"customer-id": scene.anonymous.external_id, "reg-token": "r", "platform": "ios"}
    return partial(scene.post, "customers/subscribe", token), _accepted


CASES = [
    *(_redeem, _offers, _campaigns, _campaign, _perform, _events, _explained),
    *(_sync_page, _identifying, _active, _active_of_customer, _business_event, _funnel),
    *(_trace, _trail, _action("action"), _action("conversion"), _action("dismiss"), _customer, _subscription),
]


def test_between_any_two_statements_of_a_request(scene: Scene) -> None:
    for case in CASES:
        number = 0
        while _is_merged(scene, case, number):
            _all_is_the_known_customer_s(scene)
            number += 1
        assert number, case


def _is_merged(scene: Scene, case: Callable[[Scene], tuple[Request, Check]], number: int) -> bool:
    """Merge before a statement of the request; False where it has not so many."""
    scene.renew()
    request, check = case(scene)
    with meanwhile(number, scene.merge) as merge:
        answer = request()
    check(answer)
    return merge.has_happened


def _all_is_the_known_customer_s(scene: Scene) -> None:
    assert CustomerAlias.objects.filter(customer=scene.known).count() == 1
    for model in apps.get_models():
        if issubclass(model, CustomerOwned):
            assert not model._base_manager.filter(customer_id=scene.anonymous.pk).exists(), model


def test_between_any_two_statements_of_issuing_offers() -> None:
    number = 0
    while _is_merged_while_issuing(number):
        number += 1
    assert number > 3


def _is_merged_while_issuing(number: int) -> bool:
    organization = make_organization()
    offer = make_offer(organization, limit_per_customer=1)
    kind = {"ad_type": AdType.ISSUE_BULK_OFFER, "creative_type": CreativeType.ISSUE_BULK_OFFER}
    delivery = make_delivery(make_scheduled(organization, offer_ids=[offer.guid], **kind))
    anonymous, known = make_anonymous(organization), make_customer(organization, consent=False)
    build(delivery)
    Customer.objects.filter(pk=known.pk).update(consent=True)
    merge = partial(identify, organization=organization, anonymous=anonymous, customer_id=str(known.external_id))
    with meanwhile(number, merge) as merging:
        work_once()
    work()
    owner = known if merging.has_happened else anonymous
    assert list(IssuedOffer.objects.filter(offer=offer).values_list("customer_id", flat=True)) == [owner.pk]
    assert states_of(delivery) == {"sent": 1}
    return merging.has_happened
