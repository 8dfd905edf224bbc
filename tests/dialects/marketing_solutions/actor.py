"""A media buyer: Django's test client with an application's token and a portfolio of one advertiser."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from campaigns.models import AdCampaign
from customers.models import Application, Organization
from marketing_solutions.oauth import SCOPES, issue_token
from tests.dialects.marketing_solutions.portfolios import add_to_portfolio, make_advertiser, make_advertiser_campaign
from tests.factories import Credentials, make_application

Answer = Any  # Django's test response: an HttpResponse with `json()`
CAMPAIGNS = "marketing-solutions/campaigns"
FORM = "application/x-www-form-urlencoded"


class Buyer:
    """One application that calls the API; a `version` of None is the unversioned path."""

    def __init__(self, credentials: Credentials) -> None:
        self.application: Application = credentials.application
        self.secret = credentials.secret
        self.client = Client()
        self.advertiser = make_advertiser(self.organization)
        add_to_portfolio(self.application, self.advertiser)
        self.token = issue_token(application=self.application, scopes=list(SCOPES))

    @classmethod
    def of(cls, organization: Organization | None = None) -> "Buyer":
        """A new application with an advertiser, of a new organization where none is given."""
        return cls(make_application(organization))

    @property
    def organization(self) -> Organization:
        """Whose rows this buyer may see."""
        return self.application.organization

    def campaign(self, **attributes: Any) -> AdCampaign:
        """A campaign of this buyer's advertiser."""
        return make_advertiser_campaign(self.advertiser, **attributes)

    def ask_token(self, body: dict[str, str] | bytes | None = None, **headers: str) -> Answer:
        """POST /oauth2/token; without a body with this buyer's own credentials."""
        own = {
            "client_id": self.application.api_key,
            "client_secret": self.secret,
            "grant_type": "client_credentials",
        }
        raw = body if isinstance(body, bytes) else urlencode(own if body is None else body).encode()
        return self.client.generic("POST", "/oauth2/token", raw, content_type=FORM, headers=headers)

    def basic(self) -> str:
        """The value of a Basic header."""
        return "Basic " + base64.b64encode(f"{self.application.api_key}:{self.secret}".encode()).decode()

    def send(
        self, method: str, path: str, body: object = None, *, version: str | None = None, **headers: str
    ) -> Answer:
        """A request below `/marketing-solutions/campaigns`; bytes go as they are, any other body as JSON."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        prefix = f"/{version}" if version else ""
        return self.client.generic(
            method, f"{prefix}/{CAMPAIGNS}{path}", raw, content_type="application/json", headers=sent
        )

    def create(self, body: object, **options: Any) -> Answer:
        """POST campaigns."""
        return self.send("POST", "", body, **options)

    def search(self, body: object = None, **options: Any) -> Answer:
        """POST campaigns/search."""
        return self.send("POST", "/search", body, **options)

    def get(self, campaign_id: object, **options: Any) -> Answer:
        """GET campaigns/:id."""
        return self.send("GET", f"/{campaign_id}", **options)

    def patch(self, *entries: object, **options: Any) -> Answer:
        """PATCH campaigns with these entries."""
        return self.send("PATCH", "", {"data": list(entries)}, **options)


def new_campaign(advertiser_id: object, **changes: Any) -> dict[str, Any]:
    """The body of a create; `changes` replace attributes, None takes one away."""
    attributes: dict[str, Any] = {
        "name": "My Campaign",
        "advertiserId": advertiser_id,
        "goal": "Retention",
        "spendLimit": {"spendLimitRenewal": "daily", "spendLimitType": "capped", "spendLimitAmount": 123.45},
    } | changes
    kept = {name: value for name, value in attributes.items() if value is not None}
    return {"data": {"type": "Campaign", "attributes": kept}}


def update(campaign_id: object, /, **limit: Any) -> dict[str, Any]:
    """An entry of a PATCH; members of the limit as `type`, `renewal`, `amount`."""
    members = {f"spendLimit{name.capitalize()}": value for name, value in limit.items()}
    return {"type": "Campaign", "id": str(campaign_id), "attributes": {"spendLimit": members}}
