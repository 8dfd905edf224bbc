"""Control groups: of every hundred customers, `holdout_percent` are never offered a campaign.

`is_held_out` in `campaigns/delivery/audience.sql` is the same rule over all customers; a test holds the two together.
"""

import hashlib

from campaigns.decisions.engine.candidate import Candidate
from campaigns.decisions.engine.subject import Subject


def is_held_out(candidate: Candidate, subject: Subject) -> bool:
    """Whether the customer is in the campaign's control group: always the same for the same two."""
    if not candidate.holdout_percent:
        return False
    return holdout_bucket(candidate.campaign_id, subject.identity) < candidate.holdout_percent * 100


def holdout_bucket(campaign_id: int, identity: str) -> int:
    """Which of a campaign's 10 000 buckets a customer is in."""
    digest = hashlib.sha256(f"{campaign_id}:{identity}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % 10_000
