"""Deliveries and their recipients: operators look, pause, resume, cancel, retry, and settle what is in doubt."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from campaigns.delivery.control import cancel_job, pause_job, resume_job, retry_job
from campaigns.delivery.recipients.resolve import Verdict, resolve_recipients
from campaigns.models import AudienceJob, AudienceMember
from campaigns.models.audience_member import MemberState
from customers.admin.choices import OrganizationFilter
from customers.admin.service_admin import HistoryAdmin
from customers.errors import DomainError

# They are settled in one statement an organization.
MOST_RECIPIENTS = 1_000


class LedgerAdmin(HistoryAdmin):
    """Rows that only the workers write, and actions on them for who may change them."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is typed in; actions need the permission, and a page to look at shows no field to edit."""
        return obj is None and admin.ModelAdmin.has_change_permission(self, request, obj)


@admin.register(AudienceJob)
class AudienceJobAdmin(LedgerAdmin):
    """Deliveries of scheduled messages."""

    list_display = ["unit", "state", "scheduled_for", "percent", "audience", "sent", "failed", "ambiguous", "error"]
    list_filter = ["state", OrganizationFilter]
    list_select_related = ["unit"]
    search_fields = ["unit__name", "campaign__name"]
    exclude = ["definition", "lease", "leased_until"]
    actions = ["pause", "resume", "cancel", "retry"]

    @admin.display(description="progress")
    def percent(self, job: AudienceJob) -> str:
        """How far it is."""
        return f"{job.progress} %"

    @admin.action(description="Pause the chosen deliveries", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[AudienceJob]) -> None:
        """Hold them until they are resumed."""
        self._each(request, queryset, pause_job)

    @admin.action(description="Resume the chosen deliveries", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[AudienceJob]) -> None:
        """Let them go on where they stood."""
        self._each(request, queryset, resume_job)

    @admin.action(description="Cancel the chosen deliveries", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[AudienceJob]) -> None:
        """End them for good."""
        self._each(request, queryset, cancel_job, now=timezone.now())

    @admin.action(description="Retry the chosen deliveries", permissions=["change"])
    def retry(self, request: HttpRequest, queryset: QuerySet[AudienceJob]) -> None:
        """Take failed ones up again."""
        self._each(request, queryset, retry_job)

    def _each(
        self, request: HttpRequest, queryset: QuerySet[AudienceJob], service: Callable[..., Any], **values: Any
    ) -> None:
        done = 0
        for job in queryset.select_related("organization"):
            try:
                service(organization=job.organization, job_id=job.pk, **values)
                done += 1
            except DomainError as error:
                self.tell(request, error, about=job)
        if done:
            self.message_user(request, f"Done: {done}.")


@admin.register(AudienceMember)
class AudienceMemberAdmin(LedgerAdmin):
    """Recipients; what is ambiguous waits for an operator's word."""

    list_display = ["key", "unit", "customer", "state", "attempts", "reference", "error"]
    list_filter = ["state", OrganizationFilter]
    list_select_related = ["unit", "customer"]
    exclude = ["lease"]
    most_at_once = MOST_RECIPIENTS
    actions = ["mark_sent", "mark_failed", "send_again"]

    @admin.action(description="Ambiguous: it was sent", permissions=["change"])
    def mark_sent(self, request: HttpRequest, queryset: QuerySet[AudienceMember]) -> None:
        """The provider's own records say so."""
        self._resolve(request, queryset, Verdict.SENT)

    @admin.action(description="Ambiguous: it was not sent, and shall not be", permissions=["change"])
    def mark_failed(self, request: HttpRequest, queryset: QuerySet[AudienceMember]) -> None:
        """Leave it."""
        self._resolve(request, queryset, Verdict.FAILED)

    @admin.action(description="Ambiguous or failed: send it again", permissions=["change"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[AudienceMember]) -> None:
        """What is ambiguous may arrive twice; the operator knows."""
        self._resolve(request, queryset, Verdict.AGAIN)

    def _resolve(self, request: HttpRequest, queryset: QuerySet[AudienceMember], verdict: Verdict) -> None:
        resolved = 0
        chosen = (
            queryset.filter(state__in=[MemberState.AMBIGUOUS, MemberState.FAILED])
            .select_related("organization")
            .order_by("organization_id")
        )
        by_organization: dict[Any, list[Any]] = {}
        for member in chosen:
            by_organization.setdefault(member.organization, []).append(member.key)
        for organization, keys in by_organization.items():
            resolved += resolve_recipients(organization=organization, keys=keys, verdict=verdict)
        self.message_user(request, f"{resolved} recipients settled.")
