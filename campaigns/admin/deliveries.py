"""Deliveries and their recipients: operators view, pause, resume, cancel, retry, and resolve ambiguous ones."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from campaigns.delivery.control import cancel_delivery, pause_delivery, resume_delivery, retry_delivery
from campaigns.delivery.recipients.resolve import Resolution, resolve_recipients
from campaigns.models import Delivery, Recipient
from campaigns.models.recipient import RecipientState
from customers.admin.choices import OrganizationFilter
from customers.admin.service_admin import HistoryAdmin
from customers.errors import DomainError

# They are settled in one statement an organization.
MOST_RECIPIENTS = 1_000


class LedgerAdmin(HistoryAdmin):
    """Rows that only workers write, with actions for operators who may change them."""

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Actions need the permission; the page itself has no editable field."""
        return obj is None and admin.ModelAdmin.has_change_permission(self, request, obj)


@admin.register(Delivery)
class DeliveryAdmin(LedgerAdmin):
    """Deliveries of scheduled messages."""

    list_display = ["creative", "state", "scheduled_for", "percent", "audience", "sent", "failed", "ambiguous", "error"]
    list_filter = ["state", OrganizationFilter]
    list_select_related = ["creative"]
    search_fields = ["creative__name", "campaign__name"]
    exclude = ["definition", "lease_token", "leased_until"]
    actions = ["pause", "resume", "cancel", "retry"]

    @admin.display(description="progress")
    def percent(self, delivery: Delivery) -> str:
        """How far it is."""
        return f"{delivery.progress} %"

    @admin.action(description="Pause the chosen deliveries", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Hold them until they are resumed."""
        self._each(request, queryset, pause_delivery)

    @admin.action(description="Resume the chosen deliveries", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Continue them where they were paused."""
        self._each(request, queryset, resume_delivery)

    @admin.action(description="Cancel the chosen deliveries", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """End them for good."""
        self._each(request, queryset, cancel_delivery, now=timezone.now())

    @admin.action(description="Retry the chosen deliveries", permissions=["change"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Take failed ones up again."""
        self._each(request, queryset, retry_delivery)

    def _each(
        self, request: HttpRequest, queryset: QuerySet[Delivery], service: Callable[..., Any], **values: object
    ) -> None:
        done = 0
        for delivery in queryset.select_related("organization"):
            try:
                service(organization=delivery.organization, delivery_id=delivery.pk, **values)
                done += 1
            except DomainError as error:
                self.tell(request, error, about=delivery)
        if done:
            self.message_user(request, f"Done: {done}.")


@admin.register(Recipient)
class RecipientAdmin(LedgerAdmin):
    """Recipients; ambiguous ones wait for an operator."""

    list_display = ["key", "creative", "customer", "state", "attempts", "reference", "error"]
    list_filter = ["state", OrganizationFilter]
    list_select_related = ["creative", "customer"]
    exclude = ["lease_token"]
    most_at_once = MOST_RECIPIENTS
    actions = ["mark_sent", "mark_failed", "send_again"]

    @admin.action(description="Ambiguous: it was sent", permissions=["change"])
    def mark_sent(self, request: HttpRequest, queryset: QuerySet[Recipient]) -> None:
        """The provider's own records say so."""
        self._resolve(request, queryset, Resolution.SENT)

    @admin.action(description="Ambiguous: it was not sent, and shall not be", permissions=["change"])
    def mark_failed(self, request: HttpRequest, queryset: QuerySet[Recipient]) -> None:
        """Leave it."""
        self._resolve(request, queryset, Resolution.FAILED)

    @admin.action(description="Ambiguous or failed: send it again", permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Recipient]) -> None:
        """An ambiguous message may arrive twice, which the operator accepts."""
        self._resolve(request, queryset, Resolution.AGAIN)

    def _resolve(self, request: HttpRequest, queryset: QuerySet[Recipient], resolution: Resolution) -> None:
        resolved = 0
        chosen = (
            queryset.filter(state__in=[RecipientState.AMBIGUOUS, RecipientState.FAILED])
            .select_related("organization")
            .order_by("organization_id")
        )
        by_organization: dict[Any, list[Any]] = {}
        for member in chosen:
            by_organization.setdefault(member.organization, []).append(member.key)
        for organization, keys in by_organization.items():
            resolved += resolve_recipients(organization=organization, keys=keys, resolution=resolution)
        self.message_user(request, f"{resolved} recipients settled.")
