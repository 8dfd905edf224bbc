"""One of every request that writes, in every dialect and on the pages: each call makes the rows it needs anew."""

# ruff: noqa: D102 - the name of a request says what it is

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.test import Client

from campaigns.delivery.unsubscribing import PATH as UNSUBSCRIBE
from campaigns.delivery.unsubscribing import unsubscribe_url
from campaigns.models import AdCampaign
from customers.models import Customer, CustomerField, Operator
from customers.models.application import Platform
from customers.organizations.organizations import bump_version
from funnels.funnels.definitions import save_funnel
from tests.channels import make_banner, make_event, make_live_campaign, make_placeholder
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor
from tests.dialects.marketing_solutions.actor import Buyer, new_campaign, update
from tests.dialects.trace.caller import Caller
from tests.factories import (
    Credentials,
    make_achievement,
    make_anonymous,
    make_application,
    make_customer,
    make_destination,
    make_field,
    make_goal,
    make_interaction,
    make_issued_offer,
    make_offer,
    make_template,
    make_trail,
    unique,
)
from tests.funnels.card_upgrade import make_schema, steps

Answer = Any  # Django's test response
Request = Callable[[], Answer]


class World:
    """An organization with everything that requests can be about, and one caller for each dialect."""

    def __init__(self) -> None:
        credentials = make_application(platforms=[Platform.REST.value, Platform.WEB.value])
        self.organization = credentials.application.organization
        self.caller = Caller(credentials.application)
        self.actor = Actor(Credentials(credentials.application, credentials.secret))
        self.buyer = Buyer(credentials)
        self.operator = Client(raise_request_exception=False)
        self.operator.force_login(Operator.objects.create_superuser(unique("operator")))
        make_schema(self.organization)
        # Customers are searched by a field that is marked.
        CustomerField.objects.filter(organization=self.organization, name="email").update(targetable=True)
        self.campaign = make_live_campaign(self.organization, price_per_impression="0.01", price_per_conversion="1.5")
        welcome, details = steps()[:2]
        short = [welcome, {**details, "forks": [], "next": None}]
        save_funnel(organization=self.organization, campaign_id=self.campaign.pk, steps=short, look={})
        self.placeholder = make_placeholder(credentials.application)
        make_banner(self.placeholder, self.campaign)
        self.event = make_event(credentials.application, self.campaign)
        behavior = make_achievement(self.campaign, points=10)
        for name in ("purchase", "conversion", self.event.name):
            make_goal(behavior, internal_event_name=name)
        bump_version(organization=self.organization)
        self.requests: dict[str, Callable[[], Request]] = {
            name: getattr(self, name)
            for name in dir(self)
            if name.startswith(("trace_", "management_", "sales_", "page_"))
        }

    def people(self) -> tuple[Customer, str, str]:
        """A customer, a trail and a tracking token of theirs."""
        customer = make_customer(self.organization)
        trail = make_trail(customer, self.caller.application)
        return customer, str(trail.uuid), str(make_interaction(customer, self.campaign).token)

    def post(self, path: str, **members: Any) -> Request:
        """A call of the trace dialect."""
        body = {name.replace("_", "-"): value for name, value in members.items()}
        return lambda: self.caller.post(path, {"app-token": self.caller.token} | body, "json")

    def act(self, kind: str, name: str = "click") -> Request:
        """An activity."""
        _, trail, token = self.people()
        data = [{"name": "tracking-token", "value": token}]
        return self.post(f"traces/trail/{trail}/action", name=name, type=kind, data=data)

    def trace_of_somebody_new(self) -> Request:
        return self.post("traces/trace")

    def trace_of_somebody_named(self) -> Request:
        return self.post("traces/trace", customer_id=unique("customer"))

    def trace_of_somebody_known(self) -> Request:
        return self.post("traces/trace", customer_id=self.people()[0].external_id)

    def trace_trail(self) -> Request:
        trail = make_trail(make_customer(self.organization), self.caller.application)
        return self.post(f"traces/{trail.trace.uuid}/trail", channel="atm", platform="iOS")

    def trace_action(self) -> Request:
        return self.act("action")

    def trace_action_that_counts(self) -> Request:
        return self.act("action", "purchase")

    def trace_conversion(self) -> Request:
        return self.act("conversion")

    def trace_dismissal(self) -> Request:
        return self.act("dismiss")

    def trace_customer(self) -> Request:
        return self.post("customers", customer={"id": unique("customer"), "first_name": "Ana"})

    def trace_subscription(self) -> Request:
        return self.post("customers/subscribe", customer_id=unique("customer"), reg_token=unique("r"), platform="ios")

    def trace_page(self) -> Request:
        return self.page(make_customer(self.organization))

    def trace_page_that_identifies(self) -> Request:
        known = make_customer(self.organization)
        return self.page(make_anonymous(self.organization, points=7), customer_id=known.external_id)

    def page(self, customer: Customer, **members: Any) -> Request:
        """A page view."""
        trail = make_trail(customer, self.caller.application)
        names = [{"placeholder": self.placeholder.name}]
        return self.post("campaigns/sync-page", trail_id=str(trail.uuid), placeholders=names, **members)

    def trace_active(self) -> Request:
        return self.post("campaigns/active", trail_id=self.people()[1])

    def trace_active_of_somebody_named(self) -> Request:
        return self.post("campaigns/active", customer_id=unique("customer"))

    def trace_business_event(self) -> Request:
        name, customer = self.event.name, unique("customer")
        return self.post("campaigns/business-event", event_name=name, customer_id=customer, event_id=unique("event"))

    def trace_business_event_by_fields(self) -> Request:
        fields = {"email": f"{uuid4().hex}@example.com"}
        return self.post("campaigns/business-event", event_name=self.event.name, customer_id=fields)

    def trace_funnel_begun(self) -> Request:
        return self.funnel()[1]

    def trace_funnel_moved(self) -> Request:
        members, begin = self.funnel()
        begin()
        return self.post("campaigns/advance-funnel", **members, step_data={})

    def trace_funnel_ended(self) -> Request:
        members, begin = self.funnel()
        begin()
        self.post("campaigns/advance-funnel", **members, step_data={})()
        data = {"first_name": "Ana", "email": "ana@example.com", "income": 60_000}
        return self.post("campaigns/advance-funnel", **members, step_data=data)

    def funnel(self) -> tuple[dict[str, Any], Request]:
        """The members that every move has, and what begins the funnel."""
        _, trail, token = self.people()
        members = {"trail_id": trail, "campaign_id": self.campaign.pk, "tracking_token": token}
        return members, self.post("campaigns/advance-funnel", **members)

    def page_funnel(self) -> Request:
        address = self.funnel_address()
        return lambda: self.caller.client.get(address)

    def page_funnel_dismissed(self) -> Request:
        address = self.funnel_address()
        return lambda: self.caller.client.post(address, {"action": "dismiss"})

    def funnel_address(self) -> str:
        """The funnel's page for somebody new."""
        _, trail, token = self.people()
        return f"/api/campaigns/{self.campaign.pk}/funnel?d={token}&t={trail}"

    def page_unsubscribe(self) -> Request:
        address = unsubscribe_url(self.organization.pk, make_customer(self.organization).uuid)
        path = f"/{UNSUBSCRIBE}{address.rpartition('/')[2]}"
        return lambda: Client(raise_request_exception=False).post(path)

    def page_admin_field(self) -> Request:
        form = {"organization": self.organization.pk, "name": f"f{uuid4().hex[:8]}", "type": "string"}
        return lambda: self.operator.post("/admin/customers/customerfield/add/", form)

    def page_admin_deletes_several(self) -> Request:
        form = {"action": "delete_selected", "post": "yes", "_selected_action": [self.levels().pk, self.levels().pk]}
        return lambda: self.operator.post("/admin/campaigns/adcampaign/", form)

    def levels(self) -> AdCampaign:
        """A campaign with a row at every level."""
        return self.actor.make_hierarchy().campaign

    def management_campaign(self) -> Request:
        body = bodies.campaign(targets=[{"attribute": "tag", "operator": "in", "values": ["a"]}])
        return lambda: self.actor.post("campaigns", body)

    def management_campaign_changed(self) -> Request:
        path = f"campaigns/{self.levels().pk}"
        return lambda: self.actor.put(path, {"campaign": {"status": "draft", "targets": []}})

    def management_campaign_deleted(self) -> Request:
        path = f"campaigns/{self.levels().pk}"
        return lambda: self.actor.delete(path)

    def management_line_item(self) -> Request:
        path = f"campaigns/{make_live_campaign(self.organization).pk}/line_items"
        body = bodies.line_item(starts_at="2021-01-01T05:00:00Z")
        return lambda: self.actor.post(path, body)

    def management_creative_group(self) -> Request:
        path = f"line_items/{self.actor.make_hierarchy().line_item.pk}/creative_groups"
        return lambda: self.actor.post(path, bodies.creative_group())

    def management_creative_changed(self) -> Request:
        rows = self.actor.make_hierarchy()
        return lambda: self.actor.put(f"creatives/{rows.creative.pk}", {"creative": {"status": "live"}})

    def management_behaviors(self) -> Request:
        path = f"campaigns/{self.levels().pk}/behaviors/_batch"
        return lambda: self.actor.post(path, bodies.behaviors(bodies.behavior(), bodies.behavior()))

    def management_offer(self) -> Request:
        return lambda: self.actor.post("offers", bodies.offer())

    def management_field(self) -> Request:
        return lambda: self.actor.post("fields", bodies.field())

    def management_field_changed(self) -> Request:
        name = make_field(self.organization, unique("field").replace(" ", "-"), "string").name
        return lambda: self.actor.put(f"fields/{name}", {"field": {"targetable": True}})

    def management_field_deleted(self) -> Request:
        name = make_field(self.organization, unique("field").replace(" ", "-"), "string").name
        return lambda: self.actor.delete(f"fields/{name}")

    def management_destination(self) -> Request:
        return lambda: self.actor.post("destinations", bodies.destination())

    def management_destination_changed(self) -> Request:
        number = make_destination(self.organization).pk
        return lambda: self.actor.put(f"destinations/{number}", {"destination": {"is_default": True}})

    def management_destination_deleted(self) -> Request:
        number = make_destination(self.organization).pk
        return lambda: self.actor.delete(f"destinations/{number}")

    def management_template(self) -> Request:
        body = bodies.template(key=unique("template"))
        return lambda: self.actor.post("templates", body)

    def management_template_changed(self) -> Request:
        key = make_template(self.organization, key=unique("template")).key
        return lambda: self.actor.put(f"templates/{key}", {"template": {"text": "Bye"}})

    def management_template_deleted(self) -> Request:
        key = make_template(self.organization, key=unique("template")).key
        return lambda: self.actor.delete(f"templates/{key}")

    def management_events(self) -> Request:
        by_id, by_uuid = make_customer(self.organization), make_customer(self.organization)
        whose: list[dict[str, Any]] = [{"external_id": by_id.external_id}, {"user_id": str(by_uuid.uuid)}]
        events = [each | {"name": "purchase", "event_id": unique("e")} for each in whose]
        return lambda: self.actor.post("/priv/v1/apps/:api_key/events", {"events": events})

    def management_event_of_a_merged_id(self) -> Request:
        event = {"external_id": make_customer(self.organization).external_id, "name": "purchase"}
        return lambda: self.actor.post(
            "/priv/v1/apps/:api_key/events", {"events": [event, {**event, "external_id": "nobody"}]}
        )

    def management_completion(self) -> Request:
        customer = make_customer(self.organization)
        user = f"/priv/v2/apps/:api_key/users/{customer.uuid}/campaigns/{self.campaign.pk}/perform"
        return lambda: self.actor.post(user, {"domain": "complete_campaign"})

    def management_redemption(self) -> Request:
        customer = make_customer(self.organization)
        issued = make_issued_offer(customer, make_offer(self.organization))
        path = f"/priv/v1/apps/:api_key/users/{customer.uuid}/offers/{issued.pk}/redeem"
        return lambda: self.actor.post(path)

    def sales_campaign(self) -> Request:
        body = new_campaign(str(self.buyer.advertiser.pk), name=unique("campaign"))
        return lambda: self.buyer.create(body)

    def sales_campaign_with_a_key(self) -> Request:
        body, key = new_campaign(str(self.buyer.advertiser.pk), name=unique("campaign")), unique("key")
        return lambda: self.buyer.create(body, Idempotency_Key=key)

    def sales_updates(self) -> Request:
        entries = [update(self.buyer.campaign().pk, type="capped", renewal="daily", amount=5) for _ in range(2)]
        return lambda: self.buyer.patch(*entries, Idempotency_Key=unique("key"))
