"""Answers about campaigns are written by hand, for speed: each has the members that OpenAPI shows, and no others."""

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework import serializers

from funnels.api.serializers.active_campaign import ActiveOut
from funnels.api.serializers.business_event import BusinessEventOut
from funnels.api.serializers.funnel_step import AdvanceFunnelOut
from funnels.api.serializers.page import SyncPageOut
from tests.channels import make_banner, make_event, make_live_campaign, make_placeholder, make_popup
from tests.dialects.trace.caller import Caller, Form, accepted, decoded
from tests.factories import make_customer, make_interaction, make_trail
from tests.funnels.card_upgrade import make_card_upgrade

Kind = type[serializers.Serializer[Any]]


def _differences(kind: Kind, members: dict[str, Any], place: str = "") -> Iterator[str]:
    """Described members that an answer must have and hasn't, and members that nobody described."""
    fields = {name.replace("_", "-"): field for name, field in kind().fields.items()}
    yield from (f"{place}{name} is absent" for name, one in fields.items() if one.required and name not in members)
    yield from (f"{place}{name} is not described" for name in members if name not in fields)
    for name in members.keys() & fields.keys():
        field = fields[name]
        if isinstance(field, serializers.ListSerializer) and isinstance(field.child, serializers.Serializer):
            for index, item in enumerate(members[name]):
                yield from _differences(type(field.child), item, f"{place}{name}.{index}.")
        elif isinstance(field, serializers.Serializer):
            yield from _differences(type(field), members[name], f"{place}{name}.")


def test_differences_are_found() -> None:
    shown = {"campaigns": [{"campaign": 1, "name": "A", "category": None, "group": None, "starts-at": "", "colour": 1}]}
    assert set(_differences(ActiveOut, shown)) == {
        "campaigns.0.ends-at is absent",
        "campaigns.0.colour is not described",
    }


@pytest.mark.parametrize("popups", [0, 1])
def test_a_page_has_the_described_members(caller: Caller, form: Form, popups: int) -> None:
    make_banner(make_placeholder(caller.application, name="image"))
    make_banner(make_placeholder(caller.application, name="html"), html_content="<p>Hi</p>")
    make_popup(caller.application)
    places = [{"placeholder": "image"}, {"placeholder": "html"}]
    request = {"app-token": caller.token, "trail-id": caller.visit("1"), "placeholders": places}
    answer = accepted(caller.post("campaigns/sync-page", {**request, "sync-popups": bool(popups)}, form))
    assert (len(answer["placeholders"]), bool(answer["popup"])) == (2, bool(popups))
    assert list(_differences(SyncPageOut, answer)) == []


def test_active_campaigns_have_the_described_members(caller: Caller, form: Form) -> None:
    make_live_campaign(caller.organization)
    visit = {"app-token": caller.token, "trail-id": caller.visit("1")}
    for request, names in (({"app-token": caller.token}, 6), (visit, 7)):
        answer = accepted(caller.post("campaigns/active", request, form))
        assert [len(campaign) for campaign in answer["campaigns"]] == [names]
        assert list(_differences(ActiveOut, answer)) == []


def test_a_business_event_has_the_described_members(caller: Caller, form: Form) -> None:
    event = make_event(caller.application, make_live_campaign(caller.organization))
    request = {"app-token": caller.token, "event-name": event.name, "customer-id": "1"}
    answer = caller.post("campaigns/business-event", request, form)
    assert answer.status_code == 202
    assert list(_differences(BusinessEventOut, decoded(answer))) == []


def test_a_step_has_the_described_members(caller: Caller, form: Form) -> None:
    campaign = make_card_upgrade(caller.organization)
    customer = make_customer(caller.organization)
    trail, offer = make_trail(customer, caller.application), make_interaction(customer, campaign)
    ids = {"trail-id": str(trail.uuid), "campaign-id": campaign.pk, "tracking-token": str(offer.token)}
    answer = accepted(caller.post("campaigns/advance-funnel", ids, form))
    assert list(_differences(AdvanceFunnelOut, answer)) == []
