"""The admin's "why": the one reason for a customer and a campaign."""

from datetime import datetime

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone

from campaigns.decisions.explain import EARLIEST, LATEST, Explanation, explain
from campaigns.models import AdCampaign
from customers.customers.lookup import find_customer


class ExplanationForm(forms.Form):
    """The customer and the time."""

    customer = forms.CharField(max_length=255, help_text="The customer's id.")
    at = forms.DateTimeField(
        required=False,
        help_text="UTC; now where it is empty.",
        validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)],
    )


def explanation_page(request: HttpRequest, object_id: str) -> HttpResponse:
    """The page `<campaign>/explain/`."""
    if not request.user.has_perm("campaigns.view_adcampaign"):
        raise PermissionDenied
    campaign = get_object_or_404(AdCampaign.objects.select_related("organization"), pk=object_id)
    form = ExplanationForm(request.GET or None)
    found = _explained(campaign, form) if form.is_bound and form.is_valid() else None
    context: dict[str, object] = {
        **admin.site.each_context(request),
        "title": f"Why {campaign.name}?",
        "campaign": campaign,
        "form": form,
        "found": found,
    }
    return TemplateResponse(request, "admin/campaigns/explanation.html", context)


def _explained(campaign: AdCampaign, form: ExplanationForm) -> Explanation | None:
    organization = campaign.organization
    customer = find_customer(organization=organization, customer_id=form.cleaned_data["customer"])
    if customer is None:
        form.add_error("customer", "The organization has no such customer.")
        return None
    at: datetime = form.cleaned_data["at"] or timezone.now()
    return explain(organization=organization, customer=customer, campaign_id=campaign.pk, at=at)
