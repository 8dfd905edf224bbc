"""`Idempotency-Key` on what writes (contract 4, section B "retries")."""

import hashlib
from collections.abc import Callable
from functools import wraps

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from marketing_solutions.api.base import MarketingSolutionsView
from marketing_solutions.api.bodies import raw_body
from marketing_solutions.idempotency import claim_idempotency_key, store_response
from marketing_solutions.models import StoredResponse

Handler = Callable[..., HttpResponse]


def idempotent(handler: Handler) -> Handler:
    """Answer a repeated request with the stored answer of the first.

    The claim, the work and the answer are one transaction: a request that fails leaves its key free, so a corrected
    one may come under it, and of two at once the second waits for the first.
    """

    @wraps(handler)
    def answer(view: MarketingSolutionsView, request: Request, **kwargs: object) -> HttpResponse:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return handler(view, request, **kwargs)
        with transaction.atomic():
            claim = claim_idempotency_key(
                application=view.application, key=key, fingerprint=_fingerprint(view.http_request)
            )
            if claim.stored is not None:
                return _stored(claim.stored)
            response = handler(view, request, **kwargs)
            store_response(claim=claim, status=response.status_code, body=response.content)
        return response

    return answer


def _fingerprint(request: HttpRequest) -> str:
    head = f"{request.method} {request.path}\n".encode()
    return hashlib.sha256(head + raw_body(request)).hexdigest()


def _stored(stored: StoredResponse) -> HttpResponse:
    response = HttpResponse(bytes(stored.body), status=stored.status, content_type="application/json")
    response["Idempotency-Replayed"] = "true"
    return response
