"""Contract 4, section C: "format of the request", "format of the answer", "paths", "error body", "limits"."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client, RequestFactory

from config import handlers
from tests.contents import contents
from tests.dialects.trace.caller import CONTENT_TYPES, MEDIA_TYPES, Answer, Caller, Form, accepted, encoded, refused
from tests.factories import make_customer, make_trail

EDN, JSON = CONTENT_TYPES["edn"], CONTENT_TYPES["json"]
# Every address of this step, and a body that it accepts; `{…}` is filled in by the fixture.
ENDPOINTS = [
    "traces/trace",
    "traces/:trace-id/trail",
    "traces/trail/:trail-id/action",
    "customers",
    "customers/subscribe",
]


@pytest.fixture
def bodies(caller: Caller) -> dict[str, tuple[str, Any]]:
    """For each address its path and a body."""
    trail = make_trail(make_customer(caller.organization))
    token = {"app-token": caller.token}
    return {
        "traces/trace": ("traces/trace", token),
        "traces/:trace-id/trail": (f"traces/{trail.trace.uuid}/trail", {"channel": "atm"}),
        "traces/trail/:trail-id/action": (f"traces/trail/{trail.uuid}/action", {"name": "a", "type": "action"}),
        "customers": ("customers", token | {"customer": {"id": "1"}}),
        "customers/subscribe": (
            "customers/subscribe",
            token | {"reg-token": "r", "customer-id": "1", "platform": "ios"},
        ),
    }


def _raw(caller: Caller, path: str, body: bytes, method: str = "POST", **headers: str) -> Answer:
    """A request with exactly these headers: no Content-Type where none is given."""
    environment = {f"HTTP_{name.upper()}": value for name, value in headers.items() if name != "content_type"}
    if "content_type" in headers:
        environment["CONTENT_TYPE"] = headers["content_type"]
    return caller.client.generic(method, path, body, content_type="", **environment)  # type: ignore[arg-type]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("prefix", ["/api/", "/API/"])
@pytest.mark.parametrize("slash", ["", "/"])
def test_paths(
    caller: Caller, form: Form, bodies: dict[str, tuple[str, Any]], endpoint: str, prefix: str, slash: str
) -> None:
    path, body = bodies[endpoint]
    answer = _raw(caller, f"{prefix}{path}{slash}", encoded(body, form), content_type=MEDIA_TYPES[form])
    accepted(answer)
    assert answer["Content-Type"] == CONTENT_TYPES[form]
    assert answer["Content-Length"] == str(len(answer.content))


@pytest.mark.parametrize(
    "content_type", ["application/edn", "APPLICATION/EDN", "application/edn; charset=utf-8", "", " "]
)
def test_edn_and_nothing_are_edn(caller: Caller, content_type: str) -> None:
    answer = _raw(caller, "/api/traces/trace", b'{:app-token "%s"}' % caller.token.encode(), content_type=content_type)
    assert accepted(answer)
    assert answer["Content-Type"] == EDN


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON", "application/json;charset=UTF-8"])
def test_json(caller: Caller, content_type: str) -> None:
    answer = _raw(
        caller, "/api/traces/trace", b'{"app-token": "%s"}' % caller.token.encode(), content_type=content_type
    )
    assert accepted(answer)
    assert answer["Content-Type"] == JSON


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/*", "json", "multipart/form-data", "é"],
)
def test_other_requests_are_415(caller: Caller, content_type: str) -> None:
    answer = _raw(caller, "/api/traces/trace", b"{}", content_type=content_type)
    refused(answer, 415, "unsupported-media-type")
    assert answer["Content-Type"] == EDN
    answer = _raw(caller, "/api/traces/trace", b"{}", content_type=content_type, accept="application/json")
    refused(answer, 415, "unsupported-media-type")
    assert answer["Content-Type"] == JSON


# What Accept says, and the format of the answer to a request in EDN and in JSON (None: 406).
ACCEPT = [
    ("", EDN, JSON),
    (" ", EDN, JSON),
    (",", EDN, JSON),
    ("*/*", EDN, JSON),
    ("*/*;q=0.1", EDN, JSON),
    ("application/*", EDN, JSON),
    ("text/html, */*;q=0.8", EDN, JSON),
    ("application/edn", EDN, EDN),
    ("application/json", JSON, JSON),
    ("APPLICATION/JSON", JSON, JSON),
    ("application/json; charset=utf-8", JSON, JSON),
    ("application/edn;charset=utf-8;q=0.9, application/json;q=0.8", EDN, EDN),
    ("application/json;q=0.5, application/edn;q=0.4", JSON, JSON),
    ("application/json;q=0.4, application/edn;q=0.5", EDN, EDN),
    ("application/json;Q=0.4 , application/edn ; q=0.5", EDN, EDN),
    ("application/json, application/edn;q=0.999", JSON, JSON),
    ("application/json, text/plain, */*", JSON, JSON),
    ("application/edn, application/json", EDN, EDN),
    ("application/json, application/edn", JSON, JSON),
    ("application/json;q=0, */*", EDN, EDN),
    ("application/edn;q=0, */*;q=0.1", JSON, JSON),
    ("application/edn;q=0.1, */*;q=0.2", JSON, JSON),
    ("application/json;q=nonsense", JSON, JSON),
    ("application/edn;q=0", None, None),
    ("*/*;q=0", None, None),
    ("text/html", None, None),
    ("application/xml, text/*;q=0.5", None, None),
    ("nonsense", None, None),
    ("é", None, None),
]


@pytest.mark.parametrize(("accept", "to_edn", "to_json"), ACCEPT)
def test_accept(caller: Caller, accept: str, to_edn: str | None, to_json: str | None) -> None:
    for form, expected in (("edn", to_edn), ("json", to_json)):
        before = contents()
        answer = caller.post("traces/trace", {"app-token": caller.token}, form, Accept=accept)  # type: ignore[arg-type]
        if expected is None:
            refused(answer, 406, "not-acceptable")
            assert answer["Content-Type"] == CONTENT_TYPES[form]  # type: ignore[index]
            assert contents() == before
        else:
            accepted(answer)
            assert answer["Content-Type"] == expected


@pytest.mark.parametrize("asked", ["edn", "json"])
@pytest.mark.parametrize("wanted", ["edn", "json"])
def test_errors_are_in_the_negotiated_format(caller: Caller, asked: Form, wanted: Form) -> None:
    accept = MEDIA_TYPES[wanted]

    def send(path: str, body: object) -> Answer:
        return caller.post(path, body, asked, Accept=accept)

    found = {
        "malformed-body": (400, send("traces/trace", b"{")),
        "invalid-body": (400, send("traces/trace", {"app-token": 1.5})),
        "unknown-application": (404, send("traces/trace", {"app-token": "nobody's"})),
        "unknown-trace": (404, send("traces/nonsense/trail", {"channel": "atm"})),
        "not-found": (404, send("nowhere", {})),
        "body-too-large": (413, send("traces/trace", b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1))),
        "method-not-allowed": (
            405,
            caller.client.get("/api/traces/trace", headers={"Accept": accept, "Content-Type": MEDIA_TYPES[asked]}),
        ),
    }
    for code, (status, answer) in found.items():
        refused(answer, status, code)
        assert answer["Content-Type"] == CONTENT_TYPES[wanted]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"])
def test_other_methods_are_405(caller: Caller, bodies: dict[str, tuple[str, Any]], endpoint: str, method: str) -> None:
    path, body = bodies[endpoint]
    before = contents()
    answer = _raw(caller, f"/api/{path}", encoded(body, "json"), method, content_type="application/json")
    assert answer["Allow"] == "POST"
    if method == "HEAD":
        assert answer.status_code == 405
    else:
        refused(answer, 405, "method-not-allowed")
    assert contents() == before


@pytest.mark.parametrize(
    "path",
    [
        "",
        "traces",
        "traces/",
        "traces/trace/x",
        "traces/trace//",
        "traces//trail",
        "trace",
        "Traces/trace",
        "customers/x",
    ],
)
def test_unmatched_paths(caller: Caller, form: Form, path: str) -> None:
    for prefix in ("/api/", "/API/"):
        for method in ("POST", "GET"):
            answer = _raw(caller, prefix + path, b"{}", method, content_type=MEDIA_TYPES[form])
            refused(answer, 404, "not-found")
            assert answer["Content-Type"] == CONTENT_TYPES[form]


def test_a_fault_of_ours(caller: Caller, form: Form) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE traces_trace RENAME TO traces_gone")
    answer = caller.post("traces/trace", {"app-token": caller.token, "customer-id": "1"}, form)
    # The database refuses everything until the test's own transaction ends.
    transaction.set_rollback(True)
    message = refused(answer, 500, "internal-error")
    assert answer["Content-Type"] == CONTENT_TYPES[form]
    assert "traces" not in message


@pytest.mark.parametrize("accept", ["application/edn", "application/json"])
def test_a_fault_outside_of_every_view(accept: str) -> None:
    request = RequestFactory().post("/api/traces/trace", headers={"Accept": accept})
    for status, code, answer in (
        (500, "internal-error", handlers.fault(request)),
        (400, "bad-request", handlers.bad_request(request, ValueError())),
    ):
        refused(answer, status, code)
        assert answer["Content-Type"].startswith(accept)


def test_a_body_at_the_limit_and_past_it(caller: Caller, form: Form) -> None:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body = encoded({"app-token": caller.token}, form)
    accepted(caller.post("traces/trace", body.ljust(limit), form))
    refused(caller.post("traces/trace", body.ljust(limit + 1), form), 413, "body-too-large")
    assert limit == 1_048_576


def test_nesting_at_the_limit_and_past_it(caller: Caller, form: Form) -> None:
    token = f'"{caller.token}"'
    head = f'{{"app-token": {token}, "x": ' if form == "json" else f"{{:app-token {token} :x "
    for depth, is_fine in ((64, True), (65, False), (5_000, False)):
        raw = (head + "[" * (depth - 1) + "]" * (depth - 1) + "}").encode()
        answer = caller.post("traces/trace", raw, form)
        if is_fine:
            accepted(answer)
        else:
            assert "64 levels" in refused(answer, 400, "malformed-body")


@pytest.mark.parametrize("raw", [b"[]", b'"text"', b"1", b"true", b"[{}]"])
def test_a_body_that_is_no_map(caller: Caller, form: Form, raw: bytes) -> None:
    refused(caller.post("traces/trace", raw, form), 400, "malformed-body")


@pytest.mark.parametrize("raw", [b"", b" ", b"{", b"}", b"{}{}", b"{} x", b"\xff\xfe", b"\x00", b"nonsense"])
def test_a_body_that_cannot_be_read(caller: Caller, form: Form, raw: bytes) -> None:
    before = contents()
    refused(caller.post("traces/trace", raw, form), 400, "malformed-body")
    assert contents() == before


def test_no_cookie_and_no_csrf_token_is_needed(caller: Caller) -> None:
    answer = Client(enforce_csrf_checks=True).post(
        "/api/traces/trace", encoded({"app-token": caller.token}, "json"), content_type="application/json"
    )
    assert accepted(answer)
    assert not answer.cookies
