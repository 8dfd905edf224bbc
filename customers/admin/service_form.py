"""Forms that save through a service what their operator changed, and only that.

A form carries a digest of every value that it showed. When it is submitted, the row is locked and read again. What
differs from its digest in the row was changed by somebody else meanwhile, which is reported and overwrites nothing;
what differs from its digest in the form is what the operator changed, and only that is passed to the service.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DataError, IntegrityError, models, transaction
from django.forms.models import ModelChoiceField
from django.utils.functional import cached_property

from customers.admin.choices import narrow
from customers.errors import DomainError
from customers.models import Organization
from customers.models.broken_constraint import broken_constraint

SEEN = "seen"
DIGEST = 12
LONGEST_SHOWN = 200
NO_ORGANIZATION = "Say for which organization: add ?organization= with its id to the address."
CONFLICT = (
    "While this form was open, somebody else changed {names}. Nothing is saved yet: look at what is marked, "
    "then save again."
)
# SQLSTATEs: a text that is too long, a number or date out of range, a character that can't be stored.
BEYOND_COLUMNS = {"22001", "22003", "22008", "22021", "22P05"}
_encode = DjangoJSONEncoder(sort_keys=True, ensure_ascii=False).encode


class ServiceForm(forms.ModelForm[Any]):
    """A form of a `ServiceAdmin`, which sets `save_row` (calls the service, returns the row) and `organization`.

    The service is called while the form is validated, so that its errors appear beside their fields. `renamed` maps
    names of the service's attributes to fields.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput, label="")
    save_row: ClassVar[Callable[[Any], Any]]
    organization: ClassVar[Organization | None] = None
    renamed: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.organization is not None and self.instance._state.adding and _is_tenant(self._meta.model):
            self.instance.organization = self.organization
        for field in self.fields.values():
            if isinstance(field, ModelChoiceField):
                narrow(field, self.organization)
        if self.instance._state.adding or not self._watched():
            del self.fields[SEEN]
        else:
            # A copy, because Django writes to the form's own instance.
            self.row = copy(self.instance)
            digests = (f"{name}={digest(self.get_initial_for_field(field, name))}" for name, field in self._watched())
            self.now = dict(pair.split("=") for pair in digests)
            self.initial[SEEN] = " ".join(f"{name}={value}" for name, value in self.now.items())

    def _watched(self) -> Sequence[tuple[str, forms.Field]]:
        return [(name, field) for name, field in self.fields.items() if name != SEEN and not field.disabled]

    @property
    def is_new(self) -> bool:
        """Whether there is no such row yet."""
        return not hasattr(self, "now")

    @cached_property
    def before(self) -> Mapping[str, str]:
        """The digests of what the operator saw, or of the current values if the form doesn't have them."""
        said = dict(pair.split("=", 1) for pair in self.cleaned_data.get(SEEN, "").split() if "=" in pair)
        return {name: said.get(name, value) for name, value in self.now.items()}

    @cached_property
    def changed_data(self) -> list[str]:
        """The fields that the operator changed; of a new row all that are filled in."""
        values = {name: self.cleaned_data[name] for name, _ in self._watched() if name in self.cleaned_data}
        if self.is_new:
            return [name for name, value in values.items() if value not in (None, "", [])]
        return [name for name, value in values.items() if digest(value) != self.before.get(name)]

    @property
    def values(self) -> dict[str, Any]:
        """The values of a new row; a form may drop what only it needed."""
        return {name: self.cleaned_data[name] for name, _ in self._watched() if name in self.cleaned_data}

    @property
    def changes(self) -> dict[str, Any]:
        """The changed values of an existing row."""
        return {name: self.cleaned_data[name] for name in self.changed_data}

    def clean(self) -> dict[str, Any]:
        """An empty text is NULL if the column allows it; a new row needs an organization."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        columns = {field.name: field for field in self._meta.model._meta.fields}
        for name, value in cleaned.items():
            if value == "" and name in columns and columns[name].null:
                cleaned[name] = None
        if self.is_new and self.organization is None and _is_tenant(self._meta.model):
            raise ValidationError(NO_ORGANIZATION)
        return cleaned

    def _post_clean(self) -> None:
        # Services and the database check constraints; Django could show an error of several columns only above the
        # form.
        self.instance.validate_constraints = _nothing
        super()._post_clean()  # type: ignore[misc]  # Django's own hook, between cleaning and saving
        del self.instance.validate_constraints
        meanwhile = [] if self.is_new else self._changed_meanwhile()
        if meanwhile:
            self._report_conflict(meanwhile)
        elif not self.errors and (self.is_new or self.changed_data):
            self._save_through_service()

    def _changed_meanwhile(self) -> list[str]:
        """The fields that somebody else changed, and not to what this operator wants."""
        wanted = {name: digest(self.cleaned_data[name]) for name in self.changed_data}
        return [name for name, value in self.now.items() if value != self.before[name] and wanted.get(name) != value]

    def _save_through_service(self) -> None:
        try:
            with transaction.atomic():
                self.instance = type(self).save_row(self)
        except DomainError as error:
            self._refuse(error)
        except IntegrityError as error:
            self.add_error(*refused_by_the_database(self, error))
        except DataError as error:
            if getattr(error.__cause__, "sqlstate", None) not in BEYOND_COLUMNS:
                raise
            self.add_error(None, "A value is more than the database can hold.")

    def _refuse(self, error: DomainError) -> None:
        """Put each sentence beside its field, or above the form if it has none."""
        for name, sentences in error.fields.items():
            field = self.field_of(name)
            shown = sentences if field or name == "non_field_errors" else [f"{name}: {each}" for each in sentences]
            self.add_error(field, ValidationError(list(shown)))
        if not error.fields:
            self.add_error(None, error.message)

    def field_of(self, name: str) -> str | None:
        """The form's field that a service's attribute, or a path into it, stands for."""
        top = re.split(r"[.\[]", name, maxsplit=1)[0]
        for candidate in (self.renamed.get(top), top, top.removesuffix("_id")):
            if candidate in self.fields:
                return candidate
        return None

    def _report_conflict(self, meanwhile: list[str]) -> None:
        """Report what changed, and show the current value unless the operator typed another one."""
        mine = {*self.changed_data, *self.errors}
        data: Any = self.data
        self.data = data = data.copy()
        for name in meanwhile:
            current = self.get_initial_for_field(self.fields[name], name)
            self.add_error(name, f"Changed meanwhile; it is now: {_shown(current)}")
            if name not in mine:
                for key in [key for key in data if re.fullmatch(rf"{re.escape(name)}(_\d+)?", key)]:
                    del data[key]
                data.update(typed(self.fields[name].widget, name, self.fields[name].prepare_value(current)))
        data[SEEN] = self.initial[SEEN]
        labels = ", ".join(str(self[name].label).lower() for name in meanwhile)
        self.add_error(None, CONFLICT.format(names=labels))


def _nothing(exclude: object = None) -> None:
    """Check nothing."""


def canonical(value: object) -> Any:
    """A value in one form, whether it comes from the row or from the form; every kind of empty value is None."""
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, datetime):
        # The admin's forms have a resolution of seconds.
        return value.astimezone(UTC).replace(microsecond=0).isoformat()
    if isinstance(value, Decimal):
        return str(value.normalize())
    if isinstance(value, str):
        return value.strip().replace("\r\n", "\n") or None
    if isinstance(value, list | tuple | models.QuerySet):
        rows = sorted(each.pk for each in value if isinstance(each, models.Model))
        return rows or list(value) or None
    return None if value == {} else value


def digest(value: object) -> str:
    """Equal for equal values."""
    return hashlib.sha256(_encode(canonical(value)).encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST]


def typed(wrapped: Any, name: str, value: Any) -> dict[str, Any]:
    """What a browser sends for an untouched widget that shows this value."""
    widget = getattr(wrapped, "widget", wrapped)
    if hasattr(widget, "decompress"):
        parts = zip(widget.widgets, widget.widgets_names, widget.decompress(value), strict=True)
        return {key: sent for each, suffix, part in parts for key, sent in typed(each, name + suffix, part).items()}
    if isinstance(widget, forms.CheckboxInput):
        return {name: "on"} if value else {}
    shown = widget.format_value(value)
    if isinstance(shown, list) and not getattr(widget, "allow_multiple_selected", False):
        shown = shown[0] if shown else ""
    return {name: "" if shown is None else shown}


def refused_by_the_database(form: ServiceForm, error: IntegrityError) -> tuple[str | None, str]:
    """The field of a broken constraint, and a sentence about a concurrent change."""
    broken = broken_constraint(error)
    options = form._meta.model._meta
    for constraint in options.constraints:
        if constraint.name == broken and isinstance(constraint, models.UniqueConstraint):
            beside = next((name for name in reversed(constraint.fields) if name in form.fields), None)
            return beside, f"Another {options.verbose_name} has this already."
        if constraint.name == broken and isinstance(constraint, models.CheckConstraint):
            condition: Any = constraint.condition
            named = [name for name in form.fields if name in condition.referenced_base_fields]
            return named[0] if len(named) == 1 else None, str(constraint.get_violation_error_message())
    beside = next((name for name in form.fields if broken and f"_{name}_" in broken), None)
    return beside, "It is taken, or gone meanwhile."


def _shown(value: object) -> str:
    if canonical(value) is None:
        text = "nothing"
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, list | tuple | models.QuerySet):
        text = ", ".join(map(str, value))
    else:
        text = _encode(value) if isinstance(value, dict) else str(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _is_tenant(model: type[models.Model]) -> bool:
    return any(field.name == "organization" for field in model._meta.fields)
