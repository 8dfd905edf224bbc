"""The accounts of a delivery once the storm is over: the ledger, the reference and what the other side was given."""

from collections import Counter
from pathlib import Path

from django.db import connection

from campaigns.models import AudienceJob, AudienceMember
from campaigns.models.audience_job import JobState
from campaigns.models.audience_member import MemberState
from tests.faults.providers import keys_given

CONSENTS = {"known": "email_consent", "blind": "push_consent"}
# Members on one side only, in either direction, and customers that are members twice.
DIFFERENCE = """
SELECT count(*) FROM (
    SELECT id FROM customers_customer
    WHERE organization_id = %s AND attributes->>'state' = 'CA' AND consent AND {consent}
) reference
FULL JOIN (
    SELECT customer_id AS id, count(*) AS times FROM campaigns_audiencemember WHERE job_id = %s GROUP BY 1
) member USING (id)
WHERE reference IS NULL OR member IS NULL OR times > 1
"""


def wrong_with(job: AudienceJob, name: str, folder: Path) -> list[str]:
    """What is wrong with a delivery to the provider `name`, a sentence each."""
    members = dict(AudienceMember.objects.filter(job=job).values_list("key", "state"))
    sent = {key for key, state in members.items() if state == MemberState.SENT}
    in_doubt = {key for key, state in members.items() if state == MemberState.AMBIGUOUS}
    times = Counter(keys_given(folder / name))
    is_blind = name == "blind"
    found = {
        "the audience differs from the reference": _different(job, name) > 0,
        "the delivery is not complete": job.state != JobState.COMPLETE,
        "the counts don't add up": (job.audience, job.sent, job.ambiguous, job.pending)
        != (len(members), len(sent), len(in_doubt), 0),
        "there is nobody in it": not members,
        "somebody is said to be sent what was never given": bool(sent - times.keys()),
        "something was given that nobody speaks of": bool(times.keys() - sent - in_doubt),
        "something was given twice": is_blind and max(times.values(), default=0) > 1,
        "somebody is in doubt though the other side knows keys": not is_blind and bool(in_doubt),
        "somebody is neither sent nor in doubt": len(sent) + len(in_doubt) != len(members),
    }
    return [f"{name}: {sentence}" for sentence, is_wrong in found.items() if is_wrong]


def _different(job: AudienceJob, name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(DIFFERENCE.format(consent=CONSENTS[name]), [job.organization_id, job.pk])
        number: int = cursor.fetchone()[0]
    return number
