"""What the languages of message templates hold a template and a message to, whichever of them it is written in.

Operators write templates and customers' attributes fill them, so neither is trusted with more than text:
- only the names of NAMES can be written; each is a text or a plain mapping of texts, so nothing can be climbed into;
- a template is at most MAXIMUM_TEMPLATE characters, and an expression has at most MAXIMUM_FILTERS filters;
- what it becomes for one recipient has at most MAXIMUM_MESSAGE bytes and takes at most MAXIMUM_SECONDS of a processor:
  a value of 4 kB that is named a thousand times would be four megabytes.
"""

import functools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

# What a template may name: a text, or a mapping whose members are named after a dot.
NAMES: Mapping[str, bool] = {"customer": True, "message": True, "unsubscribe_url": False}
# The members that are always there; a customer also has those of the schema.
OF_CUSTOMERS = frozenset({"external_id", "user_id"})
OF_MESSAGES = frozenset({"campaign", "creative", "offers", "description", "icon"})
MAXIMUM_DEPTH, MAXIMUM_FILTERS = 20, 10
MAXIMUM_MESSAGE, MAXIMUM_SECONDS = 1_000_000, 1.0
# The most that a filter may make of a value, so that the next one has no more to do.
MAXIMUM_VALUE = 65_536


class BadTemplateError(Exception):
    """A text that its language refuses: the sentence says why."""


class TooMuchError(Exception):
    """What a template becomes for a recipient is more, or takes longer, than a message may."""


class CompiledText(Protocol):
    """One text of a message, ready to be filled in."""

    @property
    def members(self) -> frozenset[tuple[str, str]]:
        """The names that stand after a dot, each with what it is a member of."""

    @property
    def texts(self) -> Sequence[str]:
        """What is sent as it is, except what is said to be."""

    @property
    def troubles(self) -> Sequence[str]:
        """A sentence for each filter whose arguments can't work."""

    @property
    def verbatim(self) -> str:
        """The tag that says that a text is to be sent as it is."""

    def render(self, values: Mapping[str, Any]) -> str:
        """The text with the values of NAMES, each a text or a mapping of plain values."""


@dataclass
class Allowance:
    """What is left for the message that this thread renders: bytes, and its processor's time (`time.thread_time`)."""

    left: int
    ends_at: float

    def spend(self, text: str) -> None:
        """Take off what was rendered."""
        self.left -= len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
        if self.left < 0:
            raise TooMuchError(f"The message has more than {MAXIMUM_MESSAGE} bytes.")

    def look(self) -> None:
        """Whether there is time left."""
        if time.thread_time() > self.ends_at:
            raise TooMuchError(f"The message takes longer than {MAXIMUM_SECONDS:.0f} s to be made.")


_allowance: ContextVar[Allowance] = ContextVar("allowance")


@contextmanager
def one_message() -> Iterator[None]:
    """Whatever is rendered inside is one message."""
    token = _allowance.set(Allowance(MAXIMUM_MESSAGE, time.thread_time() + MAXIMUM_SECONDS))
    try:
        yield
    finally:
        _allowance.reset(token)


def allowance() -> Allowance:
    """That of the message that is being rendered."""
    return _allowance.get()


def bounded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that makes no more of a value than the next one can take."""

    @functools.wraps(function)
    def filtered(*arguments: Any, **options: Any) -> Any:
        value = function(*arguments, **options)
        if isinstance(value, str) and len(value) > MAXIMUM_VALUE:
            raise TooMuchError(f"A value becomes longer than {MAXIMUM_VALUE} characters.")
        allowance().look()
        return value

    return filtered
