"""What is outside of the platform: receivers that do their worst, and a delivery to each of them."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from campaigns.models import AudienceJob, Destination, MessageTemplate
from campaigns.models.ad_type import AdType
from tests.campaigns.audiences.scheduled import CSV, EMAIL, make_job, make_scheduled
from tests.delivery.servers import Dripping, Mailbox, World, http_world, mail_world, raw_world
from tests.factories import make_customer, unique

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
    "too slow": "{{ customer.name|striptags|title|slugify }}" * 1_500,
}
FORMULA = '=HYPERLINK("http://evil.example/")'


def make_destination(organization_id: int, kind: str, settings: dict[str, Any], **secrets: str) -> Destination:
    """The default destination of a kind."""
    made = Destination(organization_id=organization_id, name=unique(kind), kind=kind, settings=settings)
    made.keep_secrets(secrets)
    made.save()
    return made


def make_webhook(organization_id: int, url: str, **settings: Any) -> Destination:
    """A webhook that is asked one message at a time."""
    told = {"url": url, "concurrency": 1, **settings}
    return make_destination(organization_id, "webhook", told, signing_secret="x")


class Outside:
    """Servers that run as long as the block; by name, `jobs` are deliveries, `worlds` and `mailboxes` who gets them."""

    def __init__(self, block: ExitStack) -> None:
        self._block = block
        self.jobs: dict[str, AudienceJob] = {}
        self.worlds: dict[str, World] = {}
        self.mailboxes: dict[str, Mailbox] = {}
        self.drips: list[Dripping] = []
        self.elsewhere = block.enter_context(http_world())

    def make_dripping(self) -> None:
        """Two companies' webhooks that say 200, and then go on by a byte now and then, for as long as they may."""
        for name in ("dripping", "dripping too"):
            drip = self._block.enter_context(raw_world(HEAD, b"x"))
            self.drips.append(drip)
            organization = self._make(name, WEBHOOK, "ab")
            make_webhook(organization, drip.url, concurrency=8, timeout_seconds=120)

    def make_others(self) -> None:
        """Everybody else."""
        for asked in ABSURD:
            self._make_webhook(asked).will(*[429] * 9, retry_after=asked)
        self._make_webhook("broken").will(202, 202, body=b"none", content_encoding="gzip")
        self._make_webhook("moved").will(301, 301, location=self.elsewhere.url)
        self._make_webhook("refusing").will(403, 403, body=GUARDED)
        self._make_mail("letter")
        self._make_mail("dropping", people="abc").replies_to_mail += ["250 OK", "drop"]
        for name, text in EXPLOSIVE.items():
            self._make_mail(name, people=("Ada", LONG), text=text)
        self._make_mail_service("postmark")
        file = self._make("file", CSV, (FORMULA, "plain"))
        make_destination(file, "file", {})

    def _make(self, name: str, unit: dict[str, Any], people: Sequence[str], **template: str) -> int:
        """The organization of a delivery to some people."""
        rows = make_scheduled(**unit)
        organization = rows.campaign.organization
        for place, each in enumerate(people):
            attributes = {"email": f"{place}@example.org", "name": each}
            make_customer(organization, external_id=f"{each[:50]} {name}", attributes=attributes)
        if template:
            MessageTemplate.objects.create(organization=organization, key="welcome", subject="Hello", **template)
        self.jobs[name] = make_job(rows)
        return organization.pk

    def _make_webhook(self, name: str) -> World:
        world = self.worlds[name] = self._block.enter_context(http_world())
        make_webhook(self._make(name, WEBHOOK, "ab"), world.url)
        return world

    def _make_mail(self, name: str, *, people: Sequence[str] = "ab", text: str = "Hello") -> Mailbox:
        mailbox = self.mailboxes[name] = self._block.enter_context(mail_world())
        organization = self._make(name, {**EMAIL, "template_id": "welcome"}, people, text=text)
        server = {"host": "127.0.0.1", "port": mailbox.port, "encryption": "none", "concurrency": 1}
        make_destination(organization, "email", {"from_address": SENDER, **server})
        return mailbox

    def _make_mail_service(self, name: str) -> None:
        """One that leads elsewhere, where its key would be of use to somebody."""
        world = self.worlds[name] = self._block.enter_context(http_world())
        world.will(302, 302, 302, 302, location=f"{self.elsewhere.url}/")
        organization = self._make(name, {**EMAIL, "template_id": "welcome"}, "ab", text="Hello")
        settings = {"from_address": SENDER, "provider": name, "provider_url": f"{world.url}/", "concurrency": 1}
        make_destination(organization, "email", settings, api_key="the key")
