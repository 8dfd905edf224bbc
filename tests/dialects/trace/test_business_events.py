"""Business events (contract 3, Business Events; contract 4, section C)."""

from decimal import Decimal
from typing import Any

import pytest

from campaigns.models import AdCampaign, Completion, Event, Interaction, Participation, SpendLimit
from customers.models import Customer
from customers.organizations.organizations import bump_version
from funnels.models import EventOccurrence
from tests.campaigns.behaviors.makers import make_behavior
from tests.channels import make_event, make_live_campaign
from tests.contents import contents
from tests.dialects.trace.caller import FORMS, Answer, Caller, Form, decoded, refused
from tests.factories import make_anonymous, make_customer, make_field
from traces.models import Trace, Trail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_decision_log")]
PATH = "campaigns/business-event"
NAME = "newsletter-registration"


def tell(caller: Caller, customer: object, form: Any = "edn", **members: Any) -> Answer:
    """Tell the event."""
    body = {"app-token": caller.token, "event-name": NAME, "customer-id": customer} | members
    return caller.post(PATH, body, form)


def told(answer: Answer) -> dict[str, Any]:
    """The members of a 202."""
    assert answer.status_code == 202, answer.content
    members: dict[str, Any] = decoded(answer)
    return members


@pytest.mark.parametrize("form", FORMS)
def test_the_answer_names_campaign_trace_token_and_customer(caller: Caller, form: Form) -> None:
    campaign = make_live_campaign(caller.organization, name="Welcome")
    make_event(caller.application, campaign, name=NAME)
    answer = told(tell(caller, "5114932", form, context={"amount": 3}))
    assert answer == {
        "campaign": "Welcome",
        "campaign-id": campaign.pk,
        "trace-id": str(Trace.objects.get().uuid),
        "trail-id": str(Trail.objects.get().uuid),
        "tracking-token": str(Interaction.objects.get().token),
        "customer-id": "5114932",
    }
    assert EventOccurrence.objects.get().context == {"amount": 3}
    assert Event.objects.get().name == NAME
    # The trace goes on as any other, with its trail or with another one.
    assert caller.act(answer["trail-id"], "entry-point", form).status_code == 200
    trail = caller.trail(answer["trace-id"], form)
    assert caller.act(trail, "conversion", form, tracking_token=answer["tracking-token"]).status_code == 200
    assert Participation.objects.get().converted_count == 1


@pytest.mark.parametrize("form", FORMS)
def test_a_search_finds_or_creates(caller: Caller, form: Form) -> None:
    make_field(caller.organization, "email", "string", targetable=True)
    make_event(caller.application, make_live_campaign(caller.organization), name=NAME)
    jane = make_customer(caller.organization, external_id="jane", attributes={"email": "jane.doe@example.com"})
    assert told(tell(caller, {"email": "jane.doe@example.com"}, form))["customer-id"] == jane.external_id
    created = told(tell(caller, {"email": "john@example.com"}, form))["customer-id"]
    john = Customer.objects.exclude(pk=jane.pk).get()
    assert (john.external_id, john.attributes) == (created, {"email": "john@example.com"})
    assert told(tell(caller, {"email": "john@example.com"}, form))["customer-id"] == created


@pytest.mark.parametrize("form", FORMS)
def test_of_several_the_oldest_known_customer_is_taken(caller: Caller, form: Form) -> None:
    make_field(caller.organization, "city", "string", targetable=True)
    make_field(caller.organization, "shoe", "decimal")
    make_event(caller.application, make_live_campaign(caller.organization), name=NAME)
    own = {"city": "Bern", "shoe": "42.5"}
    visitor = make_anonymous(caller.organization, attributes=own)
    for _ in range(2):
        assert told(tell(caller, {"city": "Bern"}, form))["customer-id"] == visitor.external_id
    older, _newer = (make_customer(caller.organization, attributes=own) for _ in range(2))
    make_customer(Caller.of().organization, attributes=own)
    for sought in ({"city": "Bern"}, {"city": "Bern", "shoe": 42.5}):
        assert told(tell(caller, sought, form))["customer-id"] == older.external_id


@pytest.mark.parametrize("form", FORMS)
def test_a_search_may_name_the_id(caller: Caller, form: Form) -> None:
    make_field(caller.organization, "city", "string")
    make_event(caller.application, make_live_campaign(caller.organization), name=NAME)
    jane = make_customer(caller.organization, external_id="51", attributes={"city": "Bern"})
    for sought in ({"id": "51"}, {"id": "51", "city": "Bern"}):
        assert told(tell(caller, sought, form))["customer-id"] == jane.external_id
    refused(tell(caller, {"id": "51", "city": "Uri"}, form), 400, "invalid-fields")
    assert told(tell(caller, {"id": "52", "city": "Uri"}, form))["customer-id"] == "52"
    new = Customer.objects.get(external_id="52")
    assert (new.attributes, new.is_anonymous) == ({"city": "Uri"}, False)
    refused(tell(caller, {"id": ""}, form), 400, "invalid-body")


def test_a_search_without_an_indexed_field_says_which_to_mark(caller: Caller) -> None:
    for name in ("shoe", "city"):
        make_field(caller.organization, name, "string")
    make_field(caller.organization, "email", "string", targetable=True)
    make_event(caller.application, make_live_campaign(caller.organization), name=NAME)
    before = contents()
    response = tell(caller, {"shoe": "42", "city": "Bern"})
    refused(response, 400, "invalid-fields")
    text = response.content.decode()
    assert "shoe" in text
    assert "city" in text
    assert "unique or targetable" in text
    assert contents() == before
    told(tell(caller, {"shoe": "42", "email": "jane@example.com"}))


def test_a_refused_event_writes_nothing(caller: Caller) -> None:
    stranger = Caller.of()
    make_field(caller.organization, "age", "integer", targetable=True)
    make_event(caller.application, make_live_campaign(caller.organization, status="paused"), name=NAME)
    before = contents()
    refused(tell(caller, "1", **{"app-token": "x"}), 404, "unknown-application")
    refused(tell(caller, "1", **{"event-name": "x"}), 404, "unknown-event")
    refused(tell(stranger, "1"), 404, "unknown-event")
    nobodies: list[object] = ["", None, {}]
    for empty in nobodies:
        refused(tell(caller, empty), 400, "invalid-body")
    for wrong in ({"email": "x"}, {"age": "x"}, {"age": None}):
        refused(tell(caller, wrong), 400, "invalid-fields")
    refused(tell(caller, "1", context=[1]), 400, "invalid-body")
    assert contents() == before


def test_an_event_for_which_no_campaign_matches_happened_all_the_same(caller: Caller) -> None:
    make_field(caller.organization, "age", "integer", targetable=True)
    campaign = make_live_campaign(caller.organization, status="paused")
    make_event(caller.application, campaign, name=NAME)
    behavior = make_behavior(make_live_campaign(caller.organization), {"internal_event_name": NAME})
    refused(tell(caller, "1"), 404, "no-matching-campaign")
    refused(tell(caller, {"age": 7}, context={"amount": 3}), 404, "no-matching-campaign")
    assert [customer.attributes for customer in Customer.objects.order_by("id")] == [{}, {"age": 7}]
    heard = [(event.name, event.attributes) for event in Event.objects.order_by("id")]
    assert heard == [(NAME, {}), (NAME, {"amount": 3})]
    assert Completion.objects.filter(achievement=behavior).count() == 2
    assert not Trace.objects.exists()
    assert not EventOccurrence.objects.exists()


def test_an_event_that_is_told_again_under_its_id_counts_once_whatever_was_decided(caller: Caller) -> None:
    campaign = make_live_campaign(caller.organization, status="paused")
    make_event(caller.application, campaign, name=NAME)
    for _ in range(2):
        refused(tell(caller, "1", **{"event-id": "e1"}), 404, "no-matching-campaign")
    AdCampaign.objects.update(status="live")
    bump_version(organization=caller.organization)
    first, second = (told(tell(caller, "1", **{"event-id": "e1"})) for _ in range(2))
    assert first == second
    assert (Event.objects.count(), Trail.objects.count()) == (1, 1)


def test_filters_over_context_and_customer_choose_among_campaigns(caller: Caller) -> None:
    make_field(caller.organization, "state", "string")
    make_customer(caller.organization, external_id="1", attributes={"state": "CA"})
    large, local, rest = (make_live_campaign(caller.organization, priority=priority) for priority in (3, 2, 1))
    event = make_event(caller.application, large, local, rest, name=NAME)
    bindings = {binding.campaign_id: binding for binding in event.bindings.all()}
    bindings[large.pk].filter = [{"attribute": "context.amount", "operator": "gte", "values": [100]}]
    bindings[local.pk].filter = [{"attribute": "state", "operator": "in", "values": ["CA"]}]
    for binding in bindings.values():
        binding.save()
    assert told(tell(caller, "1", context={"amount": 250.5}))["campaign"] == large.name
    assert told(tell(caller, "1", context={"amount": 99}))["campaign"] == local.name
    assert told(tell(caller, "1"))["campaign"] == local.name
    assert told(tell(caller, "2"))["campaign"] == rest.name


def test_an_event_id_makes_it_idempotent(caller: Caller) -> None:
    make_event(caller.application, make_live_campaign(caller.organization), name=NAME)
    first = told(tell(caller, "1", **{"event-id": "e-1"}))
    before = contents()
    assert told(tell(caller, "1", **{"event-id": "e-1"})) == first
    assert contents() == before
    assert told(tell(caller, "1", **{"event-id": "e-2"})) != first


def test_where_the_first_choice_is_exhausted_meanwhile_the_next_one_is_triggered(caller: Caller) -> None:
    price = Decimal("0.1")
    first, second = (make_live_campaign(caller.organization, price_per_impression=price) for _ in range(2))
    make_event(caller.application, second, first, name=NAME)
    make_behavior(first, {"internal_event_name": NAME}, points=5)
    assert told(tell(caller, "1"))["campaign"] == first.name
    # Spent up since the definitions were read.
    SpendLimit.objects.filter(campaign=first).update(type="capped", renewal="lifetime", amount=price)
    assert told(tell(caller, "2"))["campaign"] == second.name
    assert Interaction.objects.filter(campaign=first).count() == 1
    assert Event.objects.count() == 2
    assert list(Customer.objects.values_list("points", flat=True)) == [5, 5]
