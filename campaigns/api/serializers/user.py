"""Customers on the wire, who are users here (contract 4, "users")."""

from rest_framework import serializers

from campaigns.api.fields import AnswerSerializer
from campaigns.api.instants import format_instant
from customers.models import Customer


class UserOut(AnswerSerializer):
    """A customer with all that targeting knows of them."""

    user_id = serializers.UUIDField()
    external_id = serializers.CharField(allow_null=True)
    attributes = serializers.DictField()
    tags = serializers.ListField(child=serializers.CharField())
    points = serializers.IntegerField()
    created_at = serializers.DateTimeField()

    def to_representation(self, customer: Customer) -> dict[str, object]:
        """The customer in this dialect's forms."""
        return {
            "user_id": str(customer.uuid),
            "external_id": customer.external_id,
            "attributes": customer.attributes,
            "tags": customer.tags,
            "points": customer.points,
            "created_at": format_instant(customer.created_at),
        }
