"""How far the deletion of old rows has come."""

from django.db import models


class RetentionMark(models.Model):
    """One kind of rows: a pass has looked at all up to `after_id`; it rests until `rests_until` once it is through.

    It is of all organizations together. `removed` counts what was deleted since the platform was set up.
    """

    kind = models.CharField(max_length=32, primary_key=True)
    after_id = models.BigIntegerField(default=0, db_default=0)
    rests_until = models.DateTimeField(null=True, blank=True)
    removed = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ["kind"]

    def __str__(self) -> str:
        return self.kind
