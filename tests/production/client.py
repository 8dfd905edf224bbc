"""A client of the management dialect that schedules one message, over HTTP as everybody does."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

TIMEOUT_SECONDS = 20


class Client:
    """Speaks for the application whose credentials `create_application` printed."""

    def __init__(self, address: str, credentials: Mapping[str, str]) -> None:
        self._base = f"{address}/priv/v1/apps/{credentials['API_KEY']}/management/"
        who = f"{credentials['API_KEY']}:{credentials['API_SECRET']}"
        self._headers = {
            "Authorization": f"Basic {base64.b64encode(who.encode()).decode()}",
            "Content-Type": "application/json",
        }

    def schedule_file(self) -> int:
        """Make a live campaign whose one message is due in two seconds; the id of its creative."""
        now = datetime.now(UTC)
        dates = {"starts_at": f"{now - timedelta(days=1):%FT%TZ}", "ends_at": f"{now + timedelta(days=9):%FT%TZ}"}
        live = {"name": "Production", "status": "live", **dates}
        campaign = self._create("campaigns", campaign=live)
        line_item = self._create(f"campaigns/{campaign}/line_items", line_item=live)
        group = self._create(f"line_items/{line_item}/creative_groups", creative_group=live)
        due = f"{now + timedelta(seconds=2):%FT%TZ}"
        types = {"ad_type": "issue_audience_csv", "creative_type": "issue-audience-csv"}
        message = {"issue_audience_csv": {"delivery_method": "scheduled", "scheduled_delivery_date": due}}
        creative = {"name": "Production", "status": "live", **types, **message}
        return self._create(f"creative_groups/{group}/creatives", creative=creative)

    def delivery(self, creative: int) -> dict[str, Any]:
        """How far the message is."""
        told: dict[str, Any] = json.loads(self._ask(f"creatives/{creative}/delivery"))["delivery"]
        return told

    def lines(self, creative: int) -> list[str]:
        """The file that was delivered."""
        return self._ask(f"creatives/{creative}/delivery/file").decode().splitlines()

    def _create(self, path: str, **body: Any) -> int:
        (wrapper,) = body
        answer = json.loads(self._ask(path, json.dumps(body).encode()))
        found = answer.get(wrapper) or answer[f"{wrapper}s"][0]
        return int(found["id"])

    def _ask(self, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(self._base + path, body, self._headers)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as refusal:
            raise AssertionError(f"{path}: {refusal.code} {refusal.read().decode()}") from refusal
