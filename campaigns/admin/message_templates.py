"""Templates of messages."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest

from campaigns.delivery.message_templates import delete_template, save_template
from campaigns.models import MessageTemplate
from customers.admin.choices import OrganizationFilter
from customers.admin.service_admin import ServiceAdmin
from customers.models import Organization


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ServiceAdmin[MessageTemplate]):
    """Templates of messages; the key is fixed, as creatives refer to it."""

    fields = ["key", "language", "subject", "text", "html"]
    list_display = ["key", "organization", "language", "subject", "updated_at"]
    list_filter = [OrganizationFilter]
    list_select_related = ["organization"]
    search_fields = ["key", "subject"]
    fixed = ["key"]

    def create(self, organization: Organization, values: dict[str, object], request: HttpRequest) -> MessageTemplate:
        """A new template."""
        return save_template(template=MessageTemplate(organization=organization), changes=values)

    def change(self, row: MessageTemplate, changes: dict[str, object], request: HttpRequest) -> MessageTemplate:
        """Update the changed fields."""
        return save_template(template=row, changes=changes)

    def remove(self, rows: Sequence[MessageTemplate]) -> None:
        """Delete templates that no creative refers to."""
        for template in rows:
            delete_template(template=template)
