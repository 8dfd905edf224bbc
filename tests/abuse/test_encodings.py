"""A codec that a caller names decodes nothing; an address that can't be parsed is the dialect's 400."""

import json

import pytest

from tests.abuse.server import Server
from tests.abuse.test_bodies import EVERYWHERE, FORM
from tests.abuse.world import Abused

CODECS = ["rot13", "zip", "hex", "undefined", "punycode", "utf-7", "utf-16", "nonsense", "\xff"]


@pytest.mark.parametrize("path", [*EVERYWHERE, "/readyz"])
@pytest.mark.parametrize("parameter", ["charset={}", "charset*={}''x"])
def test_no_codec_of_a_content_type_is_a_fault(server: Server, path: str, parameter: str) -> None:
    for codec in CODECS:
        for kind in (FORM, "x/y"):
            headers = {"Content-Type": f"{kind}; {parameter.format(codec)}"}
            for method in ("GET", "POST"):
                assert server.status(method, f"{path}?a=%C3%A9", headers=headers) < 500, (codec, kind, method)


def test_the_query_is_read_as_utf_8_whatever_the_body_is_said_to_be(server: Server, abused: Abused) -> None:
    headers = {"Authorization": f"Basic {abused.basic}", "Content-Type": "text/plain; charset=rot13"}
    answer = server.ask("GET", f"{abused.management}/campaigns?name=r%C3%A9sum%C3%A9", headers=headers)
    assert (answer.status, json.loads(answer.data)["campaigns"]) == (200, [])


def test_more_parameters_than_anybody_has_are_refused_in_the_dialect(server: Server, abused: Abused) -> None:
    query = "&".join(f"a{number}=b" for number in range(1_100))
    answer = server.ask(
        "GET", f"{abused.management}/campaigns?{query}", headers={"Authorization": f"Basic {abused.basic}"}
    )
    assert (answer.status, json.loads(answer.data)["status"]) == (400, "error")
    for path in EVERYWHERE:
        assert server.status("POST", f"{path}?{query}") < 500, path
