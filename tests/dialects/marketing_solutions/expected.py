"""What answers look like: the shapes that every test of this dialect compares with, whole."""

import uuid
from typing import Any

from tests.dialects.marketing_solutions.actor import Answer

PREFIX = "campaign--campaign-update-check--"
MEMBERS = {"traceIdentifier", "type", "code", "instance", "title", "detail"}
TYPES = {
    "unknown",
    "access-control",
    "authentication",
    "authorization",
    "availability",
    "deprecation",
    "quota",
    "validation",
}


def problem(found: dict[str, Any], *, versioned: bool = False) -> str:
    """Check one error or warning; returns its code."""
    expected = MEMBERS | ({"traceId"} if versioned else set())
    assert found.keys() - {"source"} == expected
    assert all(isinstance(found[name], str) and found[name] for name in expected)
    assert str(uuid.UUID(found["traceIdentifier"])) == found["traceIdentifier"]
    assert found.get("traceId", found["traceIdentifier"]) == found["traceIdentifier"]
    assert found["type"] in TYPES
    if "source" in found:
        assert found["source"].keys() == {"pointer"}
    return str(found["code"])


def refusal(answer: Answer, status: int, kind: str, code: str) -> list[str]:
    """Check that the answer is nothing but errors of one code; returns their pointers."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    body = answer.json()
    assert body.keys() == {"errors", "warnings"}
    assert body["warnings"] == []
    path = answer.wsgi_request.path
    versioned = not path.startswith("/marketing-solutions")
    assert {problem(found, versioned=versioned) for found in body["errors"]} == {code}
    assert {found["type"] for found in body["errors"]} == {kind}
    assert {found["instance"] for found in body["errors"]} == {path}
    return [found["source"]["pointer"] for found in body["errors"] if "source" in found]


def results(answer: Answer) -> tuple[list[str], dict[int, str], list[int]]:
    """Check the answer of a PATCH; returns ids in `data`, codes in `errors` and places of `warnings`, by place."""
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body.keys() == {"data", "errors", "warnings"}
    for each in body["data"]:
        assert each.keys() == {"type", "id"}
        assert each["type"] == "Campaign"
    versioned = not answer.request["PATH_INFO"].startswith("/marketing-solutions")
    errors = {place(found): problem(found, versioned=versioned) for found in body["errors"]}
    assert len(errors) == len(body["errors"])
    assert list(errors) == sorted(errors)
    for found in body["warnings"]:
        code = problem(found, versioned=versioned)
        assert code == f"{PREFIX}new-spend-limit-amount-will-take-place-at-the-next-period-start"
    return [each["id"] for each in body["data"]], errors, [place(found) for found in body["warnings"]]


def place(found: dict[str, Any]) -> int:
    """The index that an `instance` names."""
    head, _, index = found["instance"].partition("/")
    assert head == "@data"
    return int(index)
