"""The document as text and tokens: decoding, the size bound, the one regular expression, and places in the text."""

import re
from itertools import islice

from traces.wire.edn.errors import EdnError

_SPACE = r" \t\n\r\f,"
_INSIDE = rf'[^{_SPACE}()\[\]{{}}";\\]'
# White space and comments, then one token: a string (perhaps unclosed, then to the end of the text), a delimiter, a
# discard, an atom up to the next delimiter, a character; or nothing, at the end. Quantifiers never backtrack, so the
# time is linear in the text; what an atom says is for others to judge.
_TOKEN = re.compile(
    rf"[{_SPACE}]*+(?:;[^\n\r]*+[{_SPACE}]*+)*+"
    r'("[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
    rf"|[()\[\]{{}}]|#[_{{]|{_INSIDE}++|\\(?:[^{_SPACE}]{_INSIDE}*+)?+|)",
    re.DOTALL,
)
_CLOSERS = (")", "]", "}")


def decoded(document: bytes | str, max_size: int) -> str:
    """Return the document's text without its byte order mark, or raise ``EdnError``: size, UTF-8, NUL."""
    if isinstance(document, str):
        text = document
        size = len(text) if text.isascii() or len(text) > max_size else len(_encoded(text))
    elif isinstance(document, bytes):
        size = len(document)
        text = "" if size > max_size else _text(document)
    else:
        raise EdnError("a document is bytes or str", 1, 1)
    if size > max_size:
        raise EdnError(f"the document is larger than {max_size} bytes", 1, 1)
    text = text.removeprefix("\ufeff")
    if "\x00" in text:
        raise EdnError("a NUL character", *place(text, text.index("\x00")))
    return text


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise EdnError("half of a surrogate pair", *place(text, error.start)) from None


def _text(document: bytes) -> str:
    try:
        return document.decode()
    except UnicodeDecodeError as error:
        before = document[: error.start].decode().removeprefix("\ufeff")
        raise EdnError("the document is not UTF-8", *place(before, len(before))) from None


def place(text: str, position: int) -> tuple[int, int]:
    """Return the line and the column, both from 1, of a position in the text."""
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def tokenised(text: str, max_forms: int) -> list[str]:
    """Return the tokens of the text and an empty one at its end, or raise ``EdnError``.

    A form is a leaf, a collection, a tag or a discard. Each takes at most two tokens, so a text that may hold too many
    is cut after the first that cannot be part of a document within the bound: a hostile megabyte costs no more.
    """
    most = 2 * max_forms + 1
    tokens = _TOKEN.findall(text) if len(text) < most else [match[1] for match in islice(_TOKEN.finditer(text), most)]
    if len(tokens) > max_forms and _forms(tokens) > max_forms:
        raise EdnError(f"more than {max_forms} forms", *place_of_token(text, _index_of_form(tokens, max_forms)))
    last = tokens[-2] if len(tokens) > 1 else ""
    if last[:1] == '"' and not _closed(last):
        raise EdnError("a string that is not closed", *place_of_token(text, len(tokens) - 2))
    return tokens


def _closed(string: str) -> bool:
    # The token ends at the first quote that no backslash escapes, if there is one.
    body = string[1:-1]
    return len(string) > 1 and string[-1] == '"' and not (len(body) - len(body.rstrip("\\"))) & 1


def _forms(tokens: list[str]) -> int:
    return len(tokens) - tokens.count("") - sum(map(tokens.count, _CLOSERS))


def _index_of_form(tokens: list[str], number: int) -> int:
    forms = (index for index, token in enumerate(tokens) if token and token not in _CLOSERS)
    return next(islice(forms, number, None))


def place_of_token(text: str, index: int, offset: int = 0) -> tuple[int, int]:
    """Return the line and column of a token, found by reading the tokens again: only a refused document pays."""
    match = next(islice(_TOKEN.finditer(text), index, None))
    return place(text, match.start(1) + offset)
