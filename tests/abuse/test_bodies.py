"""One limit for bodies, at the door, whatever they say they are; and bodies in chunks are bodies."""

import json
from urllib.parse import urlencode

import pytest

from tests.abuse.server import Server
from tests.abuse.sockets import head, opened, read_answer
from tests.abuse.world import PORTFOLIO, Abused

MIB = 1_048_576
MULTIPART = "multipart/form-data; boundary=x"
FORM = "application/x-www-form-urlencoded"
FILE = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n' + b"x" * 3 * MIB + b"\r\n--x--\r\n"
EVERYWHERE = [
    "/admin/login/",
    "/api/campaigns/1/funnel",
    "/oauth2/token",
    "/api/traces/trace",
    "/priv/v1/apps/x/management/campaigns",
    "/marketing-solutions/campaigns/search",
    "/schema/",
    "/docs/",
    "/nowhere",
]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_nothing_takes_multipart(server: Server, path: str) -> None:
    answer = server.ask("POST", path, body=FILE, headers={"Content-Type": MULTIPART})
    assert answer.status == 415
    assert not list(server.temporary.iterdir()), "nothing of it was written anywhere"


@pytest.mark.parametrize("content_type", [FORM, "text/plain", "application/json", "application/edn", "image/png", ""])
@pytest.mark.parametrize("path", EVERYWHERE)
def test_a_body_past_the_limit_is_refused_whatever_it_is(server: Server, path: str, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    assert server.status("POST", path, body=b"x" * (5 * MIB), headers=headers) == 413


@pytest.mark.parametrize("path", EVERYWHERE)
def test_one_that_announces_more_than_it_may_have_is_refused_before_it_comes(server: Server, path: str) -> None:
    with opened(server) as announced:
        announced.sendall(head("POST", path, Content_Length=300 * MIB, Expect="100-continue"))
        assert read_answer(announced)[0] == 413


def test_a_body_in_chunks_past_the_limit_is_refused(server: Server) -> None:
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    with opened(server) as chunked:
        chunked.sendall(head("POST", "/api/traces/trace", Transfer_Encoding="chunked") + chunk * 20 + b"0\r\n\r\n")
        assert read_answer(chunked)[0] == 413


def test_refusals_are_in_the_shape_of_the_dialect(server: Server) -> None:
    def told(path: str) -> str:
        return server.ask("POST", path, body=FILE, headers={"Content-Type": MULTIPART}).data.decode()

    assert json.loads(told("/priv/v1/apps/x/management/campaigns"))["errors"]["code"] == "argument_error"
    assert json.loads(told("/marketing-solutions/campaigns"))["errors"][0]["code"] == "unsupported-media-type"
    assert json.loads(told("/oauth2/token"))["error"] == "invalid_request"
    assert ":unsupported-media-type" in told("/api/traces/trace")
    assert "<h1>Not accepted</h1>" in told("/admin/login/")


def test_a_search_in_chunks_is_filtered_like_any_other(server: Server, abused: Abused) -> None:
    whole = json.dumps({"filters": {"campaignIds": ["1"]}}).encode()
    found = []
    for framing in ("length", "chunks"):
        headers = {"Authorization": abused.bearer, "Content-Type": "application/json"}
        body = whole if framing == "length" else iter([whole[:9], whole[9:]])
        answer = server.ask(
            "POST", "/marketing-solutions/campaigns/search", body=body, headers=headers, chunked=framing == "chunks"
        )
        assert answer.status == 200
        found.append(len(answer.json()["data"]))
    assert found[0] == found[1] < PORTFOLIO


def test_chunks_are_read_by_every_dialect(server: Server, abused: Abused) -> None:
    def send(path: str, body: bytes, **headers: str) -> int:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return int(server.ask("POST", path, body=iter([body[:5], body[5:]]), headers=given, chunked=True).status)

    trace = json.dumps({"app-token": abused.app_token}).encode()
    assert send("/api/traces/trace", trace, Content_Type="application/json") == 200
    grant = {"grant_type": "client_credentials", "client_id": abused.api_key, "client_secret": abused.api_secret}
    assert send("/oauth2/token", urlencode(grant).encode(), Content_Type=FORM) == 200
    offer = json.dumps({"offer": {"guid": "chunked", "name": "Chunked"}}).encode()
    assert send(f"{abused.management}/offers", offer, Authorization=f"Basic {abused.basic}") == 200


def test_a_body_behind_an_offer_to_upgrade_is_a_body(server: Server, abused: Abused) -> None:
    body = json.dumps({"app-token": abused.app_token}).encode()
    said = {"Content_Type": "application/json", "Connection": "Upgrade, HTTP2-Settings", "HTTP2_Settings": "AAMAAABk"}
    for spelled, status in (("Upgrade", 200), ("upgrade", 200), ("uPGrade", 400)):
        with opened(server) as offering:
            asked = head("POST", "/api/traces/trace", Content_Length=len(body), **said, **{spelled: "h2c"})
            offering.sendall(asked + body)
            assert read_answer(offering)[0] == status, spelled
