"""What answers look like: the shapes that every test of this dialect compares with, whole."""

from typing import Any

from tests.dialects.management.actor import Answer


def refusal(answer: Answer, code: str, status: int = 200) -> dict[str, list[str]]:
    """Check that the answer is an error of exactly this shape; returns its `fields`, empty where it has none."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    body = answer.json()
    assert body.keys() == {"status", "errors"}
    assert body["status"] == "error"
    errors: dict[str, Any] = body["errors"]
    assert errors.keys() - {"fields"} == {"code", "message"}
    assert errors["code"] == code, errors
    assert errors["message"]
    assert isinstance(errors["message"], str)
    fields: dict[str, list[str]] = errors.get("fields", {})
    if "fields" in errors:
        assert code in {"validation", "missing_data", "argument_error"}
        assert fields
    for sentences in fields.values():
        assert sentences
        assert all(isinstance(sentence, str) and sentence for sentence in sentences)
    return fields


def accepted(answer: Answer) -> dict[str, Any]:
    """Check that the answer is a success; returns its members beside `status`."""
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/json"
    body: dict[str, Any] = answer.json()
    assert body.pop("status") == "ok", body
    return body


def only(answer: Answer, member: str) -> dict[str, Any]:
    """The one object of a successful answer, under `member`, in an array of one where the contract has an array."""
    body = accepted(answer)
    assert body.keys() == {member}
    found = body[member]
    if isinstance(found, list):
        assert len(found) == 1
        found = found[0]
    assert isinstance(found, dict)
    return found
