"""Active campaigns (contract 3, Active Campaigns; contract 4, section C "active")."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Interaction, Participation
from customers.models import Customer
from tests.channels import make_live_campaign
from tests.dialects.trace.caller import FORMS, Caller, Form, accepted, refused
from tests.factories import make_customer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_decision_log")]
PATH = "campaigns/active"


@pytest.mark.parametrize("form", FORMS)
def test_every_campaign_has_its_members(caller: Caller, form: Form) -> None:
    campaign = make_live_campaign(caller.organization, category="Sales", group_name="Cars")
    make_live_campaign(caller.organization, category="Sales", group_name="Boats")
    make_live_campaign(caller.organization, status="paused")
    request = {"app-token": caller.token, "customer-id": "5114932", "category": "Sales", "group": "Cars"}
    answer = accepted(caller.post(PATH, request | {"trail-id": caller.visit("5114932", form)}, form))
    (shown,) = answer["campaigns"]
    assert str(shown.pop("starts-at")).startswith("2020-01-01")
    assert str(shown.pop("ends-at")).startswith("2090-01-01")
    assert shown == {
        "campaign": campaign.pk,
        "name": campaign.name,
        "category": "Sales",
        "group": "Cars",
        "tracking-token": str(Interaction.objects.get().token),
    }
    assert not Participation.objects.exists()


def test_without_a_trail_there_are_no_tokens(caller: Caller) -> None:
    gold = {"attribute": "tag", "operator": "in", "values": ["gold"]}
    ours = make_live_campaign(caller.organization, gold)
    anybodys = make_live_campaign(caller.organization)
    make_customer(caller.organization, external_id="1", tags=["gold"])
    answer = accepted(caller.post(PATH, {"app-token": caller.token, "customer-id": "1"}))
    assert [one["campaign"] for one in answer["campaigns"]] == [ours.pk, anybodys.pk]
    assert all("tracking-token" not in one for one in answer["campaigns"])
    nobody = accepted(caller.post(PATH, {"app-token": caller.token}))
    assert [one["campaign"] for one in nobody["campaigns"]] == [anybodys.pk]
    assert accepted(caller.post(PATH, {"app-token": caller.token, "category": "", "group": ""})) == nobody
    assert Customer.objects.count() == 1
    assert not Interaction.objects.exists()


def test_active_campaigns_cost_a_fixed_number_of_statements(caller: Caller) -> None:
    for _ in range(3):
        make_live_campaign(caller.organization)
    request = {"app-token": caller.token, "trail-id": caller.visit("1")}
    caller.post(PATH, request)
    with CaptureQueriesContext(connection) as captured:
        assert len(accepted(caller.post(PATH, request))["campaigns"]) == 3
    assert len(captured) == 2


def test_an_unknown_trail_is_404_and_a_closed_trace_400(caller: Caller) -> None:
    refused(caller.post(PATH, {"app-token": "x"}), 404, "unknown-application")
    refused(caller.post(PATH, {"app-token": caller.token, "trail-id": "x"}), 404, "unknown-trail")
    refused(caller.post(PATH, {}), 400, "invalid-body")
    make_live_campaign(caller.organization)
    request = {"app-token": caller.token, "trail-id": caller.visit("1")}
    (shown,) = accepted(caller.post(PATH, request))["campaigns"]
    accepted(caller.act(request["trail-id"], "dismiss", tracking_token=shown["tracking-token"]))
    refused(caller.post(PATH, request), 400, "trace-closed")
    assert accepted(caller.post(PATH, request | {"trail-id": caller.visit("1")}))["campaigns"] == []
