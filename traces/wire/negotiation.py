"""The format of a request, and the one of its answer (contract 4, section C "format of the request")."""

import re
from enum import StrEnum
from functools import lru_cache

from customers.errors import DomainError, ErrorKind

QUALITY = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?", re.ASCII)
# How specific a media range that matches one of our formats is.
EVERYTHING, APPLICATIONS, EXACT = range(3)


class Format(StrEnum):
    """The two formats, by their media types."""

    EDN = "application/edn"
    JSON = "application/json"


def parse_content_type(content_type: str) -> Format:
    """The format that a Content-Type names; EDN where there is none. DomainError `unsupported_media_type`."""
    media_type = content_type.partition(";")[0].strip().lower()
    if not media_type:
        return Format.EDN
    try:
        return Format(media_type)
    except ValueError as error:
        raise DomainError(
            ErrorKind.UNKNOWN_FORMAT,
            "unsupported_media_type",
            "Content-Type must be application/edn or application/json.",
        ) from error


@lru_cache(maxsize=1024)
def negotiate_format(accept: str, request_format: Format) -> Format | None:
    """The format that an Accept header likes best, None where it takes neither; `request_format` if all are alike.

    The highest quality wins, then the more specific range, then the format of the request under `*/*` and the like,
    then the order of the header. Parameters of a range (`charset=utf-8`) don't matter: both formats are always UTF-8.
    """
    ranges = [_range(part) for part in accept.lower().split(",") if part.strip()]
    if not ranges:
        return request_format
    other = Format.JSON if request_format == Format.EDN else Format.EDN
    best: tuple[float, int, int] | None = None
    chosen = None
    for candidate in (request_format, other):
        preference = _preference(candidate, ranges)
        if preference and preference[0] and (best is None or preference > best):
            best, chosen = preference, candidate
    return chosen


def _range(part: str) -> tuple[str, float]:
    """A media range and its quality; an unreadable quality counts as 1, as a missing one does."""
    media_range, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return media_range, float(value.strip()) if QUALITY.fullmatch(value.strip()) else 1.0
    return media_range, 1.0


def _preference(candidate: Format, ranges: list[tuple[str, float]]) -> tuple[float, int, int] | None:
    """Quality, specificity and place (earlier is greater) of the most specific range that matches the format."""
    specificities = {candidate.value: EXACT, "application/*": APPLICATIONS, "*/*": EVERYTHING, "*": EVERYTHING}
    matching = [
        (specificities[media_range], -place, quality)
        for place, (media_range, quality) in enumerate(ranges)
        if media_range in specificities
    ]
    if not matching:
        return None
    specificity, place, quality = max(matching)
    return quality, specificity, place
