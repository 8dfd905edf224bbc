"""A page as one writes it first: the ORM and serializers, everything read anew for each request."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers

from campaigns.decisions.engine import Candidate, Context, History, Subject, Window, decide
from campaigns.models import AdCampaign, Interaction, Participation
from campaigns.targeting import CustomerFacts, compile_predicate, parse_targets
from customers.applications.applications import get_application_by_token
from customers.models import CustomerField
from funnels.api.serializers.page import SyncPageIn
from funnels.funnels.lookup import NO_FUNNEL
from funnels.models import Banner, Placeholder
from traces.models import Trail
from traces.wire.rendering import render
from traces.wire.views import TraceView


class BannerSerializer(serializers.ModelSerializer[Banner]):
    """A banner."""

    class Meta:
        model = Banner
        fields = ["campaign", "link"]


class PlaceholderSerializer(serializers.ModelSerializer[Placeholder]):
    """A placeholder."""

    class Meta:
        model = Placeholder
        fields = ["width", "height", "transition_time", "is_popup", "popup_timeout", "popup_show_close"]


class NaiveSyncPage(TraceView):
    """What `SyncPage` answers, without compiled definitions, indexes and set-wise writes."""

    def post(self, _request: Any) -> HttpResponse:
        """The banners of each placeholder."""
        members = self.read(SyncPageIn)
        application = get_application_by_token(token=members["app_token"])
        trail = Trail.objects.select_related("trace__customer").get(uuid=members["trail_id"])
        customer = trail.trace.customer
        schema = dict(CustomerField.objects.filter(organization=application.organization).values_list("name", "type"))
        filled = []
        for index, name in enumerate(members["placeholders"]):
            placeholder = Placeholder.objects.get(application=application, name=name)
            banners = placeholder.banners.select_related("campaign__ad_bundle").prefetch_related(
                "campaign__ad_bundle__targets"
            )
            history = {row.campaign_id: _history(row) for row in Participation.objects.filter(customer=customer)}
            facts = CustomerFacts(
                customer.attributes, frozenset(customer.tags), customer.points, trail.platform, trail.language, "web"
            )
            subject = Subject(application.organization_id, str(customer.uuid), facts, customer.consent, history)
            candidates = [_candidate(banner, schema) for banner in banners]
            eligible = decide(subject, Context(), candidates, timezone.now()).eligible[: placeholder.maximum_banners]
            filled.append(_placeholder(index, placeholder, [_shown(customer, one, placeholder) for one in eligible]))
        return render({"customer-id": customer.external_id, "popup": {}, "placeholders": filled}, self.response_format)


def _history(row: Participation) -> History:
    seen = 0 if row.last_seen_at is None else int(row.last_seen_at.timestamp() * 1_000_000)
    return History(row.dismissed_count > 0, row.converted_count > 0, row.completed_count > 0, seen)


def _candidate(banner: Banner, schema: dict[str, str]) -> Candidate:
    campaign = banner.campaign
    targets = [
        {"attribute": target.attribute, "operator": target.operator, "values": target.values}
        for target in campaign.ad_bundle.targets.all()
    ]
    return Candidate(
        campaign_id=campaign.pk,
        organization_id=campaign.organization_id,
        name=campaign.name,
        window=Window(campaign.status == "live", campaign.starts_at, campaign.ends_at),
        priority=campaign.priority,
        matches=compile_predicate(parse_targets(targets, schema)),
        payload=banner,
    )


def _shown(customer: Any, candidate: Candidate, placeholder: Placeholder) -> dict[str, Any]:
    campaign = AdCampaign.objects.get(pk=candidate.campaign_id)
    interaction = Interaction.objects.create(
        organization_id=campaign.organization_id, customer=customer, campaign=campaign
    )
    participation, _ = Participation.objects.get_or_create(
        organization_id=campaign.organization_id, customer=customer, campaign=campaign
    )
    participation.seen_count += 1
    participation.last_seen_at = timezone.now()
    participation.save()
    banner = {
        "tracking-token": interaction.token,
        "width": placeholder.width,
        "height": placeholder.height,
        **BannerSerializer(candidate.payload).data,
    }
    return {"banner": banner, "funnel": NO_FUNNEL.as_members()}


def _placeholder(index: int, placeholder: Placeholder, banners: list[dict[str, Any]]) -> dict[str, Any]:
    members = {name.replace("_", "-"): value for name, value in PlaceholderSerializer(placeholder).data.items()}
    return {"index": index, "customer-id": "", "banners-list": banners, **members}
