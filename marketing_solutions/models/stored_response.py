"""Answers that are given again to a repeated request (contract 4, section B "retries")."""

from django.db import models
from django.db.models.functions import Now

from customers.models import Application


class StoredResponse(models.Model):
    """The answer to one `Idempotency-Key` of an application; `status` is 0 until the first request is answered.

    `fingerprint` is the SHA-256 of the request's method, path and body: the same key with another one is a mistake.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["application", "key"], name="stored_response_one_per_key")]
        indexes = [models.Index(fields=["created_at"], name="stored_response_oldest_first")]

    def __str__(self) -> str:
        return self.key
