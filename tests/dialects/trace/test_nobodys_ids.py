"""What scripts send where they know no customer identifies nobody, and so merges nobody (issue "Identity hygiene")."""

from typing import Any

import pytest
from pytest_django import Settings

from customers.models import Customer
from tests.dialects.trace.caller import Caller, accepted, refused

WIDE = "".join(chr(ord(letter) + 0xFEE0) for letter in "undefined")
NOBODY = [
    *("undefined", "null", "NULL", " null ", "0", 0, "-1", -1, "[object Object]", "{}", "Anonymous", "guest", "true"),
    *("NaN", "N/A", "\u200bundefined", "guest\ufeff", WIDE, "00000000-0000-0000-0000-000000000000"),
]


@pytest.mark.parametrize("customer_id", NOBODY)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("traces/trace", {}),
        ("customers/subscribe", {"reg-token": "token", "platform": "ios"}),
        ("campaigns/business-event", {"event-name": "anything"}),
    ],
)
def test_placeholder_ids_are_refused_and_store_nothing(
    caller: Caller, path: str, body: dict[str, Any], customer_id: object
) -> None:
    answer = caller.post(path, {"app-token": caller.token, "customer-id": customer_id, **body})
    assert "customer-id" in refused(answer, 400, "invalid-body")
    assert not Customer.objects.exists()


@pytest.mark.parametrize("customer_id", NOBODY)
def test_nobody_is_made_or_changed_by_such_an_id(caller: Caller, customer_id: object) -> None:
    body = {"app-token": caller.token, "customer": {"id": customer_id}}
    assert "customer" in refused(caller.post("customers", body), 400, "invalid-body")
    assert not Customer.objects.exists()


@pytest.mark.parametrize("customer_id", ["   ", "", None, "\u200b", "\ufeff "])
def test_white_space_alone_is_no_id(caller: Caller, customer_id: object) -> None:
    answer = accepted(caller.post("traces/trace", {"app-token": caller.token, "customer-id": customer_id}))
    assert answer["customer-id"] == Customer.objects.get(is_anonymous=True).external_id


def test_white_space_around_an_id_is_no_part_of_it(caller: Caller) -> None:
    assert caller.trace(" 51\t")["customer-id"] == caller.trace("51")["customer-id"] == "51"
    assert Customer.objects.count() == 1


def test_the_list_is_a_setting(caller: Caller, settings: Settings) -> None:
    settings.REFUSED_CUSTOMER_IDS = frozenset({"nobody"})
    assert caller.trace("guest")["customer-id"] == "guest"
    refused(caller.post("traces/trace", {"app-token": caller.token, "customer-id": "Nobody"}), 400, "invalid-body")
