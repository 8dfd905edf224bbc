"""Contract 4, section A, "error body", "HTTP status of method errors" and the row of the three method errors."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from campaigns.models import AdCampaign
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import only, refusal
from tests.factories import Hierarchy, make_campaign, make_creative, make_group, make_line_item

Endpoints = dict[str, tuple[str, str, dict[str, Any]]]


@pytest.fixture
def writes(owner: Actor, ours: Hierarchy) -> Endpoints:
    """For each create and update its method, its path and a body that is accepted."""
    empty_campaign = make_campaign(owner.organization)
    empty_group = make_group(ours.line_item)
    return {
        "create campaign": ("POST", "campaigns", bodies.campaign()),
        "update campaign": ("PUT", f"campaigns/{ours.campaign.pk}", bodies.campaign()),
        "update by permalink": ("PUT", f"external/campaigns/{ours.campaign.permalink}", bodies.campaign()),
        "create line item": ("POST", f"campaigns/{empty_campaign.pk}/line_items", bodies.line_item()),
        "update line item": ("PUT", f"line_items/{ours.line_item.pk}", bodies.line_item()),
        "create group": ("POST", f"line_items/{ours.line_item.pk}/creative_groups", bodies.creative_group()),
        "update group": ("PUT", f"creative_groups/{ours.group.pk}", bodies.creative_group()),
        "create creative": ("POST", f"creative_groups/{empty_group.pk}/creatives", bodies.creative()),
        "update creative": ("PUT", f"creatives/{ours.creative.pk}", bodies.creative()),
    }


def test_the_bodies_of_these_tests_are_accepted(owner: Actor, writes: Endpoints) -> None:
    for method, path, body in writes.values():
        only(owner.send(method, path, body), "campaign" if "campaign" in body else f"{next(iter(body))}s")


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b"{'a': 1}", b"\xff\xfe", b'{"a": NaN}', b"{}{}", b"\x00"])
def test_not_json(owner: Actor, writes: Endpoints, body: bytes) -> None:
    for method, path, _ in writes.values():
        assert refusal(owner.send(method, path, body), "argument_error", 400) == {}


@pytest.mark.parametrize("body", [b"[]", b"null", b"true", b"1", b'"campaign"', b'[{"campaign": {}}]'])
def test_json_that_is_no_object(owner: Actor, writes: Endpoints, body: bytes) -> None:
    for method, path, _ in writes.values():
        assert refusal(owner.send(method, path, body), "argument_error", 400) == {}


def test_nested_too_deep(owner: Actor, writes: Endpoints) -> None:
    for method, path, body in writes.values():
        wrapper = next(iter(body))
        deep = f'{{"{wrapper}": '.encode() + b"[" * 100_000 + b"]" * 100_000 + b"}"
        refusal(owner.send(method, path, deep), "argument_error", 400)


def test_a_body_at_the_limit_and_past_it(owner: Actor, writes: Endpoints) -> None:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    for method, path, _ in writes.values():
        assert refusal(owner.send(method, path, b"{}".ljust(limit)), "missing_data")
        assert refusal(owner.send(method, path, b"{}".ljust(limit + 1)), "too_large", 413) == {}


def test_without_the_wrapper_or_without_data(owner: Actor, writes: Endpoints) -> None:
    for method, path, body in writes.values():
        wrapper = next(iter(body))
        nothing: list[dict[str, Any]] = [{}, {wrapper: None}, {wrapper: {}}]
        for empty in nothing:
            assert refusal(owner.send(method, path, empty), "missing_data").keys() == {wrapper}
        unwrapped = refusal(owner.send(method, path, body[wrapper]), "missing_data")
        assert unwrapped.keys() == {wrapper, *body[wrapper]}


@pytest.mark.parametrize("data", [[], [{}], "text", 1, 0, True, False, 1.5])
def test_data_that_is_no_object(owner: Actor, writes: Endpoints, data: object) -> None:
    for method, path, body in writes.values():
        wrapper = next(iter(body))
        assert refusal(owner.send(method, path, {wrapper: data}), "validation").keys() == {wrapper}


def test_unknown_attributes(owner: Actor, writes: Endpoints) -> None:
    for method, path, body in writes.values():
        wrapper = next(iter(body))
        inside = {wrapper: body[wrapper] | {"test": 1, "id": 7}}
        assert refusal(owner.send(method, path, inside), "argument_error").keys() == {"test", "id"}
        beside = body | {"test": 1}
        assert refusal(owner.send(method, path, beside), "argument_error").keys() == {"test"}


def test_the_server_s_own_attributes_are_not_the_caller_s(owner: Actor, ours: Hierarchy) -> None:
    for name in ("id", "created_at", "updated_at", "deleted_at", "organization_id", "ad_bundle", "organization"):
        answer = owner.put(f"campaigns/{ours.campaign.pk}", {"campaign": {name: 1}})
        assert refusal(answer, "argument_error").keys() == {name}


@pytest.mark.parametrize("name", ["", " ", "\t\n", "x" * 256, "a\x00b", 1, 1.5, True, [], {}, ["a"]])
def test_a_name_is_a_string_that_says_something(owner: Actor, writes: Endpoints, name: object) -> None:
    for method, path, body in writes.values():
        wrapper = next(iter(body))
        changed = {wrapper: body[wrapper] | {"name": name}}
        assert refusal(owner.send(method, path, changed), "validation").keys() == {"name"}


@pytest.mark.parametrize("name", ["x" * 255, "é" * 255, "🎈", "a\u2028b", "<script>", "'; DROP TABLE x; --", "%s"])
def test_a_name_comes_back_as_it_was_sent(owner: Actor, writes: Endpoints, name: str) -> None:
    for method, path, body in writes.values():
        wrapper = next(iter(body))
        if path == "campaigns":
            continue
        changed = {wrapper: body[wrapper] | {"name": name}}
        member = "campaign" if wrapper == "campaign" else f"{wrapper}s"
        assert only(owner.send(method, path.partition("external")[0] or path, changed), member)["name"] == name


@pytest.mark.parametrize("attribute", ["name", "status"])
def test_null_for_what_is_required(owner: Actor, writes: Endpoints, attribute: str) -> None:
    for method, path, body in writes.values():
        wrapper = next(iter(body))
        changed = {wrapper: body[wrapper] | {attribute: None}}
        # A new campaign's status has a default (contract 4, "create a campaign"), so it is not required.
        required = method == "POST" and (path, attribute) != ("campaigns", "status")
        code = "missing_data" if required else "validation"
        assert refusal(owner.send(method, path, changed), code).keys() == {attribute}


@pytest.mark.parametrize("status", ["", "Live", "LIVE", "deleted", "in review", 1, True, [], {}])
def test_an_unknown_status(owner: Actor, writes: Endpoints, status: object) -> None:
    for method, path, body in writes.values():
        wrapper = next(iter(body))
        changed = {wrapper: body[wrapper] | {"status": status}}
        assert refusal(owner.send(method, path, changed), "validation").keys() == {"status"}


def test_several_offences_of_one_kind_are_all_named(owner: Actor, writes: Endpoints) -> None:
    for method, path, body in writes.values():
        wrapper = next(iter(body))
        wrong = dict.fromkeys(body[wrapper].keys() & {"name", "status", "starts_at", "ends_at"}, 7)
        fields = refusal(owner.send(method, path, {wrapper: body[wrapper] | wrong}), "validation")
        assert fields.keys() == wrong.keys()


def test_offences_of_several_kinds_are_all_named(owner: Actor, writes: Endpoints) -> None:
    for method, path, body in writes.values():
        wrapper = next(iter(body))
        mixed = {name: value for name, value in body[wrapper].items() if name != "name"} | {"test": 1, "status": 7}
        answer = owner.send(method, path, {wrapper: mixed, "beside": 1})
        code = "missing_data" if method == "POST" else "argument_error"
        absent = {"name"} if method == "POST" else set()
        assert refusal(answer, code).keys() == {"test", "status", "beside"} | absent


def test_dates_out_of_order_are_named_beside_refused_targets(owner: Actor, ours: Hierarchy) -> None:
    """Contract 4: all offending attributes at once, also those that only the domain can judge."""
    wrong = {
        "starts_at": "2022-01-04T05:00:00Z",
        "ends_at": "2021-12-31T05:00:00Z",
        "targets": [{"attribute": "nothing", "operator": "in", "values": ["x"]}],
    }
    paths = (("POST", "campaigns"), ("PUT", f"campaigns/{ours.campaign.pk}"))
    for method, path in paths:
        fields = refusal(owner.send(method, path, bodies.campaign(**wrong)), "validation")
        assert fields.keys() == {"ends_at", "targets"}
    paths = (
        ("POST", f"line_items/{ours.line_item.pk}/creative_groups"),
        ("PUT", f"creative_groups/{ours.group.pk}"),
    )
    for method, path in paths:
        fields = refusal(owner.send(method, path, bodies.creative_group(**wrong)), "validation")
        assert fields.keys() == {"ends_at", "targets"}


def test_a_taken_name_is_named_beside_dates_out_of_order(owner: Actor, ours: Hierarchy) -> None:
    """Contract 4: all offending attributes are reported at once."""
    wrong = bodies.campaign(name=ours.campaign.name, starts_at="2022-01-04T05:00:00Z", ends_at="2021-12-31T05:00:00Z")
    assert refusal(owner.post("campaigns", wrong), "validation").keys() == {"name", "ends_at"}


def test_a_wrong_pair_is_named_beside_a_missing_date(owner: Actor, ours: Hierarchy) -> None:
    """Contract 4: all offending attributes are reported at once."""
    path = f"creative_groups/{make_group(ours.line_item).pk}/creatives"
    message = {"delivery_method": "scheduled"}
    body = bodies.creative(creative_type="issue-bulk-offer", issue_audience_csv=message)
    assert refusal(owner.post(path, body), "missing_data").keys() == {"creative_type", "scheduled_delivery_date"}


def test_dates_must_be_in_order(owner: Actor, ours: Hierarchy) -> None:
    paths = {
        f"campaigns/{ours.campaign.pk}": "campaign",
        f"line_items/{ours.line_item.pk}": "line_item",
        f"creative_groups/{ours.group.pk}": "creative_group",
    }
    for path, wrapper in paths.items():
        for change in (
            {"ends_at": "2021-12-31T05:00:00Z"},
            {"ends_at": "2021-12-31T04:59:59Z"},
            {"starts_at": "2022-01-04T05:00:00Z"},
            {"starts_at": "2022-01-05T05:00:00Z", "ends_at": "2022-01-04T05:00:00Z"},
        ):
            assert refusal(owner.put(path, {wrapper: change}), "validation").keys() <= {"starts_at", "ends_at"}


def test_a_method_that_an_endpoint_has_not(owner: Actor, ours: Hierarchy) -> None:
    allowed = {
        "campaigns": {"GET", "POST"},
        f"campaigns/{ours.campaign.pk}": {"GET", "PUT", "DELETE"},
        f"external/campaigns/{ours.campaign.permalink}": {"GET", "PUT", "DELETE"},
        f"campaigns/{ours.campaign.pk}/navigation": {"GET"},
        f"campaigns/{ours.campaign.pk}/line_items": {"GET", "POST"},
        f"line_items/{ours.line_item.pk}": {"GET", "PUT", "DELETE"},
        f"line_items/{ours.line_item.pk}/creative_groups": {"GET", "POST"},
        f"creative_groups/{ours.group.pk}": {"GET", "PUT", "DELETE"},
        f"creative_groups/{ours.group.pk}/creatives": {"GET", "POST"},
        f"creatives/{ours.creative.pk}": {"GET", "PUT", "DELETE"},
    }
    for path, methods in allowed.items():
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "NONSENSE"} - methods:
            answer = owner.send(method, path, bodies.campaign())
            assert refusal(answer, "method_not_allowed", 405) == {}
            assert {word.strip() for word in answer["Allow"].split(",")} - {"HEAD", "OPTIONS"} == methods


@pytest.mark.parametrize(
    "path",
    [
        "",
        "campaign",
        "campaigns/",
        "campaigns/1/",
        "campaigns/1/nothing",
        "external/campaigns",
        "line_items",
        "a/b/c/d",
    ],
)
def test_a_path_that_no_endpoint_has(owner: Actor, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        refusal(owner.send(method, path), "not_found", 404)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/priv/", "/priv/v1/apps/x", "/priv/v3/apps/x/management/campaigns", "/priv//v1"])
def test_a_path_outside_every_tree_of_the_dialect(path: str, owner: Actor) -> None:
    refusal(owner.client.get(path), "not_found", 404)


NONSENSE = [
    "0",
    "-1",
    "1.0",
    "1e3",
    "abc",
    "%00",
    "٣",
    "\uff19",
    "+1",
    " 1",
    "1%20",
    "9" * 19,
    "9" * 400,
    "null",
    "%FF",
    "..;",
]


@pytest.mark.parametrize("number", NONSENSE)
def test_an_id_that_is_nonsense_is_not_found(owner: Actor, number: str) -> None:
    missing = owner.get("campaigns/999999999")
    for noun in ("campaigns", "line_items", "creative_groups", "creatives"):
        for method in ("GET", "DELETE"):
            refusal(owner.send(method, f"{noun}/{number}"), "not_found", 404)
    for path in (f"campaigns/{number}/navigation", f"campaigns/{number}/line_items"):
        refusal(owner.get(path), "not_found", 404)
    assert owner.get(f"campaigns/{number}").content == missing.content


def test_a_deleted_row_and_a_missing_one_answer_alike(owner: Actor, ours: Hierarchy) -> None:
    other = make_creative(make_group(make_line_item(make_campaign(owner.organization))), owner.application)
    only(owner.delete(f"creatives/{ours.creative.pk}"), "creatives")
    only(owner.delete(f"campaigns/{ours.campaign.pk}"), "campaign")
    for noun, row in (("campaigns", ours.campaign), ("line_items", ours.line_item), ("creatives", ours.creative)):
        assert owner.get(f"{noun}/{row.pk}").content == owner.get(f"{noun}/999999999").content
    only(owner.get(f"creatives/{other.pk}"), "creatives")


def test_a_body_is_json_whatever_its_content_type_says(owner: Actor) -> None:
    for content_type in (
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
    ):
        answer = owner.send("POST", "campaigns", bodies.campaign(), **{"Content-Type": content_type})
        only(answer, "campaign")
    assert AdCampaign.objects.count() == 5


def test_the_answer_is_json_whatever_accept_says(owner: Actor) -> None:
    for accept in ("text/html", "application/edn", "nonsense", "*/*;q=0"):
        answer = owner.send("GET", "campaigns", Accept=accept)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


def test_what_nobody_expected(owner: Actor) -> None:
    """A table that is gone: the dialect's own answer, which tells nothing of it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE campaigns_adcampaign RENAME TO gone")
        answer = owner.get("campaigns")
        transaction.set_rollback(True)
    assert refusal(answer, "internal_server_error", 500) == {}
    assert b"adcampaign" not in answer.content
    only(owner.post("campaigns", bodies.campaign()), "campaign")
