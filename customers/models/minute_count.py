"""How often something has happened in the current minute, where no Redis counts it."""

from django.db import models


class MinuteCount(models.Model):
    """One row for each thing that is counted; the table is UNLOGGED (a migration says so).

    After a crash counting begins anew. `minute` is the number of the minute since 1970; rows of minutes that are over
    are cleared.
    """

    key = models.CharField(max_length=255, primary_key=True)
    minute = models.BigIntegerField()
    number = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.key}: {self.number}"
