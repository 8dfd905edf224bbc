r"""Strings and characters: the escapes of the EDN specification, with ``\b`` and ``\f`` as Clojure has them.

Every result is text that UTF-8 can carry: an escaped surrogate pair becomes its character, a lone surrogate is
refused, in what is read and in what is written.
"""

import re
from json import JSONDecoder

from traces.wire.edn.errors import EdnError, excerpt
from traces.wire.edn.values import Char

_ESCAPED = {"\t": "t", "\r": "r", "\n": "n", '"': '"', "\b": "b", "\f": "f"}
# Up to the first bad escape, or to the closing quote.
_LEGAL = re.compile(r'(?:[^"\\]++|\\(?:["\\bfnrt]|u[0-9A-Fa-f]{4}))*+')
_SURROGATE = re.compile("[\ud800-\udfff]")
_NEEDS_ESCAPE = re.compile('[\x00-\x1f"\\\\\ud800-\udfff]')
_escape_in = _NEEDS_ESCAPE.search
_NAMED = {"newline": "\n", "return": "\r", "space": " ", "tab": "\t", "formfeed": "\f", "backspace": "\b"}
_NAME_OF = {character: name for name, character in _NAMED.items()}
_HEXADECIMAL = re.compile(r"u[0-9A-Fa-f]{4}")
_END_OF_FIRST_PLANE = 0xFFFF
# Not strict: a string may span lines.
_json_string = JSONDecoder(strict=False).decode


def string(token: str) -> str:
    r"""Read a string token with its quotes, or raise ``EdnError`` at the first bad escape.

    Once the escapes are known to be EDN's, which are JSON's less ``\/``, the standard library's JSON reader undoes
    them: it is compiled, so a megabyte of escapes stays cheap.
    """
    end = _LEGAL.match(token, 1).end()  # type: ignore[union-attr]  # it matches any text, if only its beginning
    if end != len(token) - 1:
        raise EdnError(f"bad escape {excerpt(token[end : end + 2])} in a string", offset=end)
    text: str = _json_string(token)
    if _SURROGATE.search(text):
        raise EdnError("a string with half of a surrogate pair")
    return text


def string_text(value: str) -> str:
    """Write a string with its quotes, or raise ``EdnError`` for a lone surrogate."""
    if _escape_in(value) is None:
        return f'"{value}"'
    return f'"{_NEEDS_ESCAPE.sub(_escape, value)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if _SURROGATE.match(character):
        raise EdnError("a string with half of a surrogate pair")
    if character == "\\":
        return "\\\\"
    letter = _ESCAPED.get(character)
    return f"\\u{ord(character):04x}" if letter is None else "\\" + letter


def character(token: str) -> Char:
    r"""Read a character token: ``\a``, ``\newline``, ``\u0041``; raise ``EdnError`` for anything else."""
    body = token[1:]
    if len(body) == 1 and (body > " " and body != "\x7f"):
        return Char(body)
    if body in _NAMED:
        return Char(_NAMED[body])
    if _HEXADECIMAL.fullmatch(body):
        return _scalar(body[1:])
    raise EdnError(f"{excerpt(token)} is not a character")


def _scalar(digits: str) -> Char:
    value = chr(int(digits, 16))
    if _SURROGATE.match(value):
        raise EdnError(f"\\u{digits} is half of a surrogate pair")
    return Char(value)


def character_text(value: str) -> str:
    """Write a character, or raise ``EdnError`` for half of a surrogate pair."""
    if value in _NAME_OF:
        return "\\" + _NAME_OF[value]
    code = ord(value)
    if _SURROGATE.match(value):
        raise EdnError("a character that is half of a surrogate pair")
    # The comma is white space, so it cannot follow a backslash; planes above the first have no four-digit escape.
    if value == "," or (code <= _END_OF_FIRST_PLANE and not value.isprintable()):
        return f"\\u{code:04X}"
    return "\\" + value
