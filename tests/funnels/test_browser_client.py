"""The browser client as a file, and the demo's shop, which nobody meets who didn't ask for the demo."""

import pytest
from django.test import Client

from funnels.api.sdk import SOURCE


def test_the_client_is_served_and_kept_by_browsers() -> None:
    answer = Client().get("/sdk/javascript/prisma.js")
    assert (answer.status_code, answer.content) == (200, SOURCE)
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Access-Control-Allow-Origin"] == "*"
    again = Client().get("/sdk/javascript/prisma.js", headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Client().post("/sdk/javascript/prisma.js").status_code == 405


def test_the_client_needs_nobody_and_evaluates_nothing() -> None:
    text = SOURCE.decode()
    for word in ("import ", "require(", "eval(", "new Function", "document.write", "innerHTML", "https://cdn"):
        assert word not in text


@pytest.mark.parametrize("path", ["/demo/", "/demo/offers/", "/demo/apply/"])
def test_no_shop_without_the_demo(path: str) -> None:
    assert Client().get(path).status_code == 404
