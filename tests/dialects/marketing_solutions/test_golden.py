"""Contract 2's own requests and answers, as files under `golden/`, compared member by member and in their order.

A file has the section, the campaigns that must stand before (`given`), the request and the answer; `generated` are the
members whose values the server makes up.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.dialects.marketing_solutions.actor import Buyer
from tests.dialects.marketing_solutions.portfolios import add_to_portfolio, make_advertiser, make_advertiser_campaign

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.json")))
def test_the_contracts_samples_are_answered_as_written(buyer: Buyer, name: str) -> None:
    sample: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text())
    advertiser = make_advertiser(buyer.organization, id=12345)
    add_to_portfolio(buyer.application, advertiser)
    for row in sample["given"]:
        make_advertiser_campaign(advertiser, **row)
    request = sample["request"]
    answer = buyer.client.generic(
        request["method"],
        request["path"],
        json.dumps(request["body"]).encode() if "body" in request else b"",
        content_type="application/json",
        headers={"Authorization": f"Bearer {buyer.token}"},
    )
    assert answer.status_code == sample["status"], answer.content
    actual = answer.json()
    for address in sample["generated"]:
        _take_over(actual, sample["response"], address)
    assert json.dumps(actual) == json.dumps(sample["response"])


def _take_over(actual: Any, expected: Any, address: str) -> None:
    *parents, member = address.split(".")
    for parent in parents:
        key: Any = int(parent) if parent.isdecimal() else parent
        actual, expected = actual[key], expected[key]
    assert isinstance(actual[member], str)
    assert actual[member]
    actual[member] = expected[member]
