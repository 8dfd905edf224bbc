"""The vendor's own generated client against the running service: it checks every answer by type."""

import json
import subprocess
import sys
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.dialects.marketing_solutions import vendor_client
from tests.dialects.marketing_solutions.actor import Buyer


def call(live_server: LiveServer, buyer: Buyer) -> dict[str, Any]:
    """Run the vendor's client as a buyer would."""
    arguments = [live_server.url, buyer.application.api_key, buyer.secret, str(buyer.advertiser.pk)]
    command = [sys.executable, vendor_client.__file__, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)
    assert ended.returncode == 0, ended.stderr
    answers: dict[str, Any] = json.loads(ended.stdout)
    return answers


@pytest.mark.usefixtures("transactional_db")
def test_token_create_get_search_and_patch(live_server: LiveServer) -> None:
    buyer = Buyer.of()
    answers = call(live_server, buyer)
    created = answers["created"]["data"]
    limit = {"spend_limit_type": "capped", "spend_limit_renewal": "daily", "spend_limit_amount": {"value": 123.45}}
    attributes = {"name": "Vendor's", "advertiser_id": str(buyer.advertiser.pk), "spend_limit": limit}
    assert created["attributes"] == attributes | {"goal": "retention"}
    patched = answers["patched"]
    assert patched["data"] == [{"type": "Campaign", "id": created["id"]}]
    assert [(error["code"], error["instance"]) for error in patched["errors"]] == [("campaign-not-found", "@data/1")]
    limit["spend_limit_amount"] = {"value": 50.25}
    got = answers["got"]["data"]
    assert got["attributes"] == attributes | {"goal": "Retention"}
    assert answers["found"]["data"] == answers["everything"]["data"] == [got]
    assert answers["missing"]["status"] == 404
    assert answers["missing"]["errors"][0]["code"] == "campaign-not-found"
