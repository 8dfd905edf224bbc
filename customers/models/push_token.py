"""Where push messages to a customer go."""

from django.db import models
from django.db.models.functions import Now

from customers.models.application import Application
from customers.models.customer_owned import CustomerOwned
from customers.models.text_digest import TextDigest


class PushToken(CustomerOwned):
    """A registration token of a customer's device with the push service of its platform.

    A token belongs to the customer who registered it last, because devices change hands.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=1024)
    platform = models.CharField(max_length=255)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        # A token may be longer than an entry of an index.
        constraints = [models.UniqueConstraint("application", TextDigest("token"), name="push_token_unique")]

    def __str__(self) -> str:
        return self.token
