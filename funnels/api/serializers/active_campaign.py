"""Active campaigns on the wire (contract 3, Active Campaigns; contract 4, section C "active")."""

from rest_framework import serializers

from traces.wire.fields import CustomerIdField, IdentifierField, TextField
from traces.wire.members import RequestBody


class ActiveIn(RequestBody):
    """The body: whose campaigns, and which of them."""

    app_token = IdentifierField()
    customer_id = CustomerIdField(required=False, allow_null=True, default=None)
    category = TextField(required=False, allow_null=True, default=None)
    group = TextField(required=False, allow_null=True, default=None)
    trail_id = IdentifierField(required=False, allow_null=True, default=None)


class ActiveCampaignOut(serializers.Serializer[object]):
    """One campaign that is active for the customer."""

    campaign = serializers.IntegerField()
    name = serializers.CharField()
    category = serializers.CharField(allow_null=True)
    group = serializers.CharField(allow_null=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    tracking_token = serializers.UUIDField(required=False)


class ActiveOut(serializers.Serializer[object]):
    """The answer: campaigns in the decision's order."""

    campaigns = ActiveCampaignOut(many=True)
