"""Which web pages may call us from a browser (contract 4, section C "CORS")."""

import time
import uuid

from django.db import Error

from customers.models import Application
from customers.models.origin import ORIGIN
from customers.transactions import is_unavailable

# How long an answer is good for, in seconds: a change of an application's origins takes effect within that.
KEPT_FOR = 10
MAXIMUM_KEPT = 1000
_kept: dict[tuple[str, uuid.UUID | None], tuple[float, bool]] = {}


def is_allowed_origin(origin: str, *, named: uuid.UUID | None) -> bool:
    """Whether the active application of an app-token allows the origin (`https://shop.example`).

    A browser's preflight names no application, and what can't be read names none either: then any application's will
    do. What a page may read is decided by the app-token, trail and tracking token that it must know, too.
    """
    now, key = time.monotonic(), (origin, named)
    kept = _kept.get(key)
    if kept is not None and kept[0] > now:
        return kept[1]
    plain = ORIGIN.fullmatch(origin) is not None
    asked = {} if named is None else {"app_token": named}
    try:
        allowing = Application.objects.filter(is_active=True, allowed_origins__contains=[origin], **asked)
        allowed = plain and allowing.exists()
    except Error as error:
        if not is_unavailable(error):
            raise
        # Whose page was allowed until now may read that the service is away.
        return kept is not None and kept[1]
    if len(_kept) >= MAXIMUM_KEPT:
        _kept.clear()
    _kept[key] = (now + KEPT_FOR, allowed)
    return allowed
