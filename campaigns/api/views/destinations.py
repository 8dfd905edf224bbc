"""Destinations of messages and exports (contract 5, section B)."""

from django.http import HttpResponse
from rest_framework.request import Request

from campaigns.api.base import ManagementView
from campaigns.api.bodies import Attributes
from campaigns.api.documentation import PAGE_PARAMETERS, operation
from campaigns.api.serializers.destination import DestinationIn, DestinationOut, TestIn, TestOut
from campaigns.delivery.defaults import kinds_with_default
from campaigns.delivery.destination_tests import send_test
from campaigns.delivery.destinations import delete_destination, destinations_of, get_destination, save_destination
from campaigns.models import Destination
from customers.errors import DomainError, invalid
from customers.mail_address import is_mail_address


class Destinations(ManagementView):
    """All destinations of the organization."""

    @operation(
        "Get all destinations", member="destinations", answer=DestinationOut, many=True, parameters=PAGE_PARAMETERS
    )
    def get(self, _request: Request, **_: object) -> HttpResponse:
        """The destinations, newest first."""
        rows, pagination = self.page().rows_of(destinations_of(organization=self.organization))
        return self.answer(destinations=DestinationOut(rows, many=True).data, pagination=pagination)

    @operation(
        "Create a destination", member="destination", answer=DestinationOut, request=("destination", DestinationIn)
    )
    def post(self, _request: Request, **_: object) -> HttpResponse:
        """Make a destination; what can't work is refused. The first of a kind is its default unless told otherwise."""
        changes = self.object_of(DestinationIn, "destination")
        return self.answer(destination=DestinationOut(self._create(changes)).data)

    def _create(self, changes: Attributes) -> Destination:
        if "is_default" in changes:
            return save_destination(destination=Destination(organization=self.organization), changes=changes)
        is_first = changes["kind"] not in kinds_with_default(organization_id=self.organization.pk)
        try:
            return self._create({**changes, "is_default": is_first})
        except DomainError as error:
            # Somebody else's became the first meanwhile.
            if not is_first or error.fields.keys() != {"is_default"}:
                raise
            return self._create({**changes, "is_default": False})


class DestinationDetail(ManagementView):
    """One destination."""

    @operation("Get a destination", member="destination", answer=DestinationOut)
    def get(self, _request: Request, destination_id: int, **_: object) -> HttpResponse:
        """One destination, without its secrets."""
        return self.answer(destination=DestinationOut(self._destination(destination_id)).data)

    @operation(
        "Update a destination", member="destination", answer=DestinationOut, request=("destination", DestinationIn)
    )
    def put(self, _request: Request, destination_id: int, **_: object) -> HttpResponse:
        """Change the attributes that are present; a secret that is not named stays, null takes one away."""
        destination = self._destination(destination_id)
        changes = self.changes_of(DestinationIn, "destination", lambda: DestinationOut(destination).data)
        if changes.get("kind", destination.kind) != destination.kind:
            raise invalid(kind="The kind of a destination can't be changed; make a new one.")
        return self.answer(destination=DestinationOut(save_destination(destination=destination, changes=changes)).data)

    @operation("Delete a destination", member="destination", answer=DestinationOut)
    def delete(self, _request: Request, destination_id: int, **_: object) -> HttpResponse:
        """Nothing goes there any more."""
        destination = self._destination(destination_id)
        answer = DestinationOut(destination).data
        delete_destination(destination=destination)
        return self.answer(destination=answer)

    def _destination(self, destination_id: int) -> Destination:
        return get_destination(organization=self.organization, destination_id=destination_id)


class DestinationTest(ManagementView):
    """Whether a destination works."""

    @operation("Test a destination", member="test", answer=TestOut, request=("test", TestIn))
    def post(self, _request: Request, destination_id: int, **_: object) -> HttpResponse:
        """Send one real message or upload; a body is needed for an email only, for it says whom the mail goes to."""
        asked = self.object_of(TestIn, "test") if self.request.body else {}
        destination = get_destination(organization=self.organization, destination_id=destination_id)
        if destination.kind == "email" and not is_mail_address(asked.get("to", "")):
            raise invalid(to="The mail address that the test mail goes to is expected.")
        is_taken, told = send_test(destination=destination, to=asked.get("to", ""))
        return self.answer(test={"ok": is_taken, "detail": told})
