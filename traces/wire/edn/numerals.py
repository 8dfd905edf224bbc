"""Integers, floats and exact decimals, bounded so that a number costs what its text costs to receive.

``int()`` takes time quadratic in the digits, and a decimal of ten characters (``1e99999999M``) can ask a later
``int()`` for a hundred megabytes; so coefficients end at Python's own limit of 4 300 digits, and a decimal's
magnitude at the exponents of IEEE 754 decimal128.
"""

import math
import re
from decimal import Decimal

from traces.wire.edn.errors import EdnError, excerpt

MAX_DIGITS = 4_300
MAX_DECIMAL_EXPONENT = 6_144

# The digits, and room for sign, point, leading zeros, exponent and suffix.
_MAX_LENGTH = MAX_DIGITS + 40
# The plainest numbers of all, a price or an identifier, are read without the grammar.
_SHORT = 19
# 2 ** 14 285 is the first power of two of more than 4 300 digits.
_MAX_BITS = 14_285
# Far above the bound, far below what would make Decimal() raise or lose its way.
_MAX_WRITTEN_EXPONENT = 20_000
_INTEGER = re.compile(r"[+-]?(?:0|[1-9][0-9]*+)N?+")
# An integer with at least one of fraction, exponent and suffix; the digits are group 1, the exponent group 2.
_REAL = re.compile(r"[+-]?(?!\d++\Z)((?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+)(?:[eE]([+-]?[0-9]++))?+M?+", re.ASCII)


def number(token: str) -> int | float | Decimal:
    """Read a number: ``42``, ``-7N``, ``1.5e3`` (a float), ``19.95M`` (exact).

    Raises ``EdnError`` for what the EDN grammar does not have (``01``, ``1.``, ``1a``), for a float beyond 64 bits,
    for over 4 300 digits and for a decimal beyond 10 ** 6144.
    """
    short = len(token) < _SHORT
    if short and token[0] != "0" and token.isdigit() and token.isascii():
        return int(token)
    if len(token) > _MAX_LENGTH:
        raise EdnError(f"a number of more than {MAX_DIGITS} digits")
    real = _REAL.fullmatch(token)
    if real is None:
        if _INTEGER.fullmatch(token):
            return _integer(token.removesuffix("N"))
        raise EdnError(f"{excerpt(token)} is not a number")
    if not short and len(real[1].replace(".", "").lstrip("0")) > MAX_DIGITS:
        raise EdnError(f"a number of more than {MAX_DIGITS} digits")
    return _decimal(token[:-1], real[2]) if token[-1] == "M" else _float(token)


def _integer(text: str) -> int:
    if len(text.lstrip("+-")) > MAX_DIGITS:
        raise EdnError(f"a number of more than {MAX_DIGITS} digits")
    try:
        return int(text)
    except ValueError:  # a deployment may set sys.set_int_max_str_digits lower
        raise EdnError("an integer of too many digits") from None


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise EdnError(f"{excerpt(text)} is out of a float's range")
    return value


def _decimal(text: str, exponent: str | None) -> Decimal:
    if exponent is not None and abs(_integer(exponent)) > _MAX_WRITTEN_EXPONENT:
        raise EdnError(f"a decimal beyond 10 ** {MAX_DECIMAL_EXPONENT}")
    return _bounded(Decimal(text))


def _bounded(value: Decimal) -> Decimal:
    if abs(value.adjusted()) > MAX_DECIMAL_EXPONENT:
        raise EdnError(f"a decimal beyond 10 ** {MAX_DECIMAL_EXPONENT}")
    return value


def integer_text(value: int) -> str:
    """Write an integer that ``number`` reads back, or raise ``EdnError``."""
    if value.bit_length() <= _MAX_BITS:
        text = int.__repr__(value)
        if len(text) <= MAX_DIGITS or len(text.lstrip("-")) <= MAX_DIGITS:
            return text
    raise EdnError(f"an integer of more than {MAX_DIGITS} digits")


def float_text(value: float) -> str:
    """Write a float that ``number`` reads back, or raise ``EdnError`` for an infinity or not-a-number."""
    if not math.isfinite(value):
        raise EdnError("EDN has no infinity and no not-a-number")
    return float.__repr__(value)


def decimal_text(value: Decimal) -> str:
    """Write an exact decimal that ``number`` reads back, or raise ``EdnError``."""
    if not value.is_finite():
        raise EdnError("EDN has no infinity and no not-a-number")
    if len(value.as_tuple().digits) > MAX_DIGITS:
        raise EdnError(f"a decimal of more than {MAX_DIGITS} digits")
    return f"{Decimal.__str__(_bounded(value))}M"
