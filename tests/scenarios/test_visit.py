"""A whole visit through the trace dialect, in both formats with the same effects; then in the management dialect."""

from typing import Any

import pytest
from django.db import connection

from campaigns.models import AdTarget, Event, Interaction, Participation
from campaigns.targeting import compile_sql, parse_targets
from customers.customers.merging import identify
from customers.field_values.field_type import FieldType
from customers.models import Customer
from customers.schema.fields import get_field_types
from tests.dialects.management.actor import Actor
from tests.dialects.trace.caller import FORMS, Caller, Form, accepted, refused
from tests.factories import make_application, make_campaign, make_customer, make_field
from traces.models import Action, Trace, Trail

pytestmark = pytest.mark.django_db


def _visit(caller: Caller, form: Form) -> list[Any]:
    """An anonymous visitor looks around, turns out to be a known customer, is told about and converts."""
    organization = caller.organization
    make_field(organization, "state", FieldType.STRING)
    campaign = make_campaign(organization, name="Spring sale")
    trace = caller.trace(None, form)
    trail_id = caller.trail(trace["trace-id"], form, channel="atm", platform="Chrome Browser", language="en-US")
    for kind in ("location", "action", "event", "entry-point", "funnel-step"):
        accepted(caller.act(trail_id, kind, form, page="/home", amount=12.5))
    anonymous = Customer.objects.get(organization=organization, external_id=trace["customer-id"])
    interaction = Interaction.objects.create(organization=organization, customer=anonymous, campaign=campaign)
    body = {"app-token": caller.token, "customer": {"id": 5114932, "state": "NY"}}
    assert accepted(caller.post("customers/", body, form)) == {"customer-id": "5114932"}
    identify(organization=organization, anonymous=anonymous, customer_id="5114932")
    accepted(caller.act(trail_id, "conversion", form, tracking_token=str(interaction.token)))
    refused(caller.act(trail_id, "conversion", form, tracking_token=str(interaction.token)), 400, "trace-closed")
    refused(caller.post(f"traces/{trace['trace-id']}/trail", {"channel": "atm"}, form), 400, "trace-closed")
    again = caller.trace(trace["customer-id"], form)
    assert again["customer-id"] == "5114932"
    caller.trail(again["trace-id"], form, channel="web")
    return _effects(caller)


def _effects(caller: Caller) -> list[Any]:
    of = {"organization": caller.organization}
    customers = Customer.objects.filter(**of)
    return [
        *customers.values(
            "external_id", "attributes", "is_anonymous", "last_platform", "last_language", "last_channel"
        ),
        *Trace.objects.filter(**of).order_by("id").values("customer__external_id", "closed_by"),
        *Trail.objects.filter(**of).order_by("id").values("channel", "platform", "language"),
        *Action.objects.filter(**of).exclude(type="conversion").order_by("id").values("name", "type", "data"),
        *Event.objects.filter(**of).order_by("id").values("name", "customer__external_id"),
        *Participation.objects.filter(**of).values("customer__external_id", "campaign__name", "converted_count"),
    ]


def test_a_whole_visit_in_both_formats() -> None:
    in_edn, in_json = (_visit(Caller.of(), form) for form in FORMS)
    assert in_edn == in_json
    assert in_edn[0] == {
        "external_id": "5114932",
        "attributes": {"state": "NY"},
        "is_anonymous": False,
        "last_platform": "Chrome Browser",
        "last_language": "en-US",
        "last_channel": "web",
    }
    assert in_edn[-1] == {"customer__external_id": "5114932", "campaign__name": "Spring sale", "converted_count": 1}
    assert len(in_edn) == 1 + 2 + 2 + 5 + 6 + 1


@pytest.mark.parametrize("form", FORMS)
def test_a_customer_of_the_trace_dialect_is_targeted_by_a_campaign_of_the_management_dialect(form: Form) -> None:
    credentials = make_application(platforms=["rest"])
    caller, actor = Caller(credentials.application), Actor(credentials)
    make_field(caller.organization, "state", FieldType.STRING)
    make_customer(caller.organization, attributes={"state": "CA"})
    body = {"app-token": caller.token, "customer": {"id": "51", "state": "NY"}}
    accepted(caller.post("customers/", body, form))
    caller.trail(caller.trace("51", form)["trace-id"], form, channel="atm", platform="iOS")
    targets = [
        {"attribute": "state", "operator": "in", "values": ["NY"]},
        {"attribute": "channel", "operator": "in", "values": ["atm"]},
        {"attribute": "platform", "operator": "in", "values": ["iOS"]},
    ]
    dates = {"starts_at": "2027-01-01T05:00:00Z", "ends_at": "2027-02-01T05:00:00Z"}
    answer = actor.post("campaigns", {"campaign": {"name": "Hello New York", "targets": targets} | dates})
    assert answer.json()["status"] == "ok"
    kept = list(AdTarget.objects.order_by("position").values("attribute", "operator", "values"))
    conditions = parse_targets(kept, get_field_types(organization=caller.organization))
    sql, parameters = compile_sql(conditions)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT external_id FROM customers_customer WHERE organization_id = %s AND {sql}",
            [caller.organization.pk, *parameters],
        )
        assert cursor.fetchall() == [("51",)]
