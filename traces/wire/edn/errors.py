"""The one exception of the package, so that a view catches one type and answers 400, whatever the client sent."""

_EXCERPT_LENGTH = 40


class EdnError(ValueError):
    """A document that is not EDN, or a value that EDN cannot say.

    ``message`` says what is wrong; ``line`` and ``column`` (both from 1, in characters) say where in the document
    read, and are ``None`` for a value that could not be written.
    """

    def __init__(self, message: str, line: int | None = None, column: int | None = None, *, offset: int = 0) -> None:
        """Keep the parts; ``offset`` counts characters from the token's start, for a reader that places it later."""
        super().__init__(message if line is None else f"{message} (line {line}, column {column})")
        self.message = message
        self.line = line
        self.column = column
        self.offset = offset


def excerpt(text: str) -> str:
    """Quote a piece of the document for a message: short and in ASCII, since it may be a hostile megabyte."""
    shown = text if len(text) <= _EXCERPT_LENGTH else text[:_EXCERPT_LENGTH] + "..."
    return ascii(shown)
