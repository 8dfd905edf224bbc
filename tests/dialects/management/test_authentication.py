"""Contract 4, section A, "authentication" and "wrong or missing credentials"."""

import base64

import pytest

from customers.applications.applications import rotate_secret
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor, Answer, basic
from tests.dialects.management.expected import accepted, refusal
from tests.factories import Hierarchy, make_application


def _get(actor: Actor, authorization: str | None, api_key: str | None = None) -> Answer:
    path = f"/priv/v1/apps/{api_key or actor.application.api_key}/management/campaigns"
    headers = {} if authorization is None else {"Authorization": authorization}
    return actor.client.get(path, headers=headers)


def _denied(answer: Answer, code: str = "access_denied") -> None:
    assert refusal(answer, code, 401) == {}
    assert answer["WWW-Authenticate"].startswith("Basic")


def test_key_and_secret(owner: Actor) -> None:
    accepted(_get(owner, basic(owner.application.api_key, owner.secret)))


def test_an_empty_user_name_with_the_secret(owner: Actor) -> None:
    accepted(_get(owner, basic("", owner.secret)))


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "bAsIc"])
def test_the_scheme_has_no_case(owner: Actor, scheme: str) -> None:
    token = owner.authorization.removeprefix("Basic ")
    accepted(_get(owner, f"{scheme} {token}"))


def test_no_header(owner: Actor) -> None:
    _denied(_get(owner, None))


def test_a_wrong_secret(owner: Actor) -> None:
    wrong = [owner.secret[:-1], owner.secret + "0", owner.secret.upper(), "", " " + owner.secret, "\x00", "é" * 64]
    wrong.append(owner.application.secret_sha256)
    wrong.append(owner.application.secret_prefix)
    for secret in wrong:
        _denied(_get(owner, basic(owner.application.api_key, secret)))
        _denied(_get(owner, basic("", secret)))


@pytest.mark.parametrize(
    "header",
    [
        "",
        " ",
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic Og==",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Basic a",
        "Bearer token",
        "Digest username=x",
        "Basic é",
        "Basic " + "A" * 5000,
    ],
)
def test_a_malformed_header(owner: Actor, header: str) -> None:
    _denied(_get(owner, header))


def test_the_secret_must_come_in_a_basic_header(owner: Actor) -> None:
    token = owner.authorization.removeprefix("Basic ")
    for header in (token, f"Bearer {token}", f"Basic{token}", f"Basic {owner.secret}"):
        _denied(_get(owner, header))


def test_another_applications_credentials(owner: Actor, teammate: Actor, outsider: Actor) -> None:
    for other in (teammate, outsider):
        _denied(_get(owner, other.authorization))
        _denied(_get(owner, basic("", other.secret)))
        _denied(_get(owner, basic(owner.application.api_key, other.secret)))
        _denied(_get(owner, basic(other.application.api_key, owner.secret)))


def test_an_unknown_key(owner: Actor) -> None:
    for api_key in ("0" * 40, "unknown", owner.application.api_key.upper(), owner.application.api_key[:-1], "%00"):
        _denied(_get(owner, owner.authorization, api_key), "invalid_api_key")
        _denied(_get(owner, None, api_key), "invalid_api_key")


def test_an_inactive_application_is_unknown(owner: Actor) -> None:
    inactive = Actor(make_application(owner.organization, is_active=False))
    _denied(inactive.get("campaigns"), "invalid_api_key")
    owner.application.is_active = False
    owner.application.save()
    _denied(owner.get("campaigns"), "invalid_api_key")


def test_a_rotated_secret_replaces_the_old_one(owner: Actor) -> None:
    accepted(owner.get("campaigns"))
    secret = rotate_secret(application=owner.application)
    _denied(owner.get("campaigns"))
    owner.secret = secret
    accepted(owner.get("campaigns"))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_every_method_of_every_endpoint_asks_who_calls(owner: Actor, ours: Hierarchy, method: str) -> None:
    paths = [
        "campaigns",
        f"campaigns/{ours.campaign.pk}",
        f"external/campaigns/{ours.campaign.permalink}",
        f"campaigns/{ours.campaign.pk}/navigation",
        f"campaigns/{ours.campaign.pk}/line_items",
        f"line_items/{ours.line_item.pk}",
        f"line_items/{ours.line_item.pk}/creative_groups",
        f"creative_groups/{ours.group.pk}",
        f"creative_groups/{ours.group.pk}/creatives",
        f"creatives/{ours.creative.pk}",
    ]
    for path in paths:
        _denied(owner.send(method, path, bodies.campaign(), Authorization="Basic Og=="))
    ours.campaign.refresh_from_db()
    assert ours.campaign.deleted_at is None


def test_who_calls_is_asked_before_the_body_is_read(owner: Actor) -> None:
    _denied(owner.send("POST", "campaigns", b"{not json", Authorization="Basic Og=="))


def test_a_head_request_is_a_get_without_a_body(owner: Actor) -> None:
    answer = owner.send("HEAD", "campaigns")
    assert answer.status_code == 200
    assert answer.content == b""
