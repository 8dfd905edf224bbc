"""A behavior of the management dialect is earned in the trace dialect, whose next page is chosen by its tag."""

from typing import Any

import pytest

from campaigns.models import Event
from customers.models import Customer
from tests.channels import make_banner, make_event, make_live_campaign, make_placeholder
from tests.dialects.management.actor import Actor
from tests.dialects.trace.caller import FORMS, Caller, Form, accepted
from tests.factories import make_application

pytestmark = pytest.mark.django_db
GOALS = [
    {"achievement": {"name": "Looked around", "internal_event_name": "tour", "event_count": 2, "data": {}}},
    {"achievement": {"name": "Signed up", "internal_event_name": "newsletter", "data": {}}},
]


@pytest.mark.parametrize("form", FORMS)
def test_actions_and_business_events_earn_a_tag_that_the_next_page_targets(settings: Any, form: Form) -> None:
    settings.DECISION_LOG = "off"
    credentials = make_application(platforms=["rest"])
    actor, caller = Actor(credentials), Caller(credentials.application)
    campaign = make_live_campaign(actor.organization, name="Welcome")
    make_event(credentials.application, campaign, name="newsletter")
    behavior = {"name": "Interested", "tags": "interested", "points": 20, "data": {"max_times_achievable": 1}}
    body = {"behaviors": [behavior | {"goal_groups": [{"goals": [goal]} for goal in GOALS]}]}
    answer = actor.post(f"campaigns/{campaign.pk}/behaviors/_batch", body)
    assert answer.json()["status"] == "ok", answer.content
    targeted = make_live_campaign(actor.organization, {"attribute": "tag", "operator": "in", "values": ["interested"]})
    make_banner(make_placeholder(credentials.application, name="hero"), targeted)

    trail = caller.visit("51", form)
    page = {"app-token": caller.token, "trail-id": trail, "placeholders": [{"placeholder": "hero"}]}

    def shown() -> int:
        return len(accepted(caller.post("campaigns/sync-page", page, form))["placeholders"])

    action = {"name": "tour", "type": "action", "data": [{"name": "amount", "value": 3}]}
    told = {"app-token": caller.token, "event-name": "newsletter", "customer-id": "51"}
    accepted(caller.post(f"traces/trail/{trail}/action", action, form))
    assert caller.post("campaigns/business-event", told, form).status_code == 202
    assert shown() == 0
    accepted(caller.post(f"traces/trail/{trail}/action", action, form))
    assert shown() == 1
    customer = Customer.objects.get(external_id="51")
    assert (customer.tags, customer.points) == (["interested"], 20)
    assert list(Event.objects.values_list("name", flat=True)) == ["tour", "newsletter", "tour"]
    found = actor.client.get(
        f"/priv/v1/apps/{credentials.application.api_key}/external/users/51",
        headers={"Authorization": actor.authorization},
    )
    assert (found.json()["user"]["tags"], found.json()["user"]["points"]) == (["interested"], 20)
