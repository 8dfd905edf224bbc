"""Byte for byte what contract 4 says that real clients send, and what they can read of our answers."""

import re

import pytest

from customers.models import Customer
from tests.dialects.trace.caller import Answer, Caller, accepted, refused
from tests.factories import make_anonymous, make_customer, make_interaction, make_trail
from traces.models import Action, Trace, Trail

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@pytest.fixture
def trail(caller: Caller) -> Trail:
    """A visit of a known customer."""
    return make_trail(make_customer(caller.organization, external_id="51"), caller.application)


def _act(caller: Caller, trail: Trail, raw: str) -> Answer:
    return caller.post(f"traces/trail/{trail.uuid}/action", raw.encode())


def test_no_white_space_between_tokens(caller: Caller) -> None:
    """`{:app-token"D1":customer-id"51"}`."""
    accepted(caller.post("traces/trace", b'{:app-token"%s":customer-id"51"}' % caller.token.encode()))
    assert Customer.objects.get().external_id == "51"


def test_the_colon_behind_channel(caller: Caller, trail: Trail) -> None:
    """`:channel: :atm`."""
    accepted(caller.post(f"traces/{trail.trace.uuid}/trail", b'{:language "en-US" :channel: :atm}'))
    accepted(caller.post(f"traces/{trail.trace.uuid}/trail", b"{:channel::atm}".replace(b"::", b": :")))
    assert set(Trail.objects.values_list("channel", flat=True)) == {"web", "atm"}


@pytest.mark.parametrize("channel", [b":atm", b'"atm"', b"\\a"])
def test_a_channel_is_a_keyword_or_a_string(caller: Caller, trail: Trail, channel: bytes) -> None:
    accepted(caller.post(f"traces/{trail.trace.uuid}/trail", b"{:channel %s}" % channel))
    assert Trail.objects.latest("id").channel == channel.decode().strip('":\\')


def test_crlf_and_commas_and_comments(caller: Caller) -> None:
    raw = f'{{\r\n  :app-token "{caller.token}", ; who\r\n  :customer-id "51"\r\n}}\r\n'
    accepted(caller.post("traces/trace", raw.encode()))


def test_a_byte_order_mark(caller: Caller) -> None:
    accepted(caller.post("traces/trace", f'\ufeff{{:app-token "{caller.token}"}}'.encode()))
    accepted(caller.post("traces/trace", f'\ufeff{{"app-token":"{caller.token}"}}'.encode(), "json"))


def test_namespaced_keys(caller: Caller, trail: Trail) -> None:
    """As in `:placeholder/name`."""
    accepted(caller.post("traces/trace", f'{{:trace/app-token "{caller.token}" :trace/customer-id "52"}}'.encode()))
    assert Customer.objects.filter(external_id="52").exists()
    accepted(_act(caller, trail, '{:action/name "a" :action/type :action :data [{:field/name "f" :field/value 1}]}'))
    assert Action.objects.get().data == [{"name": "f", "value": 1}]


def test_a_member_that_stands_twice_under_two_namespaces(caller: Caller) -> None:
    raw = f'{{:app-token "{caller.token}" :other/app-token "{caller.token}"}}'
    assert "app-token" in refused(caller.post("traces/trace", raw.encode()), 400, "malformed-body")
    raw = f'{{:app-token "{caller.token}" "app-token" "{caller.token}"}}'
    refused(caller.post("traces/trace", raw.encode()), 400, "malformed-body")


@pytest.mark.parametrize("data", ['({:name "f" :value 1})', '[{:name "f" :value 1}]', '[{"name" "f" "value" 1}]'])
def test_lists_instead_of_vectors(caller: Caller, trail: Trail, data: str) -> None:
    accepted(_act(caller, trail, f'{{:name "a" :type :trail-action/action :data {data}}}'))
    assert Action.objects.get().data == [{"name": "f", "value": 1}]


@pytest.mark.parametrize(
    "kind", [":trail-action/conversion", ":conversion", '"conversion"', '"trail-action/conversion"', '":conversion"']
)
def test_the_type_of_an_action(caller: Caller, trail: Trail, kind: str) -> None:
    token = make_interaction(trail.trace.customer).token
    raw = f'{{:name "conversion" :type {kind} :data [{{:name "tracking-token" :value "{token}"}}]}}'
    accepted(_act(caller, trail, raw))
    assert Action.objects.get().type == "conversion"
    assert Trace.objects.get().closed_by == "conversion"


@pytest.mark.parametrize("kind", ["conversion", "trail-action/conversion"])
def test_the_type_of_an_action_in_json(caller: Caller, trail: Trail, kind: str) -> None:
    token = make_interaction(trail.trace.customer).token
    raw = f'{{"name":"conversion","type":"{kind}","data":[{{"name":"tracking-token","value":"{token}"}}]}}'
    accepted(caller.post(f"traces/trail/{trail.uuid}/action", raw.encode(), "json"))
    assert Action.objects.get().type == "conversion"


@pytest.mark.parametrize("written", ['"%s"', '#uuid "%s"'])
def test_tokens_as_strings_and_as_uuids(caller: Caller, trail: Trail, written: str) -> None:
    accepted(caller.post("traces/trace", f"{{:app-token {written % caller.token}}}".encode()))
    token = written % make_interaction(trail.trace.customer).token
    accepted(_act(caller, trail, f'{{:name "x" :type :dismiss :data [{{:name "tracking-token" :value {token}}}]}}'))


@pytest.mark.parametrize("written", ['"5114932"', "5114932", "5114932N", ":5114932"])
def test_customer_ids_as_strings_and_as_integers(caller: Caller, written: str) -> None:
    answer = caller.post("traces/trace", f'{{:app-token "{caller.token}" :customer-id {written}}}'.encode())
    assert accepted(answer)["customer-id"] == "5114932"


def test_an_anonymous_id_comes_back_as_a_uuid(caller: Caller) -> None:
    anonymous = make_anonymous(caller.organization)
    for written in (f'"{anonymous.uuid}"', f'#uuid "{anonymous.uuid}"'):
        answer = caller.post("traces/trace", f'{{:app-token "{caller.token}" :customer-id {written}}}'.encode())
        assert accepted(answer)["customer-id"] == str(anonymous.uuid)
    assert Customer.objects.count() == 1


@pytest.mark.parametrize("extra", [":identified true", ":is-identification false", ":identified/x #{1 2}", '"a b" nil'])
def test_members_that_we_do_not_know(caller: Caller, extra: str) -> None:
    accepted(caller.post("traces/trace", f'{{:app-token "{caller.token}" {extra}}}'.encode()))


def test_an_answer_is_one_line_of_edn(caller: Caller) -> None:
    """Known clients join lines, and read `trace-id` as a string."""
    answer = caller.post("traces/trace", f'{{:app-token"{caller.token}":customer-id"51"}}'.encode())
    assert answer["Content-Type"] == "application/edn; charset=utf-8"
    assert re.fullmatch(rf'{{:trace-id "{UUID}" :customer-id "51"}}', answer.content.decode())
    answer = caller.post(f"traces/{Trace.objects.get().uuid}/trail", b"{:channel :atm}")
    assert re.fullmatch(rf'{{:trail-id "{UUID}"}}', answer.content.decode())
    answer = caller.post(f"traces/trail/{Trail.objects.get().uuid}/action", b'{:name "a" :type :event}')
    assert re.fullmatch(rf'{{:action-id "{UUID}"}}', answer.content.decode())
    answer = caller.post(f"traces/trail/{Trail.objects.get().uuid}/action", b'{:name "a\\nb" :type :"}')
    assert re.fullmatch(r'\{:error \{:code :malformed-body :message "[^\n"]*"\}\}', answer.content.decode())


def test_strings_of_a_customer_are_escaped(caller: Caller) -> None:
    name = 'a "quoted" \\ line\nbreak é 🎈'
    for form in ("edn", "json"):
        body = {"app-token": caller.token, "customer-id": name}
        assert accepted(caller.post("traces/trace", body, form))["customer-id"] == name
