"""Templates of messages, addressed by their keys (contract 5, section B)."""

from collections.abc import Mapping

from django.http import HttpResponse
from rest_framework.request import Request

from campaigns.api.base import ManagementView
from campaigns.api.documentation import PAGE_PARAMETERS, operation
from campaigns.api.serializers.destination import TemplateIn, TemplateOut
from campaigns.delivery.message_templates import delete_template, get_template, save_template, templates_of
from campaigns.models import MessageTemplate
from customers.errors import invalid

# A push message's names for what an email calls otherwise.
OTHER_NAMES = {"title": "subject", "body": "text"}


class Templates(ManagementView):
    """All templates of the organization."""

    @operation("Get all templates", member="templates", answer=TemplateOut, many=True, parameters=PAGE_PARAMETERS)
    def get(self, _request: Request, **_: object) -> HttpResponse:
        """The templates, newest first."""
        rows, pagination = self.page().rows_of(templates_of(organization=self.organization))
        return self.answer(templates=TemplateOut(rows, many=True).data, pagination=pagination)

    @operation("Create a template", member="template", answer=TemplateOut, request=("template", TemplateIn))
    def post(self, _request: Request, **_: object) -> HttpResponse:
        """Make a template; what doesn't compile, or can't be meant, is refused."""
        changes = _changes(self.object_of(TemplateIn, "template"))
        template = _save(MessageTemplate(organization=self.organization), changes)
        return self.answer(template=TemplateOut(template).data)


class TemplateDetail(ManagementView):
    """One template."""

    @operation("Get a template", member="template", answer=TemplateOut)
    def get(self, _request: Request, key: str, **_: object) -> HttpResponse:
        """One template."""
        return self.answer(template=TemplateOut(get_template(organization=self.organization, key=key)).data)

    @operation("Update a template", member="template", answer=TemplateOut, request=("template", TemplateIn))
    def put(self, _request: Request, key: str, **_: object) -> HttpResponse:
        """Change the attributes that are present; the key stays, for creatives say it."""
        template = get_template(organization=self.organization, key=key)
        changes = _changes(self.changes_of(TemplateIn, "template", lambda: TemplateOut(template).data))
        if changes.pop("key", key) != key:
            raise invalid(key="The key of a template can't be changed; make a new one.")
        return self.answer(template=TemplateOut(_save(template, changes)).data)

    @operation("Delete a template", member="template", answer=TemplateOut)
    def delete(self, _request: Request, key: str, **_: object) -> HttpResponse:
        """Take a template away that no living creative uses."""
        template = get_template(organization=self.organization, key=key)
        answer = TemplateOut(template).data
        delete_template(template=template)
        return self.answer(template=answer)


def _save(template: MessageTemplate, changes: Mapping[str, str]) -> MessageTemplate:
    """Clients that know nothing of languages may write either."""
    return save_template(template=template, changes=changes, finds_language="language" not in changes)


def _changes(given: Mapping[str, str]) -> dict[str, str]:
    """The changes by the model's names; DomainError where the two names of one text disagree."""
    changes: dict[str, str] = {}
    for name, value in given.items():
        known = OTHER_NAMES.get(name, name)
        if changes.setdefault(known, value) != value:
            raise invalid(**{name: f"{name} and {known} are two names of one text, and differ here."})
    return changes
