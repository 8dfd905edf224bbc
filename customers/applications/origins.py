"""The origins whose pages may call us from a browser (contract 4, section C "CORS")."""

import time
import uuid

from django.db import Error

from customers.models import Application
from customers.models.origin import ORIGIN
from customers.transactions import is_unavailable

# How long an answer is cached, in seconds: a change of an application's origins takes effect within that.
CACHE_SECONDS = 10
MAXIMUM_CACHED = 1000
_cache: dict[tuple[str, uuid.UUID | None], tuple[float, bool]] = {}


def is_allowed_origin(origin: str, *, named: uuid.UUID | None) -> bool:
    """Whether the active application of an app-token allows the origin (`https://shop.example`).

    A browser's preflight names no application, nor does a request that can't be read: then any application that allows
    the origin will do. The app-token, trail and tracking token that a page must also know decide what it may read.
    """
    now, key = time.monotonic(), (origin, named)
    cached = _cache.get(key)
    if cached is not None and cached[0] > now:
        return cached[1]
    plain = ORIGIN.fullmatch(origin) is not None
    asked = {} if named is None else {"app_token": named}
    try:
        allowing = Application.objects.filter(is_active=True, allowed_origins__contains=[origin], **asked)
        allowed = plain and allowing.exists()
    except Error as error:
        if not is_unavailable(error):
            raise
        # A page that was allowed until now may read that the service is unavailable.
        return cached is not None and cached[1]
    if len(_cache) >= MAXIMUM_CACHED:
        _cache.clear()
    _cache[key] = (now + CACHE_SECONDS, allowed)
    return allowed
