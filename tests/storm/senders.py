"""Systems of the organization: events in batches, customers' data, offers that are redeemed, spend limits."""

from tests.storm.actors import Actor
from tests.storm.wire import FORM
from tests.storm.world import KNOWN

BATCH = 60


class EventSender(Actor):
    """Sends events in batches, and now and then the same batch again."""

    pause = 0.05

    def act(self) -> None:
        """One batch; each event is accepted."""
        events = [
            {
                "name": self.random.choice(["score", "purchase", "visit"]),
                "external_id": self.known(),
                "event_id": self.uuid(),
            }
            for _ in range(BATCH)
        ]
        for attempt in range(self.random.choice([1, 1, 1, 2])):
            body = self.manage("events", "POST", "/priv/v1/apps/{key}/events", {"events": events})
            if body.get("errors") or len(body.get("events", [])) != BATCH:
                self.book.fault(f"events: {str(body)[:300]}")
                return
            duplicates = sum(each["duplicate"] for each in body["events"])
            if duplicates != (BATCH if attempt else 0):
                self.book.fault(f"events: {duplicates} duplicates in attempt {attempt}")
        self.receipts.events["score"] += sum(event["name"] == "score" for event in events)
        self.receipts.events.update(event["event_id"] for event in events)


class Importer(Actor):
    """Writes the data of customers of its own, over and over, and makes new ones."""

    pause = 0.02

    def act(self) -> None:
        """One customer."""
        if self.random.random() < 0.2:
            customer = f"imported-{self.number}-{self.random.randrange(10_000)}"
        else:
            customer = f"known-{self.random.randrange(1, KNOWN // 2) * 2 + self.number % 2}"
        visits = self.receipts.nicknames.get(customer, 0) + 1
        values = {"id": customer, "visits": visits, "state": self.random.choice(["CA", "NY", "TX"])}
        body = {"app-token": self.world.server_token, "customer": values}
        if self.trace("customer", "customers/", body).status == 200:
            self.receipts.nicknames[customer] = visits


class Redeemer(Actor):
    """Redeems the offers that customers were given."""

    pause = 0.1

    def act(self) -> None:
        """Look for one that is left, and redeem it."""
        customer = self.known()
        path = f"/priv/v1/apps/{{key}}/external/users/{customer}/offers"
        for offer in self.manage("offers", "GET", path).get("offers", []):
            if offer["state"] == "issued":
                self.manage("redeem", "POST", f"{path}/{offer['id']}/redeem")
                self.receipts.redeemed.append(offer["id"])


class Buyer(Actor):
    """Changes the spend limits of its own campaigns, many at a time, in an order of chance."""

    pause = 0.05

    def begin(self) -> None:
        """Get a token."""
        given = {"client_id": self.world.api_key, "client_secret": self.world.api_secret}
        body = {**given, "grant_type": "client_credentials"}
        answer = self.client.send("token", "POST", "/oauth2/token", body, headers={"Content-Type": FORM})
        self.headers = {"Authorization": f"Bearer {answer.body['access_token']}"}
        self.own = [each for place, each in enumerate(self.world.bought) if place % 2 == self.number % 2]

    def act(self) -> None:
        """One PATCH, or a search."""
        if self.random.random() < 0.2:
            body = {"filters": {"advertiserIds": [str(self.world.advertiser_id)]}}
            self.client.send("search", "POST", "/marketing-solutions/campaigns/search", body, headers=self.headers)
            return
        chosen = self.random.sample(self.own, 4)
        amounts = {each: f"{self.random.randrange(1_000, 99_999) / 100:.2f}" for each in chosen}
        entries = [
            {
                "type": "Campaign",
                "id": str(each),
                "attributes": {
                    "spendLimit": {
                        "spendLimitType": "capped",
                        "spendLimitRenewal": "daily",
                        "spendLimitAmount": float(amount),
                    }
                },
            }
            for each, amount in amounts.items()
        ]
        answer = self.client.send(
            "spend limits", "PATCH", "/marketing-solutions/campaigns", {"data": entries}, headers=self.headers
        )
        if answer.status != 200 or answer.body["errors"]:
            self.book.fault(f"spend limits: {answer.text[:300]}")
        else:
            self.receipts.limits.update(amounts)
