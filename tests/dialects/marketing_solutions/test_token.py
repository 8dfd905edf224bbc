"""`POST /oauth2/token` (RFC 6749; contract 4, section B "token", "the token's life", "auth failures")."""

import base64
import logging
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.applications.applications import rotate_secret
from marketing_solutions.oauth import MANAGE, READ, SALT
from tests.dialects.marketing_solutions.actor import FORM, Answer, Buyer, new_campaign, update
from tests.dialects.marketing_solutions.expected import refusal

GRANT = {"grant_type": "client_credentials"}


def token_of(answer: Answer) -> str:
    """The token of a success, whose members are exactly those of the contract."""
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (body["token_type"], body["expires_in"], body["refresh_token"]) == ("Bearer", 900, None)
    assert answer["Cache-Control"] == "no-store"
    return str(body["access_token"])


def token_refused(answer: Answer, status: int, error: str) -> None:
    """Check the shape of RFC 6749, section 5.2."""
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert body.keys() <= {"error", "error_description"}
    assert body["error"] == error
    assert answer["Cache-Control"] == "no-store"
    if status == 401:
        assert answer["WWW-Authenticate"].startswith("Basic ")


def test_credentials_come_in_the_form_or_the_header(buyer: Buyer) -> None:
    for answer in (buyer.ask_token(), buyer.ask_token(GRANT, Authorization=buyer.basic())):
        buyer.token = token_of(answer)
        assert buyer.search().status_code == 200


@pytest.mark.parametrize(
    "authorization", [None, "Basic", "Basic !!!", "Basic " + base64.b64encode(b"no colon").decode()]
)
def test_a_wrong_client_is_told_nothing(buyer: Buyer, authorization: str | None) -> None:
    if authorization:
        token_refused(buyer.ask_token(GRANT, Authorization=authorization), 401, "invalid_client")
        return
    key, secret = buyer.application.api_key, buyer.secret
    wrong = [(key, "x"), (key, ""), ("0" * 40, secret), ("", ""), ("nonsense\x00", secret), (secret, key), (key, key)]
    answers = [buyer.ask_token(GRANT | {"client_id": one, "client_secret": other}) for one, other in wrong]
    buyer.application.is_active = False
    buyer.application.save()
    answers.append(buyer.ask_token())
    for answer in answers:
        token_refused(answer, 401, "invalid_client")
    assert len({answer.content for answer in answers}) == 1


def test_an_unknown_client_costs_what_a_known_one_does(buyer: Buyer) -> None:
    for client_id in ("0" * 40, buyer.application.api_key):
        with CaptureQueriesContext(connection) as captured:
            buyer.ask_token(GRANT | {"client_id": client_id, "client_secret": "wrong"})
        assert len(captured) == 1


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"scope": "Everything"}, "invalid_scope"),
        ({"scope": f"{READ} Everything"}, "invalid_scope"),
    ],
)
def test_an_invalid_grant_is_refused(buyer: Buyer, changes: dict[str, str], error: str) -> None:
    own = {"client_id": buyer.application.api_key, "client_secret": buyer.secret}
    token_refused(buyer.ask_token(GRANT | own | changes), 400, error)


NO_FORMS = [
    b"",
    b"{}",
    b"\xff\xfe",
    b"grant_type",
    b"%%%",
    b"grant_type=client_credentials&grant_type=client_credentials",
    b"a" * 20_000,
    "grant_type=client_credentials&client_id=ü".encode(),
]


@pytest.mark.parametrize("body", NO_FORMS, ids=range(len(NO_FORMS)))
def test_a_body_that_is_no_form_is_refused(buyer: Buyer, body: bytes) -> None:
    answer = buyer.ask_token(body)
    assert answer.status_code in {400, 401}
    assert answer.json()["error"] in {"invalid_request", "invalid_client"}


def test_credentials_in_two_places_or_elsewhere_are_refused(buyer: Buyer) -> None:
    token_refused(buyer.client.post("/oauth2/token", GRANT, content_type="application/json"), 400, "invalid_request")
    answer = buyer.client.generic("POST", "/oauth2/token?client_id=1", b"", content_type=FORM)
    token_refused(answer, 400, "invalid_request")
    both = GRANT | {"client_id": buyer.application.api_key, "client_secret": buyer.secret}
    token_refused(buyer.ask_token(both, Authorization=buyer.basic()), 400, "invalid_request")
    other = GRANT | {"client_id": "0" * 40}
    answer = buyer.ask_token(other, Authorization=buyer.basic())
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert token_of(buyer.ask_token(GRANT | {"client_id": buyer.application.api_key}, Authorization=buyer.basic()))
    assert refusal(buyer.client.get("/oauth2/token"), 405, "validation", "method-not-allowed") == []


@pytest.mark.parametrize(
    ("scope", "may_read", "may_manage"),
    [(READ, True, False), (MANAGE, False, True), (f"{MANAGE} {READ}", True, True), ("", True, True)],
)
def test_scopes(buyer: Buyer, scope: str, *, may_read: bool, may_manage: bool) -> None:
    campaign = buyer.campaign()
    own = {"client_id": buyer.application.api_key, "client_secret": buyer.secret}
    buyer.token = token_of(buyer.ask_token(GRANT | own | {"scope": scope}))
    reads = [buyer.get(campaign.pk), buyer.search(), buyer.send("HEAD", f"/{campaign.pk}")]
    writes = [buyer.create(new_campaign(buyer.advertiser.pk)), buyer.patch(update(campaign.pk, amount=5))]
    for answers, allowed in ((reads, may_read), (writes, may_manage)):
        for answer in answers:
            assert (answer.status_code in {200, 201}) is allowed
            if not allowed and answer.content:
                refusal(answer, 403, "access-control", "insufficient-advertiser-permissions")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic abc", "abc", "Token abc"])
def test_a_missing_token_is_401(buyer: Buyer, authorization: str) -> None:
    answer = buyer.send("GET", "/1", Authorization=authorization)
    assert refusal(answer, 401, "authorization", "authorization-token-missing") == []
    assert answer["WWW-Authenticate"].startswith("Bearer ")


def test_an_invalid_token_is_401(buyer: Buyer, rival: Buyer) -> None:
    head, _, tail = buyer.token.partition(".")
    other = rival.token.partition(".")[0]
    signer = signing.TimestampSigner(salt=SALT)
    for token in (
        "abc",
        "é",
        "a.b.c:d:e",
        buyer.token[:-1],
        buyer.token + "x",
        f"{other}.{tail}",
        signer.sign("999999999999.11." + "0" * 32),
        signer.sign(f"{head}.11." + "0" * 32),
        signing.TimestampSigner(salt="another").sign(f"{head}.11." + "0" * 32),
    ):
        answer = buyer.send("GET", "/1", Authorization=f"Bearer {token}")
        assert refusal(answer, 401, "authorization", "authorization-token-invalid") == []


def test_a_token_is_accepted_for_930_seconds(buyer: Buyer) -> None:
    with time_machine.travel("2026-03-02T12:00:00Z", tick=False) as clock:
        buyer.token = token_of(buyer.ask_token())
        clock.shift(930)
        assert buyer.search().status_code == 200
        clock.shift(1)
        assert refusal(buyer.search(), 401, "authorization", "authorization-token-expired") == []


def test_a_token_ends_with_its_secret_and_its_application(buyer: Buyer) -> None:
    assert buyer.search().status_code == 200
    buyer.application.is_active = False
    buyer.application.save()
    assert refusal(buyer.search(), 401, "authorization", "authorization-token-invalid") == []
    buyer.application.is_active = True
    buyer.application.save()
    assert buyer.search().status_code == 200
    buyer.secret = rotate_secret(application=buyer.application)
    assert refusal(buyer.search(), 401, "authorization", "authorization-token-invalid") == []
    buyer.token = token_of(buyer.ask_token())
    assert buyer.search().status_code == 200


def test_the_trace_of_an_error_is_the_id_of_its_request_in_the_log(buyer: Buyer, caplog: Any) -> None:
    with caplog.at_level(logging.INFO):
        trace = buyer.get(5).json()["errors"][0]["traceIdentifier"]
        partial = buyer.patch({"id": 5}).json()["errors"][0]["traceIdentifier"]
    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    assert [line["codes"] for line in lines if line["request_id"] == trace] == [["campaign-not-found"]]
    assert [line["event"] for line in lines if line["request_id"] == partial] == ["updates_refused"]
