"""Customers and their push tokens (contract 3, Customers; contract 4, section C)."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from customers.applications.applications import get_application_by_token, require_platform
from customers.customers.attributes import save_attributes
from customers.customers.push_tokens import subscribe
from customers.models.application import SERVERS, WITH_DEVICES
from traces.api.serializers.customers import CustomerIn, CustomerOut, SubscriptionIn
from traces.wire.documentation import operation
from traces.wire.views import TraceView


class Customers(TraceView):
    """Create or update a customer."""

    @operation("Create or update a customer", request=CustomerIn, answer=CustomerOut)
    def post(self, _request: HttpRequest) -> HttpResponse:
        """Merge fields into the customer of an id; null clears one."""
        members = self.read(CustomerIn)
        application = get_application_by_token(token=members["app_token"])
        require_platform(platforms=application.platforms, wanted=SERVERS)
        fields = members["customer"]
        customer_id = fields.pop("id")
        save_attributes(organization=application.organization, customer_id=customer_id, attributes=fields)
        return self.answer(customer_id=customer_id)


class Subscriptions(TraceView):
    """Register a device for push messages."""

    @operation("Register a device for push messages", request=SubscriptionIn, answer=CustomerOut)
    def post(self, _request: HttpRequest) -> HttpResponse:
        """Store a push token of the customer."""
        members = self.read(SubscriptionIn)
        application = get_application_by_token(token=members["app_token"])
        require_platform(platforms=application.platforms, wanted=WITH_DEVICES)
        subscribe(
            application=application,
            customer_id=members["customer_id"],
            token=members["reg_token"],
            platform=members["platform"],
            stranger=self.stranger,
            now=timezone.now(),
        )
        return self.answer(customer_id=members["customer_id"])
