"""An operator's browser, over real connections: cookies, pages, and forms that are sent as they stand there."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import urllib3
from django.contrib.auth.models import Permission

from customers.models import Operator
from tests.abuse.server import Server
from tests.abuse.world import PASSWORD
from tests.factories import unique
from tests.storm.staff import Form

LOGIN = "/admin/login/"
FORM = "application/x-www-form-urlencoded"
TOKEN = "csrfmiddlewaretoken"


class Browser:
    """Somebody who has logged in; `cookies` are what a browser would keep, `session` is how it was told to."""

    def __init__(self, server: Server, username: str) -> None:
        self.server = server
        self.cookies: dict[str, str] = {}
        page = self.get(LOGIN)
        answer = self.post(LOGIN, self.form(page) | {"username": username, "password": PASSWORD})
        assert answer.status == 302, answer.data
        self.session = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("sessionid="))

    def get(self, path: str, **headers: str) -> urllib3.BaseHTTPResponse:
        """A page."""
        return self._kept(self.server.ask("GET", path, headers=self._sent(headers)))

    def opened(self, path: str) -> dict[str, Any]:
        """The form of a page, as it stands there."""
        page = self.get(path)
        assert page.status == 200, path
        return self.form(page)

    def post(self, path: str, form: Mapping[str, str | Sequence[str]]) -> urllib3.BaseHTTPResponse:
        """Send a form; what has no token has the cookie's."""
        body = urlencode({TOKEN: self.cookies.get("csrftoken", ""), **form}, doseq=True, errors="surrogatepass")
        return self._kept(self.server.ask("POST", path, body=body, headers=self._sent({"Content-Type": FORM})))

    def act(self, path: str, action: str, *rows: int) -> urllib3.BaseHTTPResponse:
        """Take an action of a list on rows."""
        return self.post(path, {"action": action, "_selected_action": [str(each) for each in rows]})

    @staticmethod
    def form(page: urllib3.BaseHTTPResponse) -> dict[str, Any]:
        """The fields of a page's own form."""
        return dict(Form(page.data.decode().partition('id="content"')[2]).values)

    def _sent(self, headers: dict[str, str]) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), **headers}

    def _kept(self, answer: urllib3.BaseHTTPResponse) -> urllib3.BaseHTTPResponse:
        for cookie in answer.headers.getlist("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer


def make_operator(*rights: str) -> Operator:
    """An operator with rights by their beginnings: `view` to look at everything; to be called with the database."""
    operator = Operator.objects.create_user(unique("operator").replace(" ", "-"), password=PASSWORD, is_staff=True)
    chosen = Permission.objects.filter(codename__regex=f"^({'|'.join(rights)})")
    operator.user_permissions.set(chosen)
    return operator
