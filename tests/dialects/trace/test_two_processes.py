"""What was compiled in one process is not used after another process has changed it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.channels import make_banner, make_live_campaign, make_placeholder
from tests.dialects.trace.caller import Caller, accepted

ROOT = Path(__file__).resolve().parents[3]
PAUSE = """
import django
django.setup()
from campaigns.hierarchy.campaigns import update_campaign
from customers.models import Organization
update_campaign(
    organization=Organization.objects.get(pk={organization}), campaign_id={campaign}, changes={{"status": "paused"}}
)
"""


@pytest.mark.django_db(transaction=True)
def test_a_stale_definition_is_never_used(settings: Any) -> None:
    settings.DECISION_LOG = "off"
    caller = Caller.of()
    campaign = make_live_campaign(caller.organization)
    make_banner(make_placeholder(caller.application, name="hero"), campaign)
    body = {"app-token": caller.token, "trail-id": caller.visit("1"), "placeholders": [{"placeholder": "hero"}]}
    assert len(accepted(caller.post("campaigns/sync-page", body))["placeholders"]) == 1
    in_another_process(PAUSE.format(organization=caller.organization.pk, campaign=campaign.pk))
    assert accepted(caller.post("campaigns/sync-page", body))["placeholders"] == []


def in_another_process(program: str) -> None:
    """Run a program of Django's on the database of this test."""
    at = connection.connection.info
    url = f"postgresql://{at.user}@/{at.dbname}?host={at.host}&port={at.port}"
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=True, timeout=60)
