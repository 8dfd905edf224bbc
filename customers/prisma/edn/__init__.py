"""EDN, the notation Prisma's clients speak: a strict, fast and bounded reader and writer.

``read`` and ``write`` are inverse to each other, and ``EdnError`` is all they raise. The record of why this is not
edn-format, whose value types it keeps, is in the project's decisions.
"""

from customers.prisma.edn.errors import EdnError
from customers.prisma.edn.identity import ExactMap, ExactSet
from customers.prisma.edn.reader import read
from customers.prisma.edn.values import (
    Char,
    ImmutableDict,
    ImmutableList,
    Keyword,
    ListForm,
    Symbol,
    Tagged,
)
from customers.prisma.edn.writer import write

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
