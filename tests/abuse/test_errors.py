"""What can't be parsed, kept or echoed is refused before the work begins: no fault, and nothing is left behind."""

import json
import secrets
from typing import Any

import pytest

from customers.field_values.normalized import MAXIMUM_STRING
from customers.models import Application, Customer, PushToken
from customers.schema.indexes import maintain_field_indexes
from tests.abuse.server import Server
from tests.abuse.sockets import head, opened, read_all
from tests.abuse.test_tokens import Shop
from tests.abuse.world import Abused
from tests.contents import contents
from tests.dialects.marketing_solutions.actor import update
from tests.factories import make_application, make_field, make_organization
from traces.models import Trace

HALF = "\ud800"
SEARCH, CAMPAIGNS = "/marketing-solutions/campaigns/search", "/marketing-solutions/campaigns"
LIMIT = update(1, type="capped", renewal="daily", amount=5)
MANY = {"attribute": "points", "operator": "in", "values": [1] * 100_000}
# Method, path (`{}`: where the management dialect begins, which refuses with 200), body, status. Each would change
# something, or take long.
ATTACKS: dict[str, tuple[str, str, object, int]] = {
    "half a pair beside an entry": ("PATCH", CAMPAIGNS, {"data": [LIMIT], HALF: 1}, 400),
    "half a pair in an entry": ("PATCH", CAMPAIGNS, {"data": [LIMIT, {"id": "1", HALF: 1}]}, 400),
    "half a pair deeper": ("PATCH", CAMPAIGNS, {"data": [LIMIT, {"id": "1", "attributes": {HALF: 1}}]}, 400),
    "half a pair in a filter": ("POST", SEARCH, {"filters": {HALF: 1}}, 400),
    "400 000 ids": ("POST", SEARCH, {"filters": {"campaignIds": [0] * 400_000}}, 400),
    "10 001 updates": ("PATCH", CAMPAIGNS, {"data": [LIMIT] * 10_001}, 413),
    "half a pair in a member": ("POST", "{}/campaigns", {"campaign": {"name": "x", HALF: 1}}, 400),
    "half a pair in a name": ("POST", "{}/campaigns", {"campaign": {"name": HALF}}, 400),
    "NUL in a name": ("POST", "{}/campaigns", {"campaign": {"name": "a\x00b"}}, 200),
    "100 000 values": ("POST", "{}/campaigns", {"campaign": {"name": "x", "targets": [MANY]}}, 200),
    "NUL in an address": ("GET", "{}/campaigns?name=%00", None, 200),
    "nothing but brackets": ("POST", "/api/traces/trace", b"[" * 100_000, 400),
    "half a pair in JSON": ("POST", "/api/traces/trace", {"app-token": HALF}, 400),
    "no UTF-8": ("POST", "/api/traces/trace", b'{"app-token": "\xed\xa0\x80"}', 400),
    "another encoding": ("POST", "/api/traces/trace", '{"a": 1}'.encode("utf-16"), 400),
    "OPTIONS of the docs": ("OPTIONS", "/docs/", None, 405),
    "OPTIONS of the description": ("OPTIONS", "/schema/", None, 405),
    "no method at all": ("NONSENSE", "/docs/", None, 400),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_refused_has_done_nothing(server: Server, abused: Abused, attack: str) -> None:
    method, path, sent, status = ATTACKS[attack]
    authorization = abused.bearer if path.startswith("/marketing") else f"Basic {abused.basic}"
    body = sent if isinstance(sent, bytes) else json.dumps(sent) if sent is not None else None
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    with server.database():
        before = contents()
    answer = server.ask(method, path.format(abused.management), body=body, headers=headers)
    assert answer.status == status, answer.data[:500]
    assert len(answer.data) < 5_000, "one sentence, not one for each"
    assert not path.startswith("{}") or answer.json()["status"] == "error"
    with server.database():
        assert contents() == before


# What stands in headers, one after the other; a fault after the work was done would leave a trace without an answer.
HEADERS = [
    ("Origin", "http://["),
    ("Origin", "http://[::1"),
    ("Origin", "\xff\xfe"),
    ("Accept", "\xff/*;q=x, application/edn;q=9" + "9" * 400),
    ("Accept-Language", "*" * 5_000),
    ("Authorization", "Basic ===="),
    ("Authorization", "Bearer \xff"),
    ("Cookie", "sessionid=\xff; csrftoken=\x7f"),
    ("X-Forwarded-For", "not an address, [::1"),
    ("X-Forwarded-Proto", "\xff"),
    ("Content-Language", "\xff"),
]


@pytest.mark.parametrize(("name", "value"), HEADERS, ids=[f"{name} {place}" for place, (name, _) in enumerate(HEADERS)])
def test_no_header_is_a_fault_after_the_work_was_done(server: Server, abused: Abused, name: str, value: str) -> None:
    def traces() -> int:
        with server.database():
            return Trace.objects.count()

    before = traces()
    body = json.dumps({"app-token": abused.app_token})
    headers = {"Content-Type": "application/json", name: value}
    answer = server.ask("POST", "/api/traces/trace", body=body, headers=headers)
    assert answer.status in {200, 400, 406}, answer.data
    assert traces() - before == (answer.status == 200)
    assert "Access-Control-Allow-Origin" not in answer.headers
    for path in ("/admin/login/", "/docs/", f"{abused.management}/campaigns", CAMPAIGNS):
        assert server.status("GET", path, headers={name: value}) < 500, path


@pytest.mark.parametrize("line", [b"X-\x00: 1", b"X: a\x00b", b"\xff\xff: 1", b"X 1", b": 1", b"Content-Length: -1"])
def test_a_line_that_is_no_header_is_refused_with_care(server: Server, line: bytes) -> None:
    with opened(server) as attacker:
        attacker.sendall(head("GET", "/healthz")[:-2] + line + b"\r\n\r\n")
        answer = read_all(attacker)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"content-security-policy: default-src 'none'" in answer


def _incompressible(characters: int, first: int) -> str:
    """A text that nothing can compress, of characters from `first` on."""
    return "".join(chr(first + secrets.randbelow(700)) for _ in range(characters))


def test_the_longest_texts_can_be_stored_in_indexed_fields(server: Server) -> None:
    with server.database():
        organization = make_organization()
        application = make_application(organization, platforms=["rest"]).application
        make_field(organization, "note", "string", targetable=True, unique=True)
        maintain_field_indexes()
    texts = [_incompressible(MAXIMUM_STRING, 0x1F300) for _ in range(2)]
    shop = Shop(server, "", "", str(application.app_token), "", 0)
    for customer, note, expected in (("1", texts[0], 200), ("2", texts[1], 200), ("2", texts[0], 400)):
        values: dict[str, Any] = {"app-token": shop.rest, "customer": {"id": customer, "note": note}}
        status, answer, _ = shop.post("customers/", values)
        assert status == expected, (customer, answer)
    with server.database():
        notes = dict(Customer.objects.filter(organization=organization).values_list("external_id", "attributes__note"))
    assert notes == {"1": texts[0], "2": texts[1]}


def test_the_longest_token_of_a_device_can_be_stored(server: Server, abused: Abused) -> None:
    token = _incompressible(1_024, 0x4E00)
    with server.database():
        organization = Application.objects.get(pk=abused.application_id).organization
        app = make_application(organization, platforms=["ios"]).application
    shop = Shop(server, "", str(app.app_token), "", "", 0)
    device = {"app-token": shop.app, "customer-id": "a device's", "reg-token": token, "platform": "ios"}
    assert [shop.post("customers/subscribe", device)[0] for _ in range(2)] == [200, 200]
    with server.database():
        assert [each.token for each in PushToken.objects.filter(application=app)] == [token]
