"""Contract 5, section A, "values shown back", "captured data that is another customer's", "who may call what".

Eve has the app-token of a page and guesses the id of Ana, of whom much is known.
"""

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import Any

import pytest

from campaigns.models import AdCampaign
from customers.applications.applications import rotate_identity_secret
from customers.customers.merging import identify
from customers.models import Application, Customer, CustomerField, Organization
from funnels.models import FunnelEntry
from tests.contents import contents
from tests.dialects.trace.caller import Answer, Caller, Form, accepted, refused
from tests.factories import make_customer, make_interaction, make_unique
from tests.funnels.card_upgrade import make_card_upgrade
from traces.models import Trace

pytestmark = pytest.mark.django_db
KNOWN = {"first_name": "Ana", "email": "ana@example.com", "income": 20_000, "born": "1990-01-01"}
TYPED = {"first_name": "Eve", "email": "eve@example.com", "income": 10_000}


def customer_token(caller: Caller, customer_id: str) -> str:
    """As a site's server makes it."""
    secret = caller.application.identity_secret
    return hmac.new(secret.encode(), customer_id.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Visit:
    """A visit in front of the funnel, begun through the API."""

    caller: Caller
    campaign: AdCampaign
    trail: str
    token: str
    form: Form

    @classmethod
    def of(cls, caller: Caller, campaign: AdCampaign, customer_id: object, form: Form, **members: object) -> "Visit":
        """Of the customer of an id, or of an anonymous one."""
        body = {"app-token": caller.token, "customer-id": customer_id, **members}
        trace = accepted(caller.post("traces/trace", body, form))
        trail = caller.trail(trace["trace-id"], form)
        customer = Trace.objects.get(uuid=trace["trace-id"]).customer
        return cls(caller, campaign, trail, str(make_interaction(customer, campaign).token), form)

    def send(self, **members: object) -> Answer:
        """Call advance-funnel."""
        body = {"trail-id": self.trail, "campaign-id": self.campaign.pk, "tracking-token": self.token}
        return self.caller.post("campaigns/advance-funnel", body | members, self.form)

    def step(self, **members: object) -> dict[str, Any]:
        """The same, where it must succeed."""
        return accepted(self.send(**members))

    def details(self) -> dict[str, Any]:
        """Go to the step that asks for details; the values that it shows."""
        self.step()
        return values(self.step(**{"step-data": {}}))

    def page(self) -> str:
        """The same step as a page."""
        address = f"/api/campaigns/{self.campaign.pk}/funnel?d={self.token}&t={self.trail}&begun=1"
        return str(self.caller.client.get(address).content.decode())


def values(answer: dict[str, Any]) -> dict[str, Any]:
    """The values of a step's fields."""
    return {field["name"]: field["value"] for field in answer["config"].get("fields", [])}


@pytest.fixture
def web(db: None) -> Caller:  # noqa: ARG001
    """The application whose token stands in a page."""
    return Caller.of(platforms=["web"])


@pytest.fixture
def organization(web: Caller) -> Organization:
    """Whose customers these are."""
    return web.organization


@pytest.fixture
def campaign(organization: Organization) -> AdCampaign:
    """The card upgrade."""
    return make_card_upgrade(organization)


@pytest.fixture
def ana(campaign: AdCampaign) -> Customer:
    """Somebody of whom much is known."""
    return make_customer(campaign.organization, external_id="ana", attributes=KNOWN)


NOTHING = dict.fromkeys(KNOWN)


@pytest.mark.parametrize("platforms", [["web"], ["rest", "web"], ["android"], []])
def test_a_guessed_id_shows_nothing(ana: Customer, campaign: AdCampaign, form: Form, platforms: list[str]) -> None:
    eve = Visit.of(Caller.of(ana.organization, platforms=platforms), campaign, "ana", form)
    assert eve.details() == NOTHING
    page = eve.page()
    assert "First name" in page
    assert not [value for value in ("Ana", "ana@example.com", "20000", "1990-01-01") if value in page]


def test_a_server_speaks_for_its_visitors(ana: Customer, campaign: AdCampaign, form: Form) -> None:
    visit = Visit.of(Caller.of(ana.organization), campaign, "ana", form)
    assert visit.details() == KNOWN
    assert "ana@example.com" in visit.page()


@pytest.mark.parametrize("spell", [str, str.upper])
def test_a_customer_token_proves_the_visitor(
    web: Caller, ana: Customer, campaign: AdCampaign, form: Form, spell: Any
) -> None:
    assert ana.external_id
    proof = {"customer-token": spell(customer_token(web, "ana"))}
    visit = Visit.of(web, campaign, "ana", form, **proof)
    assert visit.details() == KNOWN
    assert "ana@example.com" in visit.page()


@pytest.mark.usefixtures("ana")
@pytest.mark.parametrize(
    "token", ["0" * 64, "x", "é", "\ud7ff", "of another id", "of another application", "of before"]
)
def test_a_wrong_customer_token_starts_nothing(web: Caller, form: Form, token: str) -> None:
    others = {
        "of another id": customer_token(web, "eve"),
        "of another application": customer_token(Caller.of(web.organization, platforms=["web"]), "ana"),
        "of before": customer_token(web, "ana"),
    }
    rotate_identity_secret(application=web.application)
    before = contents()
    body = {"app-token": web.token, "customer-id": "ana", "customer-token": others.get(token, token)}
    refused(web.post("traces/trace", body, form), 400, "wrong-customer-token")
    refused(web.post("traces/trace", body | {"customer-id": None}, form), 400, "wrong-customer-token")
    assert contents() == before


def test_an_application_without_identity_secret_accepts_no_customer_token(web: Caller, form: Form) -> None:
    web.application.sealed_identity_secret = ""
    web.application.save()
    body = {"app-token": web.token, "customer-id": "ana", "customer-token": customer_token(web, "ana")}
    refused(web.post("traces/trace", body, form), 400, "wrong-customer-token")


@pytest.mark.parametrize("token", [None, ""])
def test_an_empty_customer_token_counts_as_absent(web: Caller, ana: Customer, form: Form, token: object) -> None:
    accepted(web.post("traces/trace", {"app-token": web.token, "customer-id": "ana", "customer-token": token}, form))
    assert Trace.objects.get(customer=ana).is_trusted is None


def test_a_trace_without_app_token_is_never_trusted(
    ana: Customer, campaign: AdCampaign, form: Form, settings: Any
) -> None:
    server = Caller.of(ana.organization)
    settings.DEFAULT_APP_TOKEN = server.token
    assert Visit.of(server, campaign, "ana", form, **{"app-token": None}).details() == NOTHING


def test_what_was_typed_in_this_visit_is_shown(web: Caller, ana: Customer, campaign: AdCampaign, form: Form) -> None:
    """Also where the funnel begins anew, through another trail of the same trace."""
    eve = Visit.of(web, campaign, "ana", form)
    eve.details()
    eve.step(**{"step-data": TYPED})
    another_trail = web.trail(str(Trace.objects.get(trails__uuid=eve.trail).uuid), form)
    again = Visit(web, campaign, another_trail, str(make_interaction(ana, campaign).token), form)
    assert again.details() == {**TYPED, "born": None}


def test_another_visit_does_not_see_what_was_shown_or_typed(
    web: Caller, ana: Customer, campaign: AdCampaign, form: Form
) -> None:
    assert ana.pk
    trusted = Visit.of(web, campaign, "ana", form, **{"customer-token": customer_token(web, "ana")})
    first = trusted.step()["config"]["step-id"]
    answer = trusted.step(**{"step-data": {}})
    assert values(answer) == KNOWN
    eve = Visit.of(web, campaign, "ana", form)
    assert values(eve.step()) == NOTHING
    assert values(eve.step(**{"step-data": {}, "step-id": first})) == NOTHING
    # The visit that was told them is told them again, byte for byte.
    assert trusted.step(**{"step-data": {}, "step-id": first}) == answer
    assert trusted.step() == answer


def test_a_proven_customer_who_continues_an_anonymous_visit_sees_stored_values(
    web: Caller, ana: Customer, campaign: AdCampaign, form: Form
) -> None:
    assert ana.pk
    eve = Visit.of(web, campaign, "ana", form)
    eve.details()
    trusted = Visit.of(web, campaign, "ana", form, **{"customer-token": customer_token(web, "ana")})
    assert values(trusted.step()) == KNOWN


def test_a_guessed_id_overwrites_nothing(web: Caller, ana: Customer, campaign: AdCampaign, form: Form) -> None:
    eve = Visit.of(web, campaign, "ana", form)
    eve.details()
    eve.step(**{"step-data": {**TYPED, "born": None}})
    ana.refresh_from_db()
    assert ana.attributes == KNOWN
    assert FunnelEntry.objects.get().data == {**TYPED, "born": None}


def test_new_values_are_stored_and_may_be_corrected_in_the_same_visit(
    web: Caller, campaign: AdCampaign, form: Form
) -> None:
    ben = make_customer(web.organization, external_id="ben", attributes={"income": 5})
    visit = Visit.of(web, campaign, "ben", form)
    for name in ("Ben", "Benjamin"):
        visit.details()
        visit.step(**{"step-data": {**TYPED, "first_name": name}})
        ben.refresh_from_db()
        assert ben.attributes == {**TYPED, "first_name": name, "income": 5}
        visit = replace(visit, token=str(make_interaction(ben, campaign).token))


def test_a_proven_customer_may_overwrite_stored_values(
    web: Caller, ana: Customer, campaign: AdCampaign, form: Form
) -> None:
    trusted = Visit.of(web, campaign, "ana", form, **{"customer-token": customer_token(web, "ana")})
    trusted.details()
    trusted.step(**{"step-data": {**TYPED, "born": None}})
    ana.refresh_from_db()
    assert ana.attributes == TYPED


def test_an_anonymous_visitor_who_claims_to_be_somebody(
    web: Caller, ana: Customer, campaign: AdCampaign, form: Form
) -> None:
    """Even one who has proved who they were: the token of a former id says nothing about who they claim to be."""
    body = {"app-token": web.token}
    nobody = accepted(web.post("traces/trace", body, form))["customer-id"]
    proof = {"customer-token": customer_token(web, nobody)}
    eve = Visit.of(web, campaign, nobody, form, **proof)
    page = {"app-token": web.token, "trail-id": eve.trail, "customer-id": "ana"}
    assert accepted(web.post("campaigns/sync-page", page, form))["customer-id"] == "ana"
    token = str(make_interaction(ana, campaign).token)
    assert Visit(web, campaign, eve.trail, token, form).details() == NOTHING
    # The former id finds Ana now.
    later = Visit.of(web, campaign, nobody, form, **proof)
    assert values(later.step()) == NOTHING


def test_a_server_still_vouches_for_its_visitor_after_identification(
    ana: Customer, campaign: AdCampaign, form: Form
) -> None:
    server = Caller.of(ana.organization)
    visit = Visit.of(server, campaign, None, form)
    anonymous = Trace.objects.get().customer
    identify(organization=ana.organization, anonymous=anonymous, customer_id="ana")
    assert visit.details() == KNOWN


def _unique_email(organization: Organization) -> None:
    make_unique(CustomerField.objects.get(organization=organization, name="email"))


@pytest.mark.parametrize("income", [10_000, 60_000])
@pytest.mark.parametrize("customer_id", [None, "ben"])
def test_another_customer_s_value_is_not_revealed(
    web: Caller, ana: Customer, campaign: AdCampaign, form: Form, customer_id: str | None, income: int
) -> None:
    """Whether the step is the last before the end, or one who earns enough goes on."""
    _unique_email(web.organization)
    visit = Visit.of(web, campaign, customer_id, form)
    visit.details()
    answer = visit.step(**{"step-data": {"first_name": "Ben", "email": KNOWN["email"], "income": income}})
    assert answer["type"] == ("redirect" if income == 10_000 else "data-capture")
    entry = FunnelEntry.objects.select_related("customer").get()
    assert entry.customer.attributes == {"first_name": "Ben", "income": income}
    assert (entry.data["email"], entry.shared_fields) == (KNOWN["email"], ["email"])
    ana.refresh_from_db()
    assert ana.attributes == KNOWN


def test_a_value_of_somebody_else_leaves_one_s_own(ana: Customer, campaign: AdCampaign, form: Form) -> None:
    _unique_email(ana.organization)
    ben = make_customer(ana.organization, external_id="ben", attributes={"email": "ben@example.com"})
    visit = Visit.of(Caller.of(ana.organization), campaign, "ben", form)
    visit.details()
    visit.step(**{"step-data": {**TYPED, "email": KNOWN["email"]}})
    ben.refresh_from_db()
    assert ben.attributes == {**TYPED, "email": "ben@example.com"}


@pytest.mark.parametrize("platforms", [[], ["web"], ["ios"]])
def test_business_events_are_told_by_servers(web: Caller, form: Form, platforms: list[str]) -> None:
    page = Caller.of(web.organization, platforms=platforms)
    body = {"app-token": page.token, "event-name": "sign-up", "customer-id": "ana"}
    before = contents()
    message = refused(page.post("campaigns/business-event", body, form), 404, "unknown-application")
    assert message.endswith("has not the platform that this needs: rest.")
    assert contents() == before


def test_identity_secrets_are_stored_encrypted(web: Caller) -> None:
    secret = web.application.identity_secret
    assert len(secret) == 64
    assert secret not in web.application.sealed_identity_secret
    assert Application.objects.get(pk=web.application.pk).identity_secret == secret
