"""The schema of the organization's customers, addressed by names (contract 5, section B)."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from campaigns.api.base import ManagementView
from campaigns.api.documentation import PAGE_PARAMETERS, operation
from campaigns.api.serializers.field import FieldIn, FieldOut
from customers.models import CustomerField
from customers.schema.fields import delete_field, fields_of, get_field, save_field


class Fields(ManagementView):
    """All fields of the schema."""

    @operation("Get all fields", member="fields", answer=FieldOut, many=True, parameters=PAGE_PARAMETERS)
    def get(self, _request: Request, **_: object) -> HttpResponse:
        """The fields, newest first."""
        rows, pagination = self.page().rows_of(fields_of(organization=self.organization).reverse())
        return self.answer(fields=FieldOut(rows, many=True).data, pagination=pagination)

    @operation("Create a field", member="field", answer=FieldOut, request=("field", FieldIn))
    def post(self, _request: Request, **_: object) -> HttpResponse:
        """Make a field; its indexes are made beside the traffic, within a minute."""
        field = _changed(CustomerField(organization=self.organization), self.object_of(FieldIn, "field"))
        return self.answer(field=FieldOut(save_field(field=field)).data)


class FieldDetail(ManagementView):
    """One field."""

    @operation("Get a field", member="field", answer=FieldOut)
    def get(self, _request: Request, name: str, **_: object) -> HttpResponse:
        """One field."""
        return self.answer(field=FieldOut(get_field(organization=self.organization, name=name)).data)

    @operation("Update a field", member="field", answer=FieldOut, request=("field", FieldIn))
    def put(self, _request: Request, name: str, **_: object) -> HttpResponse:
        """Change the attributes that are present; a name only while nothing uses the field and nobody has a value."""
        present = get_field(organization=self.organization, name=name)
        changes = self.changes_of(FieldIn, "field", lambda: FieldOut(present).data)
        field = _changed(present, changes)
        return self.answer(field=FieldOut(save_field(field=field)).data)

    @operation("Delete a field", member="field", answer=FieldOut)
    def delete(self, _request: Request, name: str, **_: object) -> HttpResponse:
        """Take a field away that nothing uses, and its values from all customers beside the traffic."""
        field = get_field(organization=self.organization, name=name)
        answer = FieldOut(field).data
        delete_field(field=field)
        return self.answer(field=answer)


def _changed(field: CustomerField, changes: Mapping[str, Any]) -> CustomerField:
    values = {**changes, **(changes.get("options") or {})}
    for name in values.keys() - {"options"}:
        setattr(field, name, values[name])
    return field
