"""One validator: an address that a funnel takes from a customer is one that a mail goes to."""

from dataclasses import replace

import pytest

from campaigns.delivery.channels.base import Outcome
from campaigns.delivery.channels.registry import channel_for
from campaigns.models import MessageTemplate
from campaigns.models.destination_kind import problems_of_settings
from customers.field_values.field_type import FieldType
from funnels.funnels.engine.capture import check_values
from funnels.funnels.engine.step import CaptureField, ControlType
from tests.campaigns.delivery.audience import Audience
from tests.campaigns.delivery.servers import Mailbox

ASKED = CaptureField("Email", "email", ControlType.EMAIL, FieldType.STRING)
GOOD = ["ana@example.com", "a.b+c@shop.example.org", "o'neil@example.org", "x@[127.0.0.1]", "Ana@EXAMPLE.org"]
# The first ten were good enough for funnels, and not for mails.
BAD = [
    *("ana@example", "a..b@example.org", ".a@example.org", "a.@example.org", "ana@-x.org", "ana@example.c"),
    *("ana@ex_ample.org", "ana@example..org", "añä@example.org", f"{'a' * 65}@{'b' * 250}.{'c' * 60}.org"),
    *("ana", "@example.org", "ana@", "a b@example.org", '"a\x01b"@example.org', "ana@example.org\nBcc: b@example.org"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("addresses", "outcome"), [(GOOD, Outcome.SENT), (BAD, Outcome.SKIPPED)])
def test_a_funnel_and_email_take_the_same_addresses(
    audience: Audience, mailbox: Mailbox, addresses: list[str], outcome: Outcome
) -> None:
    MessageTemplate.objects.create(organization=audience.organization, key="welcome", subject="Hello", text="Hello")
    server = {"host": "127.0.0.1", "port": mailbox.port, "encryption": "none", "concurrency": 1}
    audience.destination("email", settings={"from_address": "shop@example.org", **server})
    channel = channel_for(audience.says(ad_type="email_message"))
    for address in addresses:
        is_taken = not check_values((ASKED,), {"email": address}).refused
        recipient = replace(audience.recipients[0], attributes={"email": address})
        (result,) = channel.send(audience.message, [recipient])
        assert (address, is_taken, result.outcome) == (address, outcome is Outcome.SENT, outcome)
        problems = problems_of_settings("email", {"from_address": address}, {})
        assert bool(problems) == (outcome is not Outcome.SENT), address
