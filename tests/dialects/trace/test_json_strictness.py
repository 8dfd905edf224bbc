"""The JSON side is as strict as the EDN side: what is ambiguous or lossy is refused, cheaply."""

from time import process_time

import pytest

from customers.models import Customer
from customers.strict_json import JSONError, read_json
from tests.dialects.trace.caller import Caller, accepted, refused

GENEROUS_SECONDS = 5
MEBIBYTE = 1_048_576

REFUSED = {
    "a key twice": b'{"app-token": "a", "app-token": "b"}',
    "a key twice, escaped": b'{"a": 1, "\\u0061": 2}',
    "a key twice, deep": b'{"x": [{"a": 1, "a": 1}]}',
    "NaN": b'{"x": NaN}',
    "infinity": b'{"x": Infinity}',
    "minus infinity": b'{"x": -Infinity}',
    "half a pair": b'{"x": "\\ud800"}',
    "half a pair in a key": b'{"\\udfff": 1}',
    "halves in the wrong order": b'{"x": "\\udc00\\ud800"}',
    "half a pair in UTF-8": b'{"x": "\xed\xa0\x80"}',
    "an escaped NUL": b'{"x": "\\u0000"}',
    "an escaped NUL in a key": b'{"\\u0000": 1}',
    "a NUL": b'{"x": "\x00"}',
    "two documents": b"{}{}",
    "something after the end": b"{} x",
    "a trailing comma": b'{"x": 1,}',
    "the contract's missing comma": b'{"name": "field2" "value": "value2"}',
    "single quotes": b"{'x': 1}",
    "a comment": b"{} // x",
    "a leading zero": b'{"x": 01}',
    "a leading plus": b'{"x": +1}',
    "a point without digits": b'{"x": 1.}',
    "a raw line feed": b'{"x": "a\nb"}',
    "an unknown escape": b'{"x": "\\x41"}',
    "too many digits": b'{"x": ' + b"9" * 4301 + b"}",
    "too large": b'{"x": 1e6145}',
    "too small": b'{"x": 1e-6145}',
    "far too large": b'{"x": 1e99999999999999999999}',
    "Latin-1": b'{"x": "\xe9"}',
    "UTF-16": '{"x": 1}'.encode("utf-16"),
    "EDN": b'{:app-token "x"}',
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(caller: Caller, name: str) -> None:
    message = refused(caller.post("traces/trace", REFUSED[name], "json"), 400, "malformed-body")
    assert "sys." not in message


@pytest.mark.parametrize("text", ['"\\ud83c\\udf88"', '"🎈"', '"\\ud83c\\udf88\\u00e9"'])
def test_whole_characters_however_they_are_written(caller: Caller, text: str) -> None:
    raw = f'{{"app-token": "{caller.token}", "customer-id": {text}}}'.encode()
    assert accepted(caller.post("traces/trace", raw, "json"))["customer-id"].startswith("🎈")
    assert Customer.objects.get().external_id.startswith("🎈")  # type: ignore[union-attr]


HOSTILE = {
    "keys": b"{" + b",".join(b'"k%d":0' % number for number in range(90_000)) + b',"k89999":0}',
    "opening": b"[" * MEBIBYTE,
    "maps": b'{"":' * (MEBIBYTE // 4),
    "wide": b"[" + b"[],[]," * 170_000 + b"[]]",
    "digits": b"9" * MEBIBYTE,
    "fractions": b"[" + b"0.12345678901234567890," * 45_000 + b"0]",
    "escapes": b'"' + b"\\u00e9" * 170_000 + b'"',
    "pairs": b'["' + b"\\ud83c\\udf88" * 80_000 + b'"]',
    "unclosed": b'"' + b"a" * MEBIBYTE,
    "exponents": b"[" + b"1e6144," * 140_000 + b"0]",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_megabyte_costs_what_its_bytes_cost(name: str) -> None:
    """A wide bound, so that a busy machine doesn't fail it; quadratic work takes minutes."""
    begun = process_time()
    try:
        read_json(HOSTILE[name])
    except JSONError as error:
        assert len(str(error)) < 200
    assert process_time() - begun < GENEROUS_SECONDS
