"""Visitors: pages, actions, funnels, conversions, dismissals, and those who turn out to be somebody."""

from typing import Any

from tests.storm.actors import Actor, Countdown

PLACES = [{"placeholder": "hero"}, {"placeholder": "side"}]
CAPPED = "frequency-cap"


class Visitor(Actor):
    """Opens a page, and does something with what is shown there."""

    def act(self) -> None:
        """One visit, of a known customer or of a stranger who may log in on the next page."""
        customer = self.known() if self.random.random() < 0.6 else None
        trace = self.trace("trace", "traces/trace", {"customer-id": customer}).body["trace-id"]
        trail = self.trace("trail", f"traces/{trace}/trail", {"channel": "web"}).body["trail-id"]
        shown = self.page(trail, customer)
        self.look_around(trail)
        if customer is None and self.random.random() < 0.5:
            shown = self.page(trail, self.known()) or shown
        if shown:
            self.respond(trail, customer, self.random.choice(shown))

    def page(self, trail: str, customer: str | None) -> list[dict[str, Any]]:
        """What a page shows: entries with `campaign` and `tracking-token`."""
        body = {"trail-id": trail, "placeholders": PLACES, "location": "https://shop.example/"}
        answer = self.trace("sync-page", "campaigns/sync-page", {**body, "customer-id": customer} if customer else body)
        shown = [detail["banner"] for place in answer.body["placeholders"] for detail in place["banners-list"]]
        shown += [answer.body["popup"]] if answer.body.get("popup") else []
        self.receipts.tokens += [each["tracking-token"] for each in shown]
        return shown

    def look_around(self, trail: str) -> None:
        """An action, which behaviors may count."""
        body = {"name": self.random.choice(["home", "purchase", "score"]), "type": "action", "data": []}
        self.receipts.actions.append(self.trace("action", f"traces/trail/{trail}/action", body).body["action-id"])
        if body["name"] == "score":
            self.receipts.events["score"] += 1

    def respond(self, trail: str, customer: str | None, shown: dict[str, Any]) -> None:
        """Walk the funnel, convert, dismiss, or leave."""
        if shown["campaign"] == self.world.funnel_id:
            self.walk(trail, shown["tracking-token"])
        kind = self.random.choice(["conversion", "dismiss", None])
        if kind is None:
            return
        token = shown["tracking-token"]
        body = {"name": kind, "type": kind, "data": [{"name": "tracking-token", "value": token}]}
        answer = self.trace(kind, f"traces/trail/{trail}/action", body)
        if answer.status == 200:
            self.receipts.closed[token] = kind
            # Twice is never, in another trace of the same customer either.
            if customer is not None and self.random.random() < 0.3:
                again = self.trace("trace", "traces/trace", {"customer-id": customer}).body["trace-id"]
                other = self.trace("trail", f"traces/{again}/trail", {"channel": "web"}).body["trail-id"]
                self.trace(f"{kind} again", f"traces/trail/{other}/action", body, 400)

    def walk(self, trail: str, token: str) -> None:
        """Through the funnel as far as it goes."""
        body = {"trail-id": trail, "campaign-id": self.world.funnel_id, "tracking-token": token}
        answer = self.trace("advance-funnel", "campaigns/advance-funnel", body)
        for _ in range(4):
            if answer.status != 200 or answer.body["type"] == "end":
                return
            data = {"nickname": f"n{self.number}"} if answer.body["type"] == "data-capture" else {}
            answer = self.trace("advance-funnel", "campaigns/advance-funnel", {**body, "step-data": data})


class Stranger(Visitor):
    """Of the anonymous visitors who are waiting one after the other logs in, all the time."""

    pause = 0.02

    def __init__(self, *given: Any, waiting: Countdown) -> None:
        super().__init__(*given)
        self.waiting = waiting

    def act(self) -> None:
        """Identify, and be shown what the known customer is shown."""
        trail = self.waiting.next()
        if trail is None:
            self.pause = 1.0
            return
        customer = self.known()
        self.page(trail, customer)
        self.receipts.identified.append(trail)


class Browser(Actor):
    """Asks for active campaigns, and tells business events."""

    pause = 0.05

    def act(self) -> None:
        """One of the two."""
        customer = self.known()
        if self.random.random() < 0.5:
            self.trace("active", "campaigns/active", {"customer-id": customer})
            return
        body = {"app-token": self.world.server_token, "event-name": "registration", "customer-id": customer}
        answer = self.trace("business-event", "campaigns/business-event", body, 202, 404)
        if answer.status == 202:
            self.receipts.tokens.append(answer.body["tracking-token"])
