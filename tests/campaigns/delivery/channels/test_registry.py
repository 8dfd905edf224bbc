"""A new way out is one file that declares itself, and one line of the registry. This file is such a one."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from unittest.mock import patch

import pytest
from django.utils import timezone

from campaigns.delivery.channels import registry
from campaigns.delivery.channels.base import (
    ChannelDeclaration,
    ClaimedRecipient,
    DeliveryFailedError,
    Message,
    Outcome,
    Result,
    Wanted,
    always,
)
from campaigns.delivery.channels.destination_tests import describe_success, made_up_recipient
from campaigns.delivery.channels.registry import channel_for, register
from campaigns.delivery.destination_tests import send_test
from campaigns.delivery.destinations import save_destination
from campaigns.delivery.preview import preview_of_creative
from campaigns.models import Destination
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.models.destination_kind import ATTRIBUTE, KINDS, REQUIRED_TEXT, DestinationKind, Secret
from customers.errors import DomainError
from customers.models import Customer, Organization
from tests.campaigns.delivery.scheduled import make_delivery, make_people, make_scheduled, states_of, work
from tests.factories import Hierarchy

pytestmark = pytest.mark.django_db


class FaxChannel:
    """Sends nothing, and remembers to whom."""

    deduplicates = True
    batch_size = 100
    sent: list[str | None] = []

    def __init__(self, destination: Destination, message: Message) -> None:
        self.destination = destination.name
        self.rate: float | None = destination.rate_per_second
        self.line = f"{destination.option('line')}: {message.creative_name}"

    def send(self, _message: Message, recipients: Sequence[ClaimedRecipient], _wanted: Wanted = always) -> list[Result]:
        """All of them are sent to."""
        self.sent += [each.external_id for each in recipients]
        return [Result(each.key, Outcome.SENT, reference=self.line) for each in recipients]


def _test(destination: Destination, message: Message, _to: str) -> str:
    return describe_success(FaxChannel(destination, message).send(message, [made_up_recipient(message)]), "A fax went.")


FAX = ChannelDeclaration(
    kind=DestinationKind(
        name="fax",
        label="Fax",
        members={"line": REQUIRED_TEXT, "number": ATTRIBUTE},
        secrets={"pin": Secret(required=True)},
    ),
    serves=(CreativeType.MESSAGING_PLATFORM_EXTERNAL,),
    consent="push_consent",
    make=FaxChannel,
    test=_test,
)


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """The line of the registry, taken back afterwards."""
    FaxChannel.sent = []
    known = (KINDS, registry.DECLARATIONS, registry.CHANNELS, registry.CONSENTS)
    with ExitStack() as stack:
        for each in known:
            stack.enter_context(patch.dict(each))
        register(FAX)
        yield


@pytest.fixture
def rows() -> Hierarchy:
    """A creative whose messages go out by fax."""
    return make_scheduled(ad_type=AdType.MESSAGING_PLATFORM, creative_type=CreativeType.MESSAGING_PLATFORM_EXTERNAL)


def _save(organization: Organization) -> Destination:
    changes = {
        "name": "Office",
        "kind": "fax",
        "settings": {"line": "1", "number": "state"},
        "secrets": {"pin": "1234"},
    }
    return save_destination(destination=Destination(organization=organization), changes=changes)


def test_its_settings_and_secrets_are_checked_and_operators_can_choose_it(rows: Hierarchy) -> None:
    organization = rows.campaign.organization
    make_people(organization, 1)
    values = {"name": "Office", "kind": "fax", "settings": {"number": "shoe", "colour": "red"}, "secrets": {}}
    with pytest.raises(DomainError) as refused:
        save_destination(destination=Destination(organization=organization), changes=values)
    assert refused.value.fields == {
        "settings": ["colour: fax knows no such setting.", "line: this setting is required."],
        "secrets": ["pin: this secret is required."],
    }
    assert _save(organization).attributes_named == {"state"}
    assert ("fax", "Fax") in [*(Destination._meta.get_field("kind").choices or ())]


def test_a_destination_can_be_tested(rows: Hierarchy) -> None:
    make_people(rows.campaign.organization, 1)
    destination = _save(rows.campaign.organization)
    assert send_test(destination=destination, to="") == (True, "A fax went. (1: Office)")


def test_its_creatives_reach_whoever_consents_to_it(rows: Hierarchy) -> None:
    organization = rows.campaign.organization
    make_people(organization, 30)
    Customer.objects.filter(organization=organization, attributes__age__lt=20).update(push_consent=True)
    wanted = Customer.objects.filter(organization=organization, consent=True, push_consent=True)
    preview = preview_of_creative(organization=organization, creative_id=rows.creative.pk, now=timezone.now())
    assert 0 < preview.count == wanted.count()
    _save(organization)
    delivery = make_delivery(rows)
    work()
    assert states_of(delivery) == {"sent": wanted.count()}
    assert sorted(map(str, FaxChannel.sent)) == sorted(str(each.external_id) for each in wanted)


def test_without_a_destination_a_message_says_which_kind_it_needs(rows: Hierarchy) -> None:
    make_people(rows.campaign.organization, 1)
    Customer.objects.filter(organization=rows.campaign.organization).update(consent=True, push_consent=True)
    delivery = make_delivery(rows)
    work()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == ("failed", "The organization has no default destination of kind fax.")
    with pytest.raises(DeliveryFailedError, match="Nothing delivers"):
        channel_for(
            Message(
                organization_id=rows.campaign.organization_id,
                campaign_id=0,
                campaign_name="",
                creative_id=0,
                creative_name="",
                ad_type="issue_bulk_offer",
                creative_type="issue-bulk-offer",
                template_id=None,
                offer_ids=(),
                portal_description=None,
                portal_icon=None,
            )
        )
