"""What an email or a push message says."""

from django.db import models

from customers.tenancy import TenantModel

MAXIMUM_TEMPLATE = 65_536


class MessageTemplate(TenantModel):
    """Texts in the language of `campaigns.delivery.templates`; a creative's `template_id` is its `key`.

    A push message takes its title from `subject` and its body from `text`.
    """

    key = models.CharField(max_length=255, help_text="A creative's template_id.")
    subject = models.CharField(max_length=255)
    text = models.TextField(max_length=MAXIMUM_TEMPLATE)
    html = models.TextField(max_length=MAXIMUM_TEMPLATE, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["key"]
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="message_template_key_unique")]

    def __str__(self) -> str:
        return self.key
