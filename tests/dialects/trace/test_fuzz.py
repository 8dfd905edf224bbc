"""No bytes make a 5xx, and a refused write changes nothing."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contents import contents
from tests.dialects.trace.caller import CONTENT_TYPES, Answer, Caller, Form, decoded, encoded
from tests.factories import make_customer, make_field, make_interaction, make_trail

FIXED = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
STATUSES = {200, 400, 404, 405, 406, 413, 415}

nasty = st.sampled_from(
    [
        "",
        "\x00",
        "\ud800",
        "%s",
        "{0}",
        "\u202e",
        "x" * 300,
        "🎈",
        ":a",
        "#inst",
        "1e999",
        "\r\n",
        "NaN",
        "-0",
        "9" * 40,
    ]
)
scalar = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | nasty
anything = st.recursive(
    scalar, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(nasty, inner, max_size=3), max_leaves=8
)
MEMBERS = [
    "app-token",
    "customer-id",
    "channel",
    "platform",
    "language",
    "name",
    "type",
    "data",
    "customer",
    "reg-token",
]
# Pieces of both notations; most of what they make is neither.
PIECES = """{ } [ ] ( ) #{ #_ : :app-token :channel: " \\ , ; #inst nil "app-token" "type" :a/b 1 -1.5e9M 1N #uuid "x"
    null true ##Inf ^ \\newline"""
piece = st.sampled_from([*PIECES.split(), "\n"])
raw_bodies = st.binary(max_size=40) | st.lists(piece, max_size=14).map(" ".join).map(str.encode)
headers = st.sampled_from(
    ["*/*", "", "application/json", "application/edn;q=0", "text/html", ";", ",;q=", "é", "q=1" * 9]
)


@pytest.fixture
def paths(caller: Caller) -> list[str]:
    """Every address of this step, for rows that are there."""
    make_field(caller.organization, "name", "string", required=True)
    customer = make_customer(caller.organization)
    trail = make_trail(customer, caller.application)
    make_interaction(customer)
    return [
        "traces/trace",
        f"traces/{trail.trace.uuid}/trail",
        f"traces/trail/{trail.uuid}/action",
        "customers",
        "customers/subscribe",
    ]


def _send(caller: Caller, path: str, raw: bytes, form: Form, **more: str) -> None:
    before = contents()
    answer: Answer = caller.post(path, raw, form, **more)
    assert answer.status_code in STATUSES, answer.content
    assert answer["Content-Type"] in CONTENT_TYPES.values()
    if answer.status_code != 200:
        error = decoded(answer)["error"]
        assert error.keys() == {"code", "message"}
        assert contents() == before


@FIXED
@given(raw=raw_bodies, place=st.integers(0, 4), form=st.sampled_from(["edn", "json"]), accept=headers)
def test_any_bytes(caller: Caller, paths: list[str], raw: bytes, place: int, form: Form, accept: str) -> None:
    _send(caller, paths[place], raw, form, Accept=accept)


@FIXED
@given(
    body=st.dictionaries(st.sampled_from(MEMBERS) | nasty, anything, max_size=4),
    given_members=st.sets(st.sampled_from(["app-token", "channel", "name", "type", "platform", "reg-token"])),
    place=st.integers(0, 4),
)
def test_any_members(
    caller: Caller, paths: list[str], body: dict[str, Any], given_members: set[str], place: int
) -> None:
    right = {"app-token": caller.token, "channel": "web", "name": "x", "type": "event", "platform": "ios"}
    body = body | {name: right.get(name, "r") for name in given_members}
    _send(caller, paths[place], encoded(body, "json"), "json")


HOSTILE = st.sampled_from(
    ["http://[", "http://]:0", "https://a\x00b", "https://é.example", "https://\r\nX: y", "null", "\x00", "x" * 9_000]
)


@FIXED
@given(
    headers=st.dictionaries(
        st.sampled_from(["Origin", "Accept", "Referer", "Access-Control-Request-Method", "Cookie", "User-Agent"]),
        HOSTILE | headers,
        min_size=1,
    ),
    place=st.integers(0, 4),
    form=st.sampled_from(["edn", "json"]),
    method=st.sampled_from(["POST", "OPTIONS"]),
)
def test_any_header(
    caller: Caller, paths: list[str], headers: dict[str, str], place: int, form: Form, method: str
) -> None:
    right = {"app-token": caller.token, "channel": "web", "name": "x", "type": "event", "data": [], "platform": "ios"}
    body = encoded(right | {"reg-token": "r", "customer": {"id": "1", "name": "n"}, "customer-id": "1"}, form)
    before = contents()
    answer = caller.client.generic(
        method, f"/api/{paths[place]}", body, content_type=CONTENT_TYPES[form].partition(";")[0], headers=headers
    )
    assert answer.status_code in STATUSES | {204}, answer.content
    if answer.status_code != 200:
        assert contents() == before


@FIXED
@given(cut=st.integers(0, 200), put=st.binary(max_size=3), form=st.sampled_from(["edn", "json"]))
def test_damaged_requests(caller: Caller, paths: list[str], cut: int, put: bytes, form: Form) -> None:
    fields = [{"name": "tracking-token", "value": "x"}, {"name": "b", "value": [1, 2.5, None, True, {"c": "é\n"}]}]
    whole = encoded({"name": "a", "type": "conversion", "data": fields}, form)
    _send(caller, paths[2], whole[:cut] + put + whole[cut + len(put) :], form)


segment = st.sampled_from(
    [
        "traces",
        "trace",
        "trail",
        "action",
        "customers",
        "subscribe",
        "..",
        "%2e",
        "",
        "%00",
        "%FF",
        "9" * 50,
        "a%0Ab",
        ";x",
    ]
) | st.text("abc019-_.~%:;,@&=+$!*'()", max_size=8)


@FIXED
@given(segments=st.lists(segment, max_size=5), method=st.sampled_from(["GET", "POST", "PUT", "OPTIONS"]))
def test_any_path(caller: Caller, paths: list[str], segments: list[str], method: str) -> None:  # noqa: ARG001
    answer = caller.client.generic(method, "/api/" + "/".join(segments), b"{}", content_type="application/edn")
    assert answer.status_code in STATUSES
    assert answer["Content-Type"] == CONTENT_TYPES["edn"]
