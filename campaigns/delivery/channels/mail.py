"""One mail, composed with as little work as its form allows: a batch has hundreds, and composing is most of it."""

import secrets
from email.policy import Compat32
from typing import Any

from django.core.mail import EmailMultiAlternatives

# The longest line that RFC 5322 allows.
LONGEST_LINE = 998
PLAIN = str.maketrans("", "", "\r\n")


class _OneLine(Compat32):
    """Writes a plain header as the one line it is; only what must be encoded or folded goes the library's long way."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """One header."""
        line = f"{name}: {value}"
        if isinstance(value, str) and line.isascii() and len(line) <= LONGEST_LINE and line.translate(PLAIN) == line:
            return (line + self.linesep).encode("ascii")
        return super().fold_binary(name, value)


class Mail(EmailMultiAlternatives):
    """A mail with its text and perhaps the same in HTML."""

    def message(self, *arguments: Any, **options: Any) -> Any:
        """Composed, with a boundary of our own: the library looks for its own one in every part."""
        composed: Any = super().message(*arguments, **options)
        composed.policy = _OneLine()
        if composed.is_multipart():
            composed.set_boundary(f"=={secrets.token_hex(16)}==")
        return composed
