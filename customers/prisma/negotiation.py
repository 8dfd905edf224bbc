"""Which format a request is in, and which its answer gets (contract 4, section C "format of the request")."""

from enum import StrEnum
from functools import lru_cache

from django.http import HttpRequest

from customers.errors import DomainError, Kind


class Format(StrEnum):
    """The two formats, by their media types."""

    EDN = "application/edn"
    JSON = "application/json"


def request_format(content_type: str) -> Format:
    """The format that a Content-Type names; EDN where there is none. DomainError `unsupported_media_type`."""
    media_type = content_type.partition(";")[0].strip().lower()
    if not media_type:
        return Format.EDN
    try:
        return Format(media_type)
    except ValueError as error:
        raise DomainError(
            Kind.UNSUPPORTED, "unsupported_media_type", "Content-Type must be application/edn or application/json."
        ) from error


@lru_cache(maxsize=1024)
def answer_format(accept: str, asked_in: Format) -> Format | None:
    """The format that an Accept header likes best, None where it takes neither; `asked_in` where it doesn't care."""
    if not accept.strip():
        return asked_in
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = accept
    other = Format.JSON if asked_in == Format.EDN else Format.EDN
    preferred = request.get_preferred_type([asked_in.value, other.value])
    return None if preferred is None else Format(preferred)
