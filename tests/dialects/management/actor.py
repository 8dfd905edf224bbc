"""A caller of the management dialect: Django's test client with an application's credentials."""

import base64
import json
from typing import Any

from django.test import Client

from customers.models import Application, Organization
from tests.factories import Credentials, Hierarchy, make_application, make_hierarchy

Answer = Any  # Django's test response: an HttpResponse with `json()`


def basic(name: str, secret: str) -> str:
    """The value of an Authorization header."""
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


class Actor:
    """One application that calls the API; `path` is what follows `/priv/v1/apps/:api_key/management/`."""

    def __init__(self, credentials: Credentials) -> None:
        self.application: Application = credentials.application
        self.secret = credentials.secret
        self.client = Client()

    @classmethod
    def of(cls, organization: Organization | None = None) -> "Actor":
        """A new application, of a new organization where none is given."""
        return cls(make_application(organization))

    @property
    def organization(self) -> Organization:
        """Whose rows this actor may see."""
        return self.application.organization

    @property
    def authorization(self) -> str:
        """The Authorization header of the application's own key and secret."""
        return basic(self.application.api_key, self.secret)

    def url(self, path: str) -> str:
        """The whole path of an endpoint; one that is whole has only its `:api_key` to be filled in."""
        if path.startswith("/priv/"):
            return path.replace(":api_key", self.application.api_key)
        return f"/priv/v1/apps/{self.application.api_key}/management/{path}"

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        """A request; a body of bytes goes as it is, any other as JSON, None not at all."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": self.authorization} | headers
        return self.client.generic(method, self.url(path), raw, content_type="application/json", headers=headers)

    def get(self, path: str, body: object = None) -> Answer:
        """GET."""
        return self.send("GET", path, body)

    def post(self, path: str, body: object = None) -> Answer:
        """POST."""
        return self.send("POST", path, body)

    def put(self, path: str, body: object = None) -> Answer:
        """PUT."""
        return self.send("PUT", path, body)

    def delete(self, path: str, body: object = None) -> Answer:
        """DELETE."""
        return self.send("DELETE", path, body)

    def make_hierarchy(self, **campaign: Any) -> Hierarchy:
        """A campaign of this actor's organization with one row at every level."""
        return make_hierarchy(self.application, **campaign)
