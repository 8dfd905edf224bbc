"""How much an application has called in the current minute, where no Redis counts it."""

from django.db import models

from customers.models import Application


class RequestCount(models.Model):
    """One row an application; the table is UNLOGGED (a migration says so): after a crash counting begins anew.

    `minute` is the number of the minute since 1970.
    """

    application = models.OneToOneField(Application, primary_key=True, on_delete=models.CASCADE, related_name="+")
    minute = models.BigIntegerField()
    requests = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.requests} of {self.application}"
