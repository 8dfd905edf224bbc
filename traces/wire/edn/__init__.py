"""EDN, the notation Prisma's clients speak: a strict, fast and bounded reader and writer.

``read`` and ``write`` are inverse to each other, and ``EdnError`` is all they raise. The record of why this is not
edn-format, whose value types it keeps, is in the project's decisions.
"""

from traces.wire.edn.errors import EdnError
from traces.wire.edn.identity import ExactMap, ExactSet
from traces.wire.edn.reader import read
from traces.wire.edn.values import (
    Char,
    ImmutableDict,
    ImmutableList,
    Keyword,
    ListForm,
    Symbol,
    Tagged,
)
from traces.wire.edn.writer import write

__all__ = [
    "Char",
    "EdnError",
    "ExactMap",
    "ExactSet",
    "ImmutableDict",
    "ImmutableList",
    "Keyword",
    "ListForm",
    "Symbol",
    "Tagged",
    "read",
    "write",
]
