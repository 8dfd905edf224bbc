"""A caller of the trace dialect, in either format; edn-format, not our own codec, writes and reads its EDN."""

import json
import logging
from typing import Any, Literal
from uuid import UUID

import edn_format
from django.test import Client

from customers.models import Application, Organization
from tests.factories import make_application

# It tells all of its grammar at every call.
logging.getLogger("edn_format").setLevel(logging.WARNING)

Answer = Any  # Django's test response
Form = Literal["edn", "json"]
FORMS: tuple[Form, ...] = ("edn", "json")
MEDIA_TYPES: dict[Form, str] = {"edn": "application/edn", "json": "application/json"}
CONTENT_TYPES: dict[Form, str] = {"edn": "application/edn; charset=utf-8", "json": "application/json"}


def encoded(body: object, form: Form) -> bytes:
    """A body of plain Python, whose dictionaries have kebab-case string keys, in one of the formats."""
    if isinstance(body, bytes):
        return body
    text = json.dumps(body) if form == "json" else edn_format.dumps(body, keyword_keys=True)
    return str(text).encode()


def decoded(answer: Answer) -> Any:
    """An answer in plain Python; keywords are strings, as they are in JSON."""
    if answer["Content-Type"] == CONTENT_TYPES["json"]:
        return json.loads(answer.content)
    assert answer["Content-Type"] == CONTENT_TYPES["edn"]
    return _plain(edn_format.loads(answer.content.decode()))


def _plain(value: object) -> Any:
    if isinstance(value, edn_format.Keyword):
        return value.name
    if isinstance(value, edn_format.ImmutableDict):
        assert all(isinstance(key, edn_format.Keyword) for key in value)
        return {key.name: _plain(item) for key, item in value.items()}
    if isinstance(value, edn_format.ImmutableList):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, UUID) else value


class Caller:
    """An integrated application that speaks one of the formats (EDN where a call doesn't say otherwise)."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.client = Client()

    @classmethod
    def of(cls, organization: Organization | None = None, **application: Any) -> "Caller":
        """A new application with the REST platform, of a new organization where none is given."""
        return cls(make_application(organization, **{"platforms": ["rest"]} | application).application)

    @property
    def organization(self) -> Organization:
        """Whose customers these are."""
        return self.application.organization

    @property
    def token(self) -> str:
        """The app-token."""
        return str(self.application.app_token)

    def post(self, path: str, body: object, form: Form = "edn", **headers: str) -> Answer:
        """POST to what follows `/api/`; bytes go as they are, any other body in the format."""
        raw = encoded(body, form)
        return self.client.generic("POST", f"/api/{path}", raw, content_type=MEDIA_TYPES[form], headers=headers)

    def trace(self, customer_id: object = None, form: Form = "edn") -> dict[str, str]:
        """Start a trace; its answer."""
        return accepted(self.post("traces/trace", {"app-token": self.token, "customer-id": customer_id}, form))

    def trail(self, trace_id: str, form: Form = "edn", **members: object) -> str:
        """Add a visit; its id."""
        return str(accepted(self.post(f"traces/{trace_id}/trail", {"channel": "web"} | members, form))["trail-id"])

    def visit(self, customer_id: object = None, form: Form = "edn") -> str:
        """Start a trace and a visit; the visit's id."""
        return self.trail(self.trace(customer_id, form)["trace-id"], form)

    def act(self, trail_id: str, kind: str, form: Form = "edn", **data: object) -> Answer:
        """Add an activity named as its type, with `data` (its underscores are hyphens)."""
        fields = [{"name": name.replace("_", "-"), "value": value} for name, value in data.items()]
        return self.post(f"traces/trail/{trail_id}/action", {"name": kind, "type": kind, "data": fields}, form)


def accepted(answer: Answer) -> dict[str, Any]:
    """Check that the answer is a success; returns its members."""
    assert answer.status_code == 200, answer.content
    assert answer["Vary"] == "Accept"
    members: dict[str, Any] = decoded(answer)
    return members


def refused(answer: Answer, status: int, code: str) -> str:
    """Check that the answer is an error of exactly the dialect's shape; returns its message."""
    assert answer.status_code == status, answer.content
    assert answer["Vary"] == "Accept"
    body = decoded(answer)
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"code", "message"}
    assert body["error"]["code"] == code, body
    message: str = body["error"]["message"]
    assert isinstance(message, str)
    assert message
    if answer["Content-Type"] == CONTENT_TYPES["edn"]:
        assert f"{{:error {{:code :{code} :message ".encode() in answer.content
        assert b"\n" not in answer.content
    return message
