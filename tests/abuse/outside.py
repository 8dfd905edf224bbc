"""What is outside of the platform: receivers that do their worst, and a delivery to each of them."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from campaigns.models import Delivery, Destination, MessageTemplate
from campaigns.models.ad_type import AdType
from tests.campaigns.delivery.scheduled import CSV, EMAIL, make_delivery, make_scheduled
from tests.campaigns.delivery.servers import Dripping, Mailbox, World, http_world, mail_world, raw_world
from tests.factories import Hierarchy, make_customer, unique

WEBHOOK: dict[str, Any] = {"ad_type": AdType.MESSAGING_PLATFORM, "creative_type": "messaging-platform-external"}
SENDER = "Shop <shop@example.org>"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
# None of them is believed for longer than an hour.
ABSURD = ("31536000", "9" * 20, "Fri, 31 Dec 9999 23:59:59 GMT")
# What a refusing receiver says beside its status line is nobody's business.
GUARDED = b"what only machines of that network may read"
# As long as a value may be; twice as long with what HTML makes of it.
LONG = "<a b>c d " * 450
EXPLOSIVE = {
    "too large": "{{ customer.name }}" * 3_000,
    "too slow": "{{ customer.name | strip_html | capitalize | escape }}" * 1_200,
}
FORMULA = '=HYPERLINK("http://evil.example/")'


def make_destination(organization_id: int, kind: str, settings: dict[str, Any], **secrets: str) -> Destination:
    """The default destination of a kind."""
    made = Destination(organization_id=organization_id, name=unique(kind), kind=kind, settings=settings)
    made.set_secrets(secrets)
    made.save()
    return made


def make_webhook(organization_id: int, url: str, **settings: object) -> Destination:
    """A webhook that is asked one message at a time."""
    told = {"url": url, "concurrency": 1, **settings}
    return make_destination(organization_id, "webhook", told, signing_secret="x")


class Outside:
    """Servers that run as long as the block; `deliveries`, and the `worlds` and `mailboxes` that get them, by name."""

    def __init__(self, block: ExitStack) -> None:
        self._block = block
        self.deliveries: dict[str, Delivery] = {}
        self.worlds: dict[str, World] = {}
        self.mailboxes: dict[str, Mailbox] = {}
        self.drips: list[Dripping] = []
        self.elsewhere = block.enter_context(http_world())

    def make_dripping(self) -> None:
        """Two companies' webhooks that say 200, and then go on by a byte now and then, for as long as they may."""
        for name in ("dripping", "dripping too"):
            drip = self._block.enter_context(raw_world(HEAD, b"x"))
            self.drips.append(drip)
            rows = self._make(name, WEBHOOK, "ab")
            make_webhook(rows.campaign.organization_id, drip.url, concurrency=8, timeout_seconds=120)
            self.deliveries[name] = make_delivery(rows)

    def make_others(self) -> None:
        """Everybody else."""
        for asked in ABSURD:
            self._make_webhook(asked, 429, retry_after=asked)
        self._make_webhook("broken", 202, body=b"none", content_encoding="gzip")
        self._make_webhook("moved", 301, location=self.elsewhere.url)
        self._make_webhook("refusing", 403, body=GUARDED)
        self._make_mail("letter")
        self._make_mail("dropping", people="abc", replies=("250 OK", "drop"))
        for name, text in EXPLOSIVE.items():
            self._make_mail(name, people=("Ada", LONG), text=text)
        self._make_mail_service("postmark")
        rows = self._make("file", CSV, (FORMULA, "plain"))
        make_destination(rows.campaign.organization_id, "file", {})
        self.deliveries["file"] = make_delivery(rows)

    def _make(self, name: str, creative: dict[str, Any], people: Sequence[str], text: str = "Hello") -> Hierarchy:
        """A message to some people; it is sent once there is a delivery, so whoever gets it must be there before."""
        rows = make_scheduled(**{"template_id": "welcome", **creative})
        organization = rows.campaign.organization
        for place, each in enumerate(people):
            attributes = {"email": f"{place}@example.org", "name": each}
            make_customer(organization, external_id=f"{each[:50]} {name}", attributes=attributes)
        MessageTemplate.objects.create(organization=organization, key="welcome", subject="Hello", text=text)
        return rows

    def _make_webhook(self, name: str, status: int, **answer: Any) -> None:
        """One that gives the same answer to all that may come."""
        world = self.worlds[name] = self._block.enter_context(http_world())
        world.will(*[status] * 9, **answer)
        rows = self._make(name, WEBHOOK, "ab")
        make_webhook(rows.campaign.organization_id, world.url)
        self.deliveries[name] = make_delivery(rows)

    def _make_mail(
        self, name: str, *, people: Sequence[str] = "ab", text: str = "Hello", replies: Sequence[str] = ()
    ) -> None:
        mailbox = self.mailboxes[name] = self._block.enter_context(mail_world())
        mailbox.replies_to_mail += replies
        rows = self._make(name, EMAIL, people, text)
        server = {"host": "127.0.0.1", "port": mailbox.port, "encryption": "none", "concurrency": 1}
        make_destination(rows.campaign.organization_id, "email", {"from_address": SENDER, **server})
        self.deliveries[name] = make_delivery(rows)

    def _make_mail_service(self, name: str) -> None:
        """One that leads elsewhere, where its key would be of use to somebody."""
        world = self.worlds[name] = self._block.enter_context(http_world())
        world.will(*[302] * 9, location=f"{self.elsewhere.url}/")
        rows = self._make(name, EMAIL, "ab")
        settings = {"from_address": SENDER, "provider": name, "provider_url": f"{world.url}/", "concurrency": 1}
        make_destination(rows.campaign.organization_id, "email", settings, api_key="the key")
        self.deliveries[name] = make_delivery(rows)
