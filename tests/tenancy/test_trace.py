"""The trace dialect: what is another organization's answers like a missing one, and stays as it is."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from campaigns.models import Event
from customers.customers.merging import identify
from customers.models import Customer, PushToken
from tests.contents import contents
from tests.dialects.trace.caller import FORMS, Caller, Form, accepted, refused
from tests.factories import make_anonymous, make_application, make_customer, make_interaction, make_trail
from traces.models import Trace

Named = Callable[[Customer], str]


@pytest.fixture
def caller(db: None) -> Caller:  # noqa: ARG001
    """The organization that asks."""
    return Caller.of()


@pytest.fixture
def rival(db: None) -> Caller:  # noqa: ARG001
    """The organization whose rows stay as they are."""
    return Caller.of()


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Form:
    """Both formats."""
    chosen: Form = request.param
    return chosen


@pytest.mark.parametrize("kind", ["conversion", "dismiss"])
def test_their_tracking_token_is_unknown(caller: Caller, rival: Caller, form: Form, kind: str) -> None:
    customer = make_customer(caller.organization, external_id="51")
    trail = make_trail(customer, caller.application)
    theirs = make_interaction(make_customer(rival.organization, external_id="51"))
    before = contents()
    unknown = caller.act(str(trail.uuid), kind, form, tracking_token=str(uuid4()))
    answer = caller.act(str(trail.uuid), kind, form, tracking_token=str(theirs.token))
    refused(answer, 404, "unknown-tracking-token")
    assert (answer.content, answer.headers) == (unknown.content, unknown.headers)
    assert contents() == before


IDS: dict[str, Named] = {"external id": lambda customer: str(customer.external_id), "uuid": lambda c: str(c.uuid)}


@pytest.mark.parametrize("named", IDS)
@pytest.mark.parametrize("make", [make_customer, make_anonymous])
def test_their_customer_s_id_is_a_new_customer_of_ours(
    caller: Caller, rival: Caller, form: Form, named: str, make: Callable[..., Customer]
) -> None:
    theirs = make(rival.organization, attributes={"secret": "x"}, tags=["vip"], points=7)
    before = Customer.objects.filter(pk=theirs.pk).values().get()
    customer_id = IDS[named](theirs)
    assert caller.trace(customer_id, form)["customer-id"] == customer_id
    body = {"app-token": caller.token, "customer": {"id": customer_id}}
    accepted(caller.post("customers", body, form))
    body = {"app-token": caller.token, "customer-id": customer_id, "reg-token": "r", "platform": "ios"}
    accepted(caller.post("customers/subscribe", body, form))
    assert Customer.objects.filter(pk=theirs.pk).values().get() == before
    ours = Customer.objects.get(organization=caller.organization)
    assert (ours.external_id, ours.is_anonymous, ours.attributes, ours.points) == (customer_id, False, {}, 0)
    assert {Trace.objects.get().customer, PushToken.objects.get().customer} == {ours}


def test_their_former_ids_lead_nowhere(caller: Caller, rival: Caller, form: Form) -> None:
    anonymous, known = make_anonymous(rival.organization), make_customer(rival.organization)
    identify(organization=rival.organization, anonymous=anonymous, customer_id=str(known.external_id))
    caller.trace(str(anonymous.uuid), form)
    assert Customer.objects.get(organization=caller.organization).external_id == str(anonymous.uuid)
    assert not Trace.objects.filter(customer=known).exists()


def test_their_token_for_a_device_is_theirs(caller: Caller, rival: Caller, form: Form) -> None:
    for application in (rival, caller):
        body = {"app-token": application.token, "customer-id": "51", "reg-token": "r", "platform": "ios"}
        accepted(application.post("customers/subscribe", body, form))
    assert {token.organization for token in PushToken.objects.all()} == {caller.organization, rival.organization}
    for token in PushToken.objects.select_related("customer", "application"):
        assert token.customer.organization_id == token.application.organization_id == token.organization_id


def test_their_app_token_does_nothing_here(caller: Caller, rival: Caller, form: Form) -> None:
    customer = make_customer(caller.organization, external_id="51")
    body = {"app-token": rival.token, "customer": {"id": "51"}}
    accepted(caller.post("customers", body, form))
    accepted(caller.post("traces/trace", {"app-token": rival.token, "customer-id": "51"}, form))
    assert not Trace.objects.filter(customer=customer).exists()
    assert Customer.objects.filter(organization=rival.organization, external_id="51").exists()


def test_their_inactive_application_answers_like_a_missing_one(caller: Caller, rival: Caller, form: Form) -> None:
    inactive = make_application(rival.organization, is_active=False, platforms=["rest"]).application
    before = contents()
    for path, rest in (
        ("traces/trace", {}),
        ("customers", {"customer": {"id": "51"}}),
        ("customers/subscribe", {"customer-id": "51", "reg-token": "r", "platform": "ios"}),
    ):
        answers = [
            caller.post(path, {"app-token": token} | rest, form) for token in (str(inactive.app_token), str(uuid4()))
        ]
        assert refused(answers[0], 404, "unknown-application") == refused(answers[1], 404, "unknown-application")
        assert answers[0].content == answers[1].content
    assert contents() == before


def test_everything_below_a_trace_is_its_organization_s(caller: Caller, rival: Caller, form: Form) -> None:
    """A trace's uuid is what entitles to add to it; what is added belongs to the trace's organization."""
    trail_id = rival.visit("51", form)
    accepted(caller.act(trail_id, "action", form))
    assert Event.objects.get().organization == rival.organization
    assert not Customer.objects.filter(organization=caller.organization).exists()
