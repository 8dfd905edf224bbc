"""No request may name any number of things: every list that a body or a query takes has a bound."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from django.test import Client

from campaigns.models import AdCampaign
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import refusal
from tests.dialects.marketing_solutions.actor import Buyer
from tests.dialects.marketing_solutions.expected import refusal as problem
from tests.dialects.trace.caller import FORMS, Caller, Form, refused

pytestmark = pytest.mark.django_db
MANY = 100_000


def lists_of(schema: dict[str, Any], components: dict[str, Any], path: str, seen: frozenset[str]) -> Iterator[str]:
    """The lists without a bound in the description of a body, by their paths."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if name:
        if name not in seen:
            yield from lists_of(components[name], components, path, seen | {name})
        return
    if schema.get("type") == "array":
        if "maxItems" not in schema:
            yield path
        yield from lists_of(schema.get("items", {}), components, f"{path}[]", seen)
    for each in ("allOf", "oneOf", "anyOf"):
        for part in schema.get(each, []):
            yield from lists_of(part, components, path, seen)
    for member, part in schema.get("properties", {}).items():
        yield from lists_of(part, components, f"{path}.{member}", seen)


def test_every_list_of_a_body_is_described_with_its_bound(client: Client) -> None:
    described = yaml.safe_load(client.get("/schema/").content)
    components = described["components"]["schemas"]
    unbounded = {
        f"{method} {path} {each}"
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        for each in lists_of(content["schema"], components, "", frozenset())
    }
    assert not unbounded
    assert "maxItems" in json.dumps(components), "bounds are described at all"


def test_management() -> None:
    owner = Actor.of()
    ours = owner.make_hierarchy()
    target = {"attribute": "points", "operator": "in", "values": [1] * MANY}
    for method, path, body in [
        ("PUT", f"campaigns/{ours.campaign.pk}", {"campaign": {"targets": [target]}}),
        ("PUT", f"campaigns/{ours.campaign.pk}", {"campaign": {"targets": [1] * MANY}}),
        ("PUT", f"creatives/{ours.creative.pk}", bodies_with_offers()),
        ("POST", f"campaigns/{ours.campaign.pk}/behaviors/_batch", {"behaviors": [1] * MANY}),
        ("POST", "/priv/v1/apps/:api_key/events", {"events": [1] * MANY}),
    ]:
        answer = owner.send(method, path, body)
        assert refusal(answer, "validation"), path
        assert len(answer.content) < 5_000, "one sentence, not one for each"
    assert AdCampaign.objects.get(pk=ours.campaign.pk).name == ours.campaign.name
    words = "&".join(["sections[]=progress"] * 200)
    user = "/priv/v2/apps/:api_key/users/nobody/campaigns"
    assert refusal(owner.get(f"{user}?{words}"), "argument_error") == {"sections[]": ["At most 100 words are allowed."]}


def bodies_with_offers() -> dict[str, Any]:
    """A creative that issues more offers than there can be."""
    creative: dict[str, Any] = bodies.creative()
    creative["creative"][creative["creative"]["ad_type"]]["offer_ids"] = ["x"] * MANY
    return creative


def test_marketing_solutions() -> None:
    buyer = Buyer.of()
    for name in ("campaignIds", "advertiserIds"):
        answer = buyer.search({"filters": {name: [1] * MANY}})
        assert problem(answer, 400, "validation", "invalid-attribute") == [f"/filters/{name}"]
    assert problem(buyer.patch(*[1] * MANY), 413, "validation", "too-many-entries") == []


@pytest.mark.parametrize("form", FORMS)
def test_trace(form: Form) -> None:
    caller = Caller.of()
    own = {"app-token": caller.token}
    named = [{"placeholder": "x"}] * 1000
    attributes = {f"a{number}": 1 for number in range(1001)}
    for path, body in [
        ("campaigns/sync-page", {**own, "trail-id": caller.visit("1"), "placeholders": named}),
        ("customers/", {**own, "customer": {"id": "1", **attributes}}),
        ("campaigns/business-event", {**own, "event-name": "x", "customer-id": attributes}),
        ("campaigns/business-event", {**own, "event-name": "x", "customer-id": "1", "context": attributes}),
    ]:
        answer = caller.post(path, body, form)
        refused(answer, 400, "invalid-body")
        assert len(answer.content) < 5_000, path
