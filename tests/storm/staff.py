"""Marketing people: edits of live campaigns, messages that are made and sent, forms of the admin."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

from tests.storm.actors import Actor
from tests.storm.wire import FORM, Answer
from tests.storm.world import PASSWORD

DATES = {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2090-01-01T00:00:00Z"}
LIVE = {"status": "live", **DATES}
VIPS = [{"attribute": "tag", "operator": "in", "values": ["vip"]}]
MOST_AT_ONCE = 2
CAPS = {"uncapped": {}, "counted": {"frequency_cap": 1_000}, "once": {"frequency_cap": 1}}


class Editor(Actor):
    """Edits live campaigns of its own, pauses them and lets them go on; makes some and deletes them."""

    pause = 0.1

    def begin(self) -> None:
        """Whose they are."""
        self.own = [each for place, each in enumerate(self.world.edited) if place % 2 == self.number % 2]

    def act(self) -> None:
        """One change."""
        if self.random.random() < 0.2:
            self.make_and_delete()
            return
        if self.random.random() < 0.05:
            self.count_by_another_rule()
        campaign = self.random.choice(self.own)
        changes: dict[str, Any] = {"priority": self.random.randrange(1_000)}
        if self.random.random() < 0.3:
            changes["status"] = self.random.choice(["paused", "live"])
        if self.random.random() < 0.3:
            states = self.random.sample(["CA", "NY", "TX"], 2)
            changes["targets"] = [{"attribute": "state", "operator": "in", "values": states}]
        self.manage("edit", "PUT", f"campaigns/{campaign}", {"campaign": changes})
        self.receipts.campaigns[campaign] |= {name: changes[name] for name in ("priority", "status") if name in changes}

    def count_by_another_rule(self) -> None:
        """A cap that page views count at the same time gets another period, unit or number."""
        cap = {
            "frequency_period": self.random.choice(["daily", "weekly", "monthly"]),
            "frequency_unit": self.random.choice(["impressions", "impressions", "interactions"]),
            "frequency_cap": self.random.randrange(1, 4),
        }
        self.manage("cap", "PUT", f"campaigns/{self.world.capped_id}", {"campaign": cap})

    def make_and_delete(self) -> None:
        """A campaign that lives for a moment."""
        body = {"campaign": {"name": f"Passing {self.number} {self.uuid()}", **LIVE, "targets": VIPS}}
        made = self.manage("create", "POST", "campaigns", body)["campaign"]
        self.manage("navigation", "GET", f"campaigns/{made['id']}/navigation")
        self.manage("delete", "DELETE", f"campaigns/{made['id']}")
        self.receipts.deleted.append(made["id"])


class Sender(Actor):
    """Makes scheduled messages for the vips, with a cap that is never met, with a cap of one, and without."""

    pause = 1.5

    def act(self) -> None:
        """A campaign with everything below it; its creative is due at once. Waits while there is enough to deliver."""
        for state in ("building", "delivering"):
            waiting = self.manage("deliveries", "GET", f"deliveries?state={state}&limit=1")["pagination"]["total"]
            if waiting >= MOST_AT_ONCE:
                return
        kind = list(CAPS)[len(self.receipts.creatives) % len(CAPS)]
        name = f"{kind} {self.uuid()}"
        campaign = self.manage("create", "POST", "campaigns", {"campaign": {"name": name, **LIVE, "targets": VIPS}})
        campaign_id = campaign["campaign"]["id"]
        line_item = self.manage(
            "create", "POST", f"campaigns/{campaign_id}/line_items", {"line_item": {"name": name, **LIVE}}
        )["line_items"][0]["id"]
        group = self.manage(
            "create", "POST", f"line_items/{line_item}/creative_groups", {"creative_group": {"name": name, **LIVE}}
        )["creative_groups"][0]["id"]
        at = (datetime.now(UTC) + timedelta(seconds=1)).isoformat(timespec="seconds")
        message = {"delivery_method": "scheduled", "scheduled_delivery_date": at}
        types = {"ad_type": "messaging_platform", "creative_type": "messaging-platform-external"}
        body = {"creative": {"name": name, "status": "live", **types, "messaging_platform": message}}
        creative = self.manage("create", "POST", f"creative_groups/{group}/creatives", body)["creatives"][0]["id"]
        self.receipts.creatives[creative] = kind
        self.interrupt(campaign_id, group)
        self.manage("preview", "POST", f"creatives/{creative}/audience/preview")

    def interrupt(self, campaign_id: int, group: int) -> None:
        """Pause a level of it for a moment."""
        path, wrapper = self.random.choice(
            [(f"campaigns/{campaign_id}", "campaign"), (f"creative_groups/{group}", "creative_group")]
        )
        for status in ("paused", "live"):
            self.manage("pause", "PUT", path, {wrapper: {"status": status}})


class Form(HTMLParser):
    """The fields of the form of a page of the admin, as a browser would send them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._name = ""
        self._text: list[str] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Inputs with their values, selects with what is chosen; buttons are left alone."""
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "input" and name and given.get("type") not in {"submit", "button", "file"}:
            is_switch = given.get("type") in {"checkbox", "radio"}
            if not is_switch or "checked" in given:
                self.values.setdefault(name, []).append(given.get("value", "on" if is_switch else ""))
        elif tag == "select":
            self._name = name
        elif tag == "option" and "selected" in given:
            self.values.setdefault(self._name, []).append(given.get("value", ""))
        elif tag == "textarea":
            self._name, self._text = name, []

    def handle_data(self, data: str) -> None:
        """A textarea's text."""
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        """The first line feed of a textarea is none of its text."""
        if tag == "textarea" and self._text is not None:
            self.values.setdefault(self._name, []).append("".join(self._text).removeprefix("\n"))
            self._text = None


class Operator(Actor):
    """Opens a form, thinks for a moment, changes one field and saves it."""

    pause = 0.2

    def begin(self) -> None:
        """Log in."""
        self.cookies: dict[str, str] = {}
        form = Form(self.open("/admin/login/").text)
        self.save("/admin/login/", form, username="storm", password=PASSWORD)

    def act(self) -> None:
        """A campaign's category, or a look at a list."""
        if self.random.random() < 0.2:
            self.open(self.random.choice(["/admin/", "/admin/campaigns/delivery/", "/admin/customers/customer/"]))
            return
        own = [each for place, each in enumerate(self.world.edited) if place % 2 == self.number % 2]
        campaign = self.random.choice(own)
        path = f"/admin/campaigns/adcampaign/{campaign}/change/"
        category = self.uuid()
        # Somebody may have changed the campaign since the form was opened: then the form is shown again, and says so.
        answer = None
        for _ in range(5):
            answer = self.save(path, Form(self.open(path).text), category=category)
            if answer.status == 302:
                self.receipts.campaigns[campaign]["category"] = category
                return
        errors = re.findall(r"errorlist.*?</ul>|errornote.*?</p>", answer.text if answer else "", re.DOTALL)
        self.book.fault(f"admin save: {path} was refused five times: {errors}")

    def open(self, path: str) -> Answer:
        """GET a page."""
        return self._keep(self.client.send("admin page", "GET", path, headers=self._cookie()))

    def save(self, path: str, form: Form, **changes: str) -> Answer:
        """POST the form with some fields changed."""
        headers = {**self._cookie(), "Content-Type": FORM, "Referer": self.client.base_url + path}
        body = form.values | {name: [value] for name, value in changes.items()}
        return self._keep(self.client.send("admin save", "POST", path, body, expect=(200, 302), headers=headers))

    def _cookie(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _keep(self, answer: Answer) -> Answer:
        for cookie in answer.headers.getlist("Set-Cookie") if answer.status else []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer
