"""CSS that operators write: kept without what could load, run or hide anything.

The page's Content-Security-Policy is the second lock; this is the first, so that `style` is harmless wherever else a
client puts it (contract 3 hands it out in the funnel object).

The sheet is read as browsers read it (CSS Syntax 3, by tinycss2), so a name is recognised however it is escaped and
whatever comments stand around it. What is left out is a whole declaration, or a whole rule with its block.
"""

import re
from collections.abc import Iterator, Sequence

from tinycss2 import parse_component_value_list, serialize
from tinycss2.ast import AtKeywordToken, CurlyBracketsBlock, FunctionBlock, IdentToken, Node

VENDOR = re.compile(r"\A-[a-z]+-")
LOADING_RULES = frozenset({"import", "charset", "namespace", "font-face"})
# With or without a vendor's prefix.
LOADING_FUNCTIONS = frozenset({"url", "src", "image", "image-set", "element", "expression", "cross-fade", "paint"})
RUNNING_PROPERTIES = frozenset({"behavior", "-moz-binding"})
# What no text holds, what ends a style element, names that would be others without the comment in them, and addresses
# that run or hold something, in texts too.
DANGEROUS_TEXT = re.compile(r"[<\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|/\*|(?:javascript|vbscript|data)\s*:", re.IGNORECASE)
# Blocks deeper in each other than anybody writes are left out.
MAXIMUM_DEPTH = 32


def sanitised_style(style: str) -> str:
    """The style sheet without comments, and without each declaration and rule that could load or run something.

    Cleaning twice changes nothing.
    """
    values = parse_component_value_list(style, skip_comments=True)
    cleaned = list(_cleaned(values, MAXIMUM_DEPTH))
    # Not `strip`: an escaped space may be a name's last character.
    while cleaned and cleaned[-1].type == "whitespace":
        cleaned.pop()
    sheet: str = serialize(cleaned)
    return sheet.lstrip()


def _cleaned(values: Sequence[Node], depth: int) -> Iterator[Node]:
    """The values without dangerous pieces; a piece ends with `;` or with a block in braces."""
    piece: list[Node] = []
    for value in values:
        piece.append(value)
        if value == ";" or isinstance(value, CurlyBracketsBlock):
            yield from _checked(piece, depth)
            piece = []
    yield from _checked(piece, depth)


def _checked(piece: Sequence[Node], depth: int) -> Sequence[Node]:
    """The piece with its block cleaned; nothing where something in it is dangerous."""
    *before, last = piece or [None]
    if not isinstance(last, CurlyBracketsBlock):
        return [] if _is_dangerous(piece, depth) else piece
    if depth == 0 or _is_dangerous(before, depth):
        return []
    last.content = list(_cleaned(last.content, depth - 1))
    return piece


def _is_dangerous(values: Sequence[Node], depth: int) -> bool:
    return any(_loads_or_runs(value, depth) for value in values) or bool(DANGEROUS_TEXT.search(serialize(values)))


def _loads_or_runs(value: Node, depth: int) -> bool:
    if isinstance(value, AtKeywordToken):
        return value.lower_value in LOADING_RULES
    if isinstance(value, IdentToken):
        return value.lower_value in RUNNING_PROPERTIES
    if isinstance(value, FunctionBlock) and VENDOR.sub("", value.lower_name) in LOADING_FUNCTIONS:
        return True
    inside = getattr(value, "arguments" if isinstance(value, FunctionBlock) else "content", ())
    # (A backslash that escapes nothing is as wrong as an `error`.)
    return (
        value.type in ("url", "error")
        or value == "\\"
        or (bool(inside) and (depth == 0 or any(_loads_or_runs(each, depth - 1) for each in inside)))
    )
