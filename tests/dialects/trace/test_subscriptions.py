"""Contract 4, section C, "subscribe": a device's token for push messages."""

import pytest

from customers.models import Customer, PushToken
from tests.contents import contents
from tests.dialects.trace.caller import Answer, Caller, Form, accepted, refused
from tests.factories import make_customer


def _subscribe(caller: Caller, form: Form, **changes: object) -> Answer:
    body = {"app-token": caller.token, "reg-token": "r1", "customer-id": "51", "platform": "android"}
    return caller.post("customers/subscribe", body | {name.replace("_", "-"): changes[name] for name in changes}, form)


def test_a_push_token_is_stored(caller: Caller, form: Form) -> None:
    customer = make_customer(caller.organization, external_id="51")
    assert accepted(_subscribe(caller, form)) == {"customer-id": "51"}
    token = PushToken.objects.get()
    assert (token.customer, token.application, token.token, token.platform) == (
        customer,
        caller.application,
        "r1",
        "android",
    )


def test_an_unknown_customer_is_a_new_one(caller: Caller, form: Form) -> None:
    accepted(_subscribe(caller, form))
    assert PushToken.objects.get().customer == Customer.objects.get()
    assert not Customer.objects.get().is_anonymous


def test_the_same_again(caller: Caller, form: Form) -> None:
    accepted(_subscribe(caller, form))
    accepted(_subscribe(caller, form, platform="ios"))
    assert PushToken.objects.get().platform == "ios"
    accepted(_subscribe(caller, form, reg_token="r2"))
    assert PushToken.objects.count() == 2


def test_a_device_that_changes_hands_takes_its_token_along(caller: Caller, form: Form) -> None:
    accepted(_subscribe(caller, form))
    accepted(_subscribe(caller, form, customer_id="52"))
    assert PushToken.objects.get().customer.external_id == "52"


def test_the_same_token_of_another_application(caller: Caller, rival: Caller, form: Form) -> None:
    colleague = Caller.of(caller.organization)
    for application in (caller, colleague, rival):
        accepted(_subscribe(application, form))
    assert PushToken.objects.count() == 3
    assert PushToken.objects.filter(organization=caller.organization).count() == 2


@pytest.mark.parametrize("name", ["reg_token", "customer_id", "platform", "app_token"])
@pytest.mark.parametrize("value", [None, "", 1.5, True, [], "x" * 1025])
def test_wrong_members_are_named(caller: Caller, form: Form, name: str, value: object) -> None:
    before = contents()
    message = refused(_subscribe(caller, form, **{name: value}), 400, "invalid-body")
    assert f"{name.replace('_', '-')}: " in message
    assert contents() == before


def test_an_unknown_application(caller: Caller, form: Form) -> None:
    refused(_subscribe(caller, form, app_token="nobody's"), 404, "unknown-application")
    assert not PushToken.objects.exists()


@pytest.mark.parametrize("platforms", [["rest", "web"], ["android"], ["web", "ios"]])
def test_applications_with_devices(caller: Caller, form: Form, platforms: list[str]) -> None:
    accepted(_subscribe(Caller.of(caller.organization, platforms=platforms), form))
    assert PushToken.objects.get().organization == caller.organization


@pytest.mark.parametrize("platforms", [[], ["web"]])
def test_a_page_registers_no_device(caller: Caller, form: Form, platforms: list[str]) -> None:
    make_customer(caller.organization, external_id="51")
    message = refused(_subscribe(Caller.of(caller.organization, platforms=platforms), form), 404, "unknown-application")
    assert message.endswith("has not the platform that this needs: rest or android or ios.")
    assert not PushToken.objects.exists()


def test_a_token_of_1024_characters(caller: Caller, form: Form) -> None:
    accepted(_subscribe(caller, form, reg_token="é" * 1024))
