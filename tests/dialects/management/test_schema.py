"""The description of the API: valid, whole, true of the answers, and readable without the network."""

import re
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from drf_spectacular.validation import validate_schema
from jsonschema import Draft4Validator  # type: ignore[import-untyped]

from tests.campaigns.delivery.scheduled import make_delivery, make_scheduled
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor, Answer
from tests.factories import (
    Hierarchy,
    make_achievement,
    make_destination,
    make_field,
    make_goal,
    make_group,
    make_offer,
    make_target,
    make_template,
    unique,
)

PREFIX = "/priv/v1/apps/{api_key}/management/"
ENDPOINTS = {
    "campaigns": {"get", "post"},
    "campaigns/{campaign_id}": {"get", "put", "delete"},
    "external/campaigns/{permalink}": {"get", "put", "delete"},
    "campaigns/{campaign_id}/navigation": {"get"},
    "campaigns/{campaign_id}/behaviors": {"get"},
    "campaigns/{campaign_id}/behaviors/_batch": {"post"},
    "behaviors/{behavior_id}": {"get", "put", "delete"},
    "offers": {"get", "post"},
    "offers/{offer_id}": {"get"},
    "fields": {"get", "post"},
    "fields/{name}": {"get", "put", "delete"},
    "destinations": {"get", "post"},
    "destinations/{destination_id}": {"get", "put", "delete"},
    "templates": {"get", "post"},
    "templates/{key}": {"get", "put", "delete"},
    "campaigns/{campaign_id}/line_items": {"get", "post"},
    "line_items/{line_item_id}": {"get", "put", "delete"},
    "line_items/{line_item_id}/creative_groups": {"get", "post"},
    "creative_groups/{creative_group_id}": {"get", "put", "delete"},
    "creative_groups/{creative_group_id}/creatives": {"get", "post"},
    "creatives/{creative_id}": {"get", "put", "delete"},
}
# Sends something to the world: test_onboarding.py does.
TESTS = {"destinations/{destination_id}/test": {"post"}}
# Nothing is sent to these.
DELIVERIES = {
    "campaigns/{campaign_id}/audience/preview": {"post"},
    "creative_groups/{creative_group_id}/audience/preview": {"post"},
    "creatives/{creative_id}/audience/preview": {"post"},
    "creatives/{creative_id}/delivery": {"get"},
    "creatives/{creative_id}/delivery/file": {"get"},
    "deliveries": {"get"},
}
Schema = dict[str, Any]
ADDRESS = re.compile(r"""(?:src|href|url)\s*[=:(]\s*["']?([^"'\s>)]+)""", re.IGNORECASE)


@pytest.fixture(scope="module")
def schema() -> Schema:
    """What /schema/ answers."""
    answer = Client().get("/schema/")
    assert answer.status_code == 200
    described: Schema = yaml.safe_load(answer.content)
    return described


def test_it_is_generated_without_a_warning_and_valid(schema: Schema) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())
    validate_schema(schema)  # type: ignore[no-untyped-call]


def test_it_describes_every_endpoint(schema: Schema) -> None:
    described = {
        path.removeprefix(PREFIX): methods.keys() & {"get", "post", "put", "delete", "patch"}
        for path, methods in schema["paths"].items()
        if path.startswith(PREFIX)
    }
    assert described == ENDPOINTS | DELIVERIES | TESTS


def test_every_operation_has_a_name_of_its_own_and_asks_for_credentials(schema: Schema) -> None:
    operations = [
        operation
        for path, methods in schema["paths"].items()
        if path.startswith(PREFIX)
        for method, operation in methods.items()
        if method != "parameters"
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    schemes = schema["components"]["securitySchemes"]
    for operation in operations:
        (requirement,) = operation["security"]
        assert all(schemes[name]["scheme"] == "basic" for name in requirement)
        assert operation["summary"]


def _strict(node: Any) -> Any:
    """OpenAPI 3.0's `nullable` in the words of JSON Schema."""
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    strict = {name: _strict(value) for name, value in node.items() if name != "nullable"}
    return {"anyOf": [strict, {"type": "null"}]} if node.get("nullable") is True else strict


def _check(schema: Schema, answer: Answer, method: str, path: str) -> None:
    """The answer is one that the description promises."""
    responses = schema["paths"][PREFIX + path][method.lower()]["responses"]
    assert str(answer.status_code) in responses, f"{method} {path}: {answer.status_code} is not described"
    promised = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
    whole = _strict({"components": schema["components"], **promised})
    errors = [error.message for error in Draft4Validator(whole).iter_errors(answer.json())]
    assert not errors, f"{method} {path}: {errors}"


def _addresses(ours: Hierarchy) -> dict[str, str]:
    return {
        "{campaign_id}": str(ours.campaign.pk),
        "{permalink}": ours.campaign.permalink,
        "{line_item_id}": str(ours.line_item.pk),
        "{creative_group_id}": str(ours.group.pk),
        "{creative_id}": str(ours.creative.pk),
        "{behavior_id}": str(make_goal(make_achievement(ours.campaign)).composite_id),
        "{offer_id}": str(make_offer(ours.campaign.organization).pk),
        "{name}": make_field(ours.campaign.organization, unique("field").replace(" ", "-"), "string").name,
        "{destination_id}": str(make_destination(ours.campaign.organization).pk),
        "{key}": make_template(ours.campaign.organization, key="existing").key,
    }


def _filled(template: str, ours: Hierarchy) -> str:
    for name, value in _addresses(ours).items():
        template = template.replace(name, value)
    return template


def _body_of(path: str) -> dict[str, Any]:
    if path.endswith("/_batch"):
        return bodies.behaviors()
    noun = [part for part in path.split("/") if not part.startswith("{")][-1].removesuffix("s")
    body: dict[str, Any] = getattr(bodies, noun)()
    # A template's key stays.
    return bodies.without(body, "key") if "{key}" in path else body


def test_every_success_is_as_described(owner: Actor, schema: Schema) -> None:
    for path, methods in ENDPOINTS.items():
        ours = owner.make_hierarchy()
        make_target(ours.bundle)
        make_target(ours.group)
        if path == "campaigns/{campaign_id}/line_items":
            ours.line_item.delete()
        if path.endswith("/creatives"):
            ours.creative.delete()
        for method in sorted(methods, key=["post", "get", "put", "delete"].index):
            body = _body_of(path) if method in {"post", "put"} else None
            answer = owner.send(method.upper(), _filled(path, ours), body)
            assert answer.json()["status"] == "ok"
            _check(schema, answer, method, path)


def test_previews_and_deliveries_are_as_described(owner: Actor, schema: Schema) -> None:
    ours = make_scheduled(owner.organization)
    for exists in (False, True):
        if exists:
            make_delivery(ours)
        for path, methods in DELIVERIES.items():
            (method,) = methods
            answer = owner.send(method.upper(), _filled(path, ours))
            assert answer.status_code == (404 if ("delivery" in path and not exists) or "file" in path else 200)
            _check(schema, answer, method, path)


def test_every_refusal_is_as_described(owner: Actor, schema: Schema) -> None:
    """Method errors travel with 200 (contract 1), so what 200 promises must allow for them."""
    ours = owner.make_hierarchy()
    for path, methods in ENDPOINTS.items():
        for method in methods & {"post", "put"}:
            _check(schema, owner.send(method.upper(), _filled(path, ours), {}), method, path)
            _check(schema, owner.send(method.upper(), _filled(path, ours), b"{"), method, path)


def test_missing_rows_and_strangers_are_as_described(owner: Actor, schema: Schema) -> None:
    for path, methods in ENDPOINTS.items():
        for method in methods:
            filled = re.sub(r"\{\w+\}", "0", path)
            body = _body_of(path) if method in {"post", "put"} else None
            if path not in {"campaigns", "offers", "fields", "destinations", "templates"}:
                _check(schema, owner.send(method.upper(), filled, body), method, path)
            _check(schema, owner.send(method.upper(), filled, body, Authorization="nobody"), method, path)


@pytest.mark.parametrize("ad_type", ["issue_audience_csv", "issue_bulk_offer", "email_message", "push_message"])
def test_the_message_object_of_every_type_is_described(owner: Actor, schema: Schema, ad_type: str) -> None:
    request = schema["paths"][f"{PREFIX}creative_groups/{{creative_group_id}}/creatives"]["post"]["requestBody"]
    promised = request["content"]["application/json"]["schema"]
    whole = _strict({"components": schema["components"], **promised})
    creative_type = {"email_message": "messaging-platform-email", "push_message": "messaging-platform-push"}
    body = bodies.creative(ad_type, creative_type=creative_type.get(ad_type, ad_type.replace("_", "-")))
    assert not [error.message for error in Draft4Validator(whole).iter_errors(body)]
    group = make_group(owner.make_hierarchy().line_item)
    assert owner.post(f"creative_groups/{group.pk}/creatives", body).json()["status"] == "ok"


def test_the_documentation_needs_no_host_but_ours() -> None:
    answers = [Client().get(path) for path in ("/docs/", "/docs/?script=")]
    assert [answer.status_code for answer in answers] == [200, 200]
    page = "".join(answer.content.decode() for answer in answers)
    assert not re.findall(r"(?:https?:)?//[\w.-]+\.\w+", re.sub(r"(?m)^\s*//.*$", "", page))
    addresses = [address for address in ADDRESS.findall(page) if address.startswith(("/", "."))]
    assert any(address.endswith(".js") for address in addresses)
    assert any("/schema/" in address for address in addresses)
    for address in addresses:
        found = Client().get(address)
        assert found.status_code == 200, address
        assert found.getvalue()
