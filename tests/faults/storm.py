"""The long fault test itself: two deliveries, a worker under fire, and the accounts afterwards."""

import random
import sys
import time
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, connections

from campaigns.models import AudienceJob, AudienceMember
from campaigns.models.ad_type import AdType, CreativeType
from campaigns.models.audience_job import OVER
from customers.services.generation import generate_customers
from tests.campaigns.audiences.scheduled import EMAIL, make_job, make_scheduled
from tests.factories import make_organization, make_target
from tests.faults.worker import Worker

PUSH: dict[str, Any] = {"ad_type": AdType.PUSH_MESSAGE, "creative_type": CreativeType.MESSAGING_PLATFORM_PUSH}
CONSENTS = {"known": "email_consent", "blind": "push_consent"}
PATIENCE_SECONDS = 1800
# Members on one side only, in either direction.
DIFFERENCE = """
SELECT count(*) FROM (
    SELECT id FROM customers_customer
    WHERE organization_id = %s AND attributes->>'state' = 'CA' AND consent AND {consent}
) reference
FULL JOIN (SELECT customer_id AS id FROM campaigns_audiencemember WHERE job_id = %s) member USING (id)
WHERE reference IS NULL OR member IS NULL
"""


class Storm:
    """Customers, two scheduled messages for a quarter of them, and who is killed."""

    def __init__(self, customers: int, folder: Path) -> None:
        self._organization = make_organization()
        for made in generate_customers(organization=self._organization, number=customers):
            self._tell(f"{made:,} customers")
        self._folder = folder
        self._jobs = {name: self._scheduled(message) for name, message in (("known", EMAIL), ("blind", PUSH))}

    def run(self, seconds: float) -> bool:
        """Kill the worker at random for so long, then let it finish; true where the accounts are wrong."""
        worker = Worker(
            self._folder, redis_url=settings.REDIS_URL, beats=2, AUDIENCE_CHUNK="5000", PROVIDER_BATCH="500"
        )
        source, until, kills = random.Random(7), time.monotonic() + seconds, 0
        try:
            while not self._is_over() and time.monotonic() < until + PATIENCE_SECONDS:
                pause = source.uniform(2, 8)
                if time.monotonic() < until:
                    time.sleep(pause)
                    worker.revive()
                    kills += 1
                else:
                    time.sleep(1)
                self._tell(f"{kills} kills, {[(job.state, job.progress) for job in self._jobs.values()]}")
        finally:
            worker.kill()
        wrong = [sentence for name in self._jobs for sentence in self._wrong(name)]
        self._tell(f"{kills} kills; " + ("; ".join(wrong) or "nothing lost, nothing twice"))
        return bool(wrong)

    def _scheduled(self, message: dict[str, Any]) -> AudienceJob:
        rows = make_scheduled(self._organization, **message)
        make_target(rows.bundle, attribute="state", operator="in", values=["CA"])
        return make_job(rows)

    def _is_over(self) -> bool:
        connections.close_all()
        for job in self._jobs.values():
            job.refresh_from_db()
        return all(job.state in OVER for job in self._jobs.values())

    def _wrong(self, name: str) -> list[str]:
        job = self._jobs[name]
        with connection.cursor() as cursor:
            cursor.execute(DIFFERENCE.format(consent=CONSENTS[name]), [self._organization.pk, job.pk])
            different = cursor.fetchone()[0]
        sent = set(AudienceMember.objects.filter(job=job, state="sent").values_list("key", flat=True))
        given = Counter(uuid.UUID(line) for line in (self._folder / name).read_text().split())
        twice = sum(1 for times in given.values() if times > 1)
        found = {
            "the audience differs from the reference": different > 0,
            "the delivery is not complete": job.state != "complete",
            "the counts don't add up": job.pending != 0 or job.sent != len(sent),
            "somebody is said to be sent what was never given": bool(sent - given.keys()),
            "something was given twice": name == "blind" and twice > 0,
            "somebody is in doubt though the other side knows keys": name == "known" and job.ambiguous > 0,
            "somebody was given what nobody speaks of": name == "known" and len(given) != job.audience,
        }
        return [f"{name}: {sentence}" for sentence, is_wrong in found.items() if is_wrong]

    def _tell(self, step: str) -> None:
        sys.stderr.write(f"{step}\n")
