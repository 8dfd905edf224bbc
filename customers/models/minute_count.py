"""How often something has happened in the current minute, if Redis doesn't count it."""

from django.db import models


class MinuteCount(models.Model):
    """The count of one key; the table is UNLOGGED (a migration says so), so counts are lost by a crash.

    `minute` is the number of the minute since 1970; rows of past minutes are deleted.
    """

    key = models.CharField(max_length=255, primary_key=True)
    minute = models.BigIntegerField()
    number = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.key}: {self.number}"
