"""Mail services that django-anymail speaks to, over sockets of ours and without what its HTTP library does unasked.

It would follow a redirect with the service's key in its headers, take a proxy and a password from the environment, and
fail on an answer that says "taken" and whose body is broken.
"""

import io
import ssl
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.module_loading import import_string
from requests.adapters import HTTPAdapter

from campaigns.delivery.channels.http import USER_AGENT, read_body
from campaigns.delivery.channels.outgoing import pool_manager, secured, within

# Mail services with an API that django-anymail speaks, each with one key.
PROVIDERS = frozenset({"brevo", "mailersend", "mailgun", "mandrill", "postmark", "resend", "sparkpost"})
# How each mail service calls its key.
KEYS: Mapping[str, str] = {"mailersend": "api_token", "postmark": "server_token"}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:  # noqa: FBT001, FBT002 (the library's signature)
        """Pools over sockets of ours; the library adds its own authorities to their TLS."""
        context = secured(ssl.create_default_context())
        self.poolmanager = pool_manager(context=context, num_pools=connections, maxsize=maxsize, block=block, **options)


class Session(requests.Session):
    """Requests to one mail service, each within `seconds` from connecting to the last byte of its answer."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds
        self.trust_env = False
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.update({"Accept-Encoding": "identity", "User-Agent": USER_AGENT})
        for scheme in ("https://", "http://"):
            self.mount(scheme, _Adapter())

    def request(self, *arguments: Any, **options: Any) -> requests.Response:
        """The answer, whatever it is; a redirect is one."""
        with within(self.seconds):
            return super().request(*arguments, **{**options, "allow_redirects": False})

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """The status decides, so what is wrong with a body is only that there is none."""
        response = super().send(request, **{**options, "stream": True})
        content = read_body(response.raw)
        response.raw.release_conn()
        response.raw = io.BytesIO(content)
        return response


def mail_service(provider: str, *, seconds: float, api_key: str, **options: Any) -> BaseEmailBackend:
    """A connection of Django's to a mail service, as django-anymail names it."""
    backend: Any = import_string(f"anymail.backends.{provider}.EmailBackend")

    class Backend(backend):  # type: ignore[misc]  # which one is known by name only
        def create_session(self) -> Session:
            return Session(seconds)

    made: BaseEmailBackend = Backend(**{KEYS.get(provider, "api_key"): api_key}, timeout=seconds, **options)
    return made
