"""What keywords, symbols and tags may be called: one grammar, for the reader's input and for the writer's.

The EDN specification's rules, read as Clojure and the public edn-tests read them where it is vague: a colon may stand
inside a name, never doubled, before ``/`` or at the end; a keyword may begin with a digit or ``#``.
"""

import re
from functools import lru_cache

from traces.wire.edn.errors import EdnError, excerpt

#: Words spelt like symbols that are values.
CONSTANTS: dict[str, object] = {"nil": None, "true": True, "false": False}

# A longer name is checked each time: remembering it would let a client fill the memory with megabyte names.
_LONGEST_REMEMBERED = 64
_REMEMBERED = 4096

_CONSTITUENT = r"[\w.*+!\-?$%&=<>#':]"
_FIRST = r"(?:[^\W\d]|[*!?$%&=<>]|[-+.](?!\d))"
_PREFIXED = rf"(?:{_FIRST}{_CONSTITUENT}*+/)?{_FIRST}{_CONSTITUENT}*+"
_SYMBOL = re.compile(rf"{_PREFIXED}|/")
_KEYWORD = re.compile(rf"(?!:)(?:{_CONSTITUENT}++/)?{_CONSTITUENT}++")
_TAG = re.compile(rf"(?=[^\W\d_]){_PREFIXED}")


def _checked(grammar: re.Pattern[str], kind: str, name: str) -> str:
    if grammar.fullmatch(name) is None or "::" in name or ":/" in name or name[-1] == ":":
        raise EdnError(f"{excerpt(name)} is not a legal {kind}")
    return name


def keyword_name(token: str) -> str:
    """Return the name in a keyword token (``:placeholder/name``), or raise ``EdnError``."""
    return _checked(_KEYWORD, "keyword name", token[1:])


def symbol_name(token: str) -> str:
    """Return a symbol's name, or raise ``EdnError``; ``nil``, ``true`` and ``false`` are no symbols."""
    if token in CONSTANTS:
        raise EdnError(f"{token} is a value, not a symbol")
    return _checked(_SYMBOL, "symbol", token)


def tag_name(token: str) -> str:
    """Return the name in a tag token (``#shop/coupon``), or raise ``EdnError``."""
    name = token[1:]
    if name in CONSTANTS:
        raise EdnError(f"{name} is a value, not a tag")
    return _checked(_TAG, "tag after #", name)


@lru_cache(maxsize=_REMEMBERED)
def _keyword_text(name: str) -> str:
    return ":" + keyword_name(":" + name)


def keyword_text(name: str) -> str:
    """Return the text of the keyword so named, or raise ``EdnError``: a name cannot smuggle in other forms."""
    return _keyword_text(name) if len(name) <= _LONGEST_REMEMBERED else ":" + keyword_name(":" + name)
