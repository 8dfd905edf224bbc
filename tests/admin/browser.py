"""An operator's browser: opens pages of the admin, changes fields of their forms and sends them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import models
from django.test import Client

from customers.admin.service_admin import ServiceAdmin
from customers.models import Operator
from tests.factories import unique
from tests.storm.staff import Form

Sent = dict[str, list[str]]


def address(model: type[models.Model], *parts: object) -> str:
    """The address of a model's list, or of a page below it."""
    options = model._meta
    return "/".join(["/admin", options.app_label, str(options.model_name), *map(str, parts), ""])


class Browser(Client):
    """Keeps no message for later: a person's browser shows it on the page to which an answer leads, a walk goes on.

    Otherwise every answer of a walk would say again what all before it have told.
    """

    def request(self, **request: Any) -> Any:
        """Ask, and forget what the answer tells."""
        answer = super().request(**request)
        self.cookies.pop("messages", None)
        return answer


def superuser() -> Client:
    """Somebody who may do everything."""
    client = Browser()
    client.force_login(Operator.objects.create_superuser(unique("operator")))
    return client


def viewer(may: Sequence[str] = ("view",)) -> Client:
    """Somebody who may look at everything, and no more, unless `may` says otherwise."""
    operator = Operator.objects.create_user(unique("viewer"), is_staff=True)
    operator.user_permissions.set(Permission.objects.filter(codename__regex=f"^({'|'.join(may)})_" if may else "^$"))
    client = Browser()
    client.force_login(operator)
    return client


def opened(client: Client, page: str) -> Sent:
    """The form of a page, as a browser would send it untouched."""
    answer = client.get(page)
    assert answer.status_code == 200, page
    form = Form(answer.content.decode().partition('id="content"')[2]).values
    return {name: values for name, values in form.items() if name != "csrfmiddlewaretoken"}


def errors_of(answer: Any) -> dict[str, list[str]]:
    """What the form that was shown again says, by field."""
    assert answer.status_code == 200, f"{answer.status_code}: nothing was refused"
    return {name: list(sentences) for name, sentences in answer.context["adminform"].form.errors.items()}


def told(answer: Any) -> str:
    """What stands above the next page."""
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def admins() -> list[Any]:
    """All pages' ModelAdmins."""
    return list(admin.site._registry.values())


def changeable() -> list[Any]:
    """Those whose rows have a form that can be saved."""
    return [
        each for each in admins() if isinstance(each, ServiceAdmin) and type(each).change is not ServiceAdmin.change
    ]
