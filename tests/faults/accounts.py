"""The accounts of a delivery once the storm is over: the ledger, the reference and what the other side was given."""

from collections import Counter
from pathlib import Path

from django.db import connection

from campaigns.models import Delivery, Recipient
from campaigns.models.delivery import DeliveryState
from campaigns.models.recipient import RecipientState
from tests.faults.providers import keys_given

CONSENTS = {"known": "email_consent", "blind": "push_consent"}
# Members on one side only, in either direction, and customers that are members twice.
DIFFERENCE = """
SELECT count(*) FROM (
    SELECT id FROM customers_customer
    WHERE organization_id = %s AND attributes->>'state' = 'CA' AND consent AND {consent}
) reference
FULL JOIN (
    SELECT customer_id AS id, count(*) AS times FROM campaigns_recipient WHERE delivery_id = %s GROUP BY 1
) recipient USING (id)
WHERE reference IS NULL OR recipient IS NULL OR times > 1
"""


def wrong_with(delivery: Delivery, name: str, folder: Path) -> list[str]:
    """What is wrong with a delivery to the provider `name`, a sentence each."""
    members = dict(Recipient.objects.filter(delivery=delivery).values_list("key", "state"))
    sent = {key for key, state in members.items() if state == RecipientState.SENT}
    in_doubt = {key for key, state in members.items() if state == RecipientState.AMBIGUOUS}
    times = Counter(keys_given(folder / name))
    is_blind = name == "blind"
    found = {
        "the audience differs from the reference": _different(delivery, name) > 0,
        "the delivery is not complete": delivery.state != DeliveryState.COMPLETE,
        "the counts don't add up": (delivery.audience, delivery.sent, delivery.ambiguous, delivery.pending)
        != (len(members), len(sent), len(in_doubt), 0),
        "there is nobody in it": not members,
        "somebody is said to be sent what was never given": bool(sent - times.keys()),
        "something was given that nobody speaks of": bool(times.keys() - sent - in_doubt),
        "something was given twice": is_blind and max(times.values(), default=0) > 1,
        "somebody is in doubt though the other side knows keys": not is_blind and bool(in_doubt),
        "somebody is neither sent nor in doubt": len(sent) + len(in_doubt) != len(members),
    }
    return [f"{name}: {sentence}" for sentence, is_wrong in found.items() if is_wrong]


def _different(delivery: Delivery, name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENCE.format(consent=CONSENTS[name]), [delivery.organization_id, delivery.pk])
        number: int = cursor.fetchone()[0]
    return number
