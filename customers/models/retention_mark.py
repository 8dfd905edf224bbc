"""The progress of deleting old rows."""

from django.db import models


class RetentionMark(models.Model):
    """One kind of rows, of all organizations: the current pass has looked at all up to `after_id`.

    After a pass the next one starts at `rests_until`. `removed` counts all rows deleted so far.
    """

    kind = models.CharField(max_length=32, primary_key=True)
    after_id = models.BigIntegerField(default=0, db_default=0)
    rests_until = models.DateTimeField(null=True, blank=True)
    removed = models.PositiveBigIntegerField(default=0, db_default=0)

    class Meta:
        ordering = ["kind"]

    def __str__(self) -> str:
        return self.kind
