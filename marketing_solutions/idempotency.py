"""Requests that may be sent again: the first one is answered, every other gets its answer (docs/decisions/0013)."""

from dataclasses import dataclass

from django.db import connection, transaction

from customers.errors import DomainError, ErrorKind
from customers.models import Application
from customers.named_sql import NamedSQL
from marketing_solutions.models import StoredResponse

SQL = NamedSQL(__file__)

KEPT_HOURS = 24
MAXIMUM_KEY = 255
CLAIM_IDEMPOTENCY_KEY = SQL("claim_idempotency_key", kept_hours=KEPT_HOURS)
DELETE_OLD_RESPONSES = (
    "DELETE FROM marketing_solutions_storedresponse WHERE created_at < now() - make_interval(hours => %s)"
)


@dataclass(frozen=True)
class Claim:
    """A key that this request has claimed (`stored` None), or the stored answer of an earlier request."""

    application: Application
    key: str
    stored: StoredResponse | None


def claim_idempotency_key(*, application: Application, key: str, fingerprint: str) -> Claim:
    """Claim a key in the caller's transaction, waiting for another request that holds it.

    DomainError `idempotency-key-invalid`, or `idempotency-key-reused` where another request has used it.
    """
    if not (0 < len(key) <= MAXIMUM_KEY and key.isascii() and key.isprintable()):
        raise DomainError(
            ErrorKind.UNREADABLE, "idempotency-key-invalid", f"A key has 1 to {MAXIMUM_KEY} printable ASCII characters."
        )
    with connection.cursor() as cursor:
        cursor.execute(CLAIM_IDEMPOTENCY_KEY, [application.pk, key, fingerprint])
        if cursor.fetchone():
            return Claim(application, key, None)
    stored = StoredResponse.objects.get(application=application, key=key)
    if stored.fingerprint != fingerprint:
        raise DomainError(
            ErrorKind.CONFLICT, "idempotency-key-reused", "This Idempotency-Key was used with another request."
        )
    return Claim(application, key, stored)


def store_response(*, claim: Claim, status: int, body: bytes) -> None:
    """Store the answer with its key, in the transaction of the work that it is about."""
    StoredResponse.objects.filter(application=claim.application, key=claim.key).update(status=status, body=body)


@transaction.atomic
def clear_stored_responses() -> int:
    """Delete expired answers; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(DELETE_OLD_RESPONSES, [KEPT_HOURS])
        return int(cursor.rowcount)
