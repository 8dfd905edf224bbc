"""Audiences in the shapes of Airship, Cheetahmail and Facebook, as they stand on the wire."""

import base64
import hashlib
from typing import Any

import pytest

from campaigns.delivery.channels.base import DeliveryFailedError, ExportedFile
from campaigns.delivery.channels.facebook import PEOPLE_AT_ONCE, identify, session_of
from campaigns.delivery.channels.registry import export_for
from campaigns.models import Recipient
from tests.campaigns.delivery.audience import Audience, make_audience
from tests.campaigns.delivery.servers import World

pytestmark = pytest.mark.usefixtures("exports")


def _export(audience: Audience, kind: str) -> ExportedFile:
    export: Any = export_for(audience.says(ad_type="audience_export", creative_type=f"audience-export-{kind}"))
    export.exchange.sleep = lambda _: None
    exported: ExportedFile = export.export(audience.message, audience.batches())
    return exported


def _basic(credentials: str) -> str:
    return "Basic " + base64.b64encode(credentials.encode()).decode()


def _hashed(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()


def test_airship_gets_a_list_and_makes_it_first(audience: Audience, world: World) -> None:
    settings = {"url": world.url, "app_key": "app"}
    audience.destination("airship", settings=settings, secrets={"master_secret": "secret"})
    world.will(404, 201, 500, 202)
    exported = _export(audience, "airship")
    name = f"creative-{audience.message.creative_id}"
    csv = "".join(f"named_user,{each.external_id}\n" for each in audience.recipients).encode()
    assert [(got.method, got.path) for got in world.got] == [
        ("PUT", f"/api/lists/{name}/csv"),
        ("POST", "/api/lists"),
        ("PUT", f"/api/lists/{name}/csv"),
        ("PUT", f"/api/lists/{name}/csv"),
    ]
    assert world.got[1].document == {"name": name, "description": "Spring: Hello"}
    assert [world.got[number].body for number in (0, 2, 3)] == [csv] * 3
    for got in world.got:
        assert got.headers["authorization"] == _basic("app:secret")
        assert got.headers["accept"] == "application/vnd.urbanairship+json; version=3"
    put = world.got[0].headers
    assert (put["content-type"], put["idempotency-key"]) == ("text/csv", str(audience.delivery.key))
    assert (exported.name, exported.rows) == ("", 3)


def test_airship_gets_no_incomplete_list(audience: Audience, world: World) -> None:
    settings = {"url": world.url, "app_key": "app", "identifier_type": "email_address", "identifier": "email"}
    audience.destination("airship", settings=settings, secrets={"master_secret": "secret"})
    # Deliveries skip who has no identifier before; so this one lost it since.
    with pytest.raises(DeliveryFailedError, match="changed while their file was written") as end:
        _export(audience, "airship")
    assert (end.value.is_lasting, world.got) == (False, [])
    Recipient.objects.filter(key=audience.recipients[2].key).update(state="skipped")
    assert _export(audience, "airship").rows == 2
    assert world.got[0].body == b"email_address,Ada@Example.org \nemail_address,bob@example.org\n"


def test_a_refusal_ends_the_delivery(audience: Audience, world: World) -> None:
    audience.destination("airship", settings={"url": world.url, "app_key": "x"}, secrets={"master_secret": "x"})
    world.will(401, body=b"wrong key")
    with pytest.raises(DeliveryFailedError, match=r"^Airship refuses: HTTP 401 Unauthorized$") as end:
        _export(audience, "airship")
    assert end.value.is_lasting
    world.will(*[503] * 5)
    with pytest.raises(DeliveryFailedError, match=r"^Airship takes nothing now: it answered HTTP 503") as end:
        _export(audience, "airship")
    assert not end.value.is_lasting


def test_cheetah_gets_a_form_with_a_file(audience: Audience, world: World) -> None:
    settings = {"url": world.url + "/load", "list_id": "2077", "user": "shop"}
    audience.destination("cheetah", settings=settings, secrets={"password": "secret"}, attributes=["email"])
    world.will(429)
    exported = _export(audience, "cheetah")
    first, second = world.got
    assert (first.method, first.path, first.body) == (second.method, second.path, second.body)
    assert second.headers["authorization"] == _basic("shop:secret")
    assert second.headers["idempotency-key"] == str(audience.delivery.key)
    boundary = second.headers["content-type"].removeprefix("multipart/form-data; boundary=").encode()
    _, list_id, file, end = second.body.split(b"--" + boundary)
    assert list_id == b'\r\nContent-Disposition: form-data; name="list_id"\r\n\r\n2077\r\n'
    header, content = file.split(b"\r\n\r\n")
    assert f'filename="creative-{audience.message.creative_id}.csv"\r\nContent-Type: text/csv'.encode() in header
    lines = content.removesuffix(b"\r\n").decode().splitlines()
    assert lines[0] == "external_id,user_id,email,offer_ids,template_id"
    bob = audience.recipients[1]
    assert lines[2] == f"{bob.external_id},{bob.customer_uuid},bob@example.org,ten-off;coffee,welcome"
    assert end == b"--\r\n"
    assert exported.rows == len(lines) - 1 == 3


COLUMNS = {"EXTERN_ID": "external_id", "EMAIL": "email", "PHONE": "phone", "FN": "first_name", "ZIP": "zip"}


def test_facebook_gets_hashed_identifiers(audience: Audience, world: World) -> None:
    settings = {"url": world.url, "version": "v23.0", "audience_id": "238", "columns": COLUMNS}
    audience.destination("facebook", settings=settings, secrets={"access_token": "EAAB"})
    # The Graph API's own way to say "later".
    world.will(400, body=b'{"error": {"code": 2, "is_transient": true}}')
    exported = _export(audience, "facebook")
    first, second = world.got
    assert first.body == second.body
    assert (second.method, second.path) == ("POST", "/v23.0/238/users")
    assert second.headers["authorization"] == "Bearer EAAB"
    assert second.headers["idempotency-key"] == f"{audience.delivery.key}-1"
    session = session_of(audience.delivery.key)
    document = second.document
    assert document["session"] == {
        "session_id": session,
        "batch_seq": 1,
        "last_batch_flag": True,
        "estimated_num_total": 3,
    }
    assert 0 < session < 2**63
    assert (exported.name, exported.rows) == ("", 3)


def test_facebook_rows_leave_missing_identifiers_empty(audience: Audience, world: World) -> None:
    settings = {"url": world.url, "audience_id": "238", "columns": COLUMNS}
    audience.destination("facebook", settings=settings, secrets={"access_token": "EAAB"})
    _export(audience, "facebook")
    ids = [_hashed(str(each.external_id)) for each in audience.recipients]
    document = world.got[0].document
    schema = document["payload"]["schema"]
    # (No order: settings are kept as jsonb.)
    assert sorted(schema) == sorted(COLUMNS)
    assert [dict(zip(schema, row, strict=True)) for row in document["payload"]["data"]] == [
        {
            "EXTERN_ID": ids[0],
            "EMAIL": _hashed("ada@example.org"),
            "PHONE": _hashed("15550100001"),
            "FN": _hashed("ada"),
            "ZIP": "",
        },
        {
            "EXTERN_ID": ids[1],
            "EMAIL": _hashed("bob@example.org"),
            "PHONE": "",
            "FN": _hashed("bobthebuilder"),
            "ZIP": "",
        },
        {"EXTERN_ID": ids[2], "EMAIL": "", "PHONE": "", "FN": _hashed("çeliköz"), "ZIP": _hashed("94043")},
    ]


@pytest.mark.django_db
def test_facebook_gets_batches_of_one_session(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaigns.delivery.channels.facebook.PEOPLE_AT_ONCE", 2)
    audience = make_audience([{"email": f"{number}@example.org"} for number in range(4)])
    settings = {"url": world.url, "audience_id": "238", "columns": {"EMAIL": "email"}}
    audience.destination("facebook", settings=settings, secrets={"access_token": "x"})
    # The last batch knows that it is the last.
    assert _export(audience, "facebook").rows == 4
    sessions = [got.document["session"] for got in world.got]
    assert [(each["batch_seq"], each["last_batch_flag"]) for each in sessions] == [(1, False), (2, True)]
    assert [len(got.document["payload"]["data"]) for got in world.got] == [2, 2]
    assert PEOPLE_AT_ONCE == 10_000


@pytest.mark.parametrize(
    ("key", "value", "plain"),
    [
        ("EMAIL", " Ada@Example.ORG ", "ada@example.org"),
        ("PHONE", "+44 (0) 20 7946-0000", "4402079460000"),
        ("GEN", "Female", "f"),
        ("DOBM", "7", "07"),
        ("DOBD", "unknown", ""),
        ("FN", " D'Arcy-Jane 2nd", "darcyjanend"),
        ("FI", "ada", "a"),
        ("ZIP", "SW1A 1AA", "sw1a1aa"),
        ("ZIP", 94043, "94043"),
        ("CT", "São Paulo", "sãopaulo"),
        ("COUNTRY", "US", "us"),
        ("EXTERN_ID", None, ""),
    ],
)
def test_identifiers_are_normalised_and_hashed(key: str, value: object, plain: str) -> None:
    assert identify(key, value) == (_hashed(plain) if plain else "")


def test_an_advertising_identifier_is_matched_as_it_is() -> None:
    assert identify("MADID", " AB-12 ") == "ab-12"
