"""Previews and deliveries on the wire (contract 4, section A: audience preview, delivery of a creative)."""

from django.conf import settings
from rest_framework import serializers

from campaigns.api.fields import AnswerSerializer
from campaigns.api.instants import format_instant
from campaigns.models import Delivery
from campaigns.models.delivery import DeliveryState

COUNTS = ("audience", "pending", "sent", "failed", "skipped", "ambiguous")
FILE_URL = "{base}/priv/v1/apps/{api_key}/management/creatives/{creative_id}/delivery/file"


class StepOut(AnswerSerializer):
    """One step of the waterfall: how many it removed, and how many remain after it."""

    step = serializers.CharField()
    remaining = serializers.IntegerField()
    removed = serializers.IntegerField()


class SampleOut(AnswerSerializer):
    """One customer of the audience."""

    user_id = serializers.UUIDField()
    external_id = serializers.CharField(allow_null=True)


class AudienceOut(AnswerSerializer):
    """Who would be reached now."""

    count = serializers.IntegerField()
    waterfall = StepOut(many=True)
    sample = SampleOut(many=True)


class CountsOut(AnswerSerializer):
    """How many recipients there are, and what has become of them."""

    audience = serializers.IntegerField()
    pending = serializers.IntegerField()
    sent = serializers.IntegerField()
    failed = serializers.IntegerField()
    skipped = serializers.IntegerField()
    ambiguous = serializers.IntegerField()


class FileOut(AnswerSerializer):
    """The file of an audience."""

    name = serializers.CharField()
    url = serializers.CharField()
    rows = serializers.IntegerField()
    sha256 = serializers.CharField()


class DeliveryOut(AnswerSerializer):
    """One delivery of a creative; `api_key` in the context is the caller's."""

    id = serializers.IntegerField()
    creative_id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=DeliveryState.values)
    scheduled_for = serializers.DateTimeField()
    progress = serializers.IntegerField(min_value=0, max_value=100)
    counts = CountsOut()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    heartbeat_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(allow_null=True)
    file = FileOut(allow_null=True)

    def to_representation(self, delivery: Delivery) -> dict[str, object]:
        """The delivery as contract 4 writes it."""
        moments = {
            name: getattr(delivery, name) for name in ("created_at", "started_at", "finished_at", "heartbeat_at")
        }
        return {
            "id": delivery.pk,
            "creative_id": delivery.creative_id,
            "state": delivery.state,
            "scheduled_for": format_instant(delivery.scheduled_for),
            "progress": delivery.progress,
            "counts": {name: getattr(delivery, name) for name in COUNTS},
            **{name: None if moment is None else format_instant(moment) for name, moment in moments.items()},
            "error": delivery.error or None,
            "file": self._file(delivery),
        }

    def _file(self, delivery: Delivery) -> dict[str, object] | None:
        if not delivery.file_name or delivery.file_removed_at:
            return None
        ours = FILE_URL.format(
            base=settings.BASE_URL, api_key=self.context["api_key"], creative_id=delivery.creative_id
        )
        return {
            "name": delivery.file_name,
            "url": delivery.file_url or ours,
            "rows": delivery.file_rows,
            "sha256": delivery.file_sha256,
        }
