"""Contract 3's samples of Funnel steps, in EDN and in JSON, as pairs of files under `golden_funnel/`.

The contract names the members of each step and shows no values: these are the card upgrade's. Its tracking token is no
UUID, ours stands there instead; `step-id` is ours and made up anew each time.
"""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import edn_format
import pytest

from funnels.funnels.definitions import save_funnel
from tests.dialects.trace.caller import CONTENT_TYPES, MEDIA_TYPES, Caller, Form
from tests.factories import make_campaign, make_customer, make_interaction, make_trail
from tests.funnels.card_upgrade import make_schema, steps
from traces.models import Trail

GOLDEN = Path(__file__).parent / "golden_funnel"
TRAIL, CAMPAIGN, TOKEN = UUID("882252f3-fe70-4402-9195-639d8037f339"), 123123101, b"12312-21919-j1b3-121m-1212"
STEPS = ["message", "data-capture", "redirect"]


@pytest.fixture
def token(caller: Caller) -> bytes:
    """The samples' campaign, visit and offer; the token of the offer."""
    customer = make_customer(caller.organization, attributes={"first_name": "Jane"})
    make_schema(caller.organization)
    campaign = make_campaign(caller.organization, id=CAMPAIGN)
    save_funnel(organization=caller.organization, campaign_id=campaign.pk, steps=steps())
    Trail.objects.filter(pk=make_trail(customer, caller.application).pk).update(uuid=TRAIL)
    return str(make_interaction(customer, campaign).token).encode()


def _read(raw: bytes, form: Form) -> Any:
    return json.loads(raw) if form == "json" else edn_format.loads(raw.decode())


def _plain(document: object) -> Any:
    """Dictionaries and lists that can be compared and changed; keywords stay keywords."""
    if isinstance(document, dict | edn_format.ImmutableDict):
        return {key: _plain(value) for key, value in document.items()}
    if isinstance(document, list | edn_format.ImmutableList):
        return [_plain(value) for value in document]
    return document


def test_the_steps_of_the_samples(caller: Caller, form: Form, token: bytes) -> None:
    for name in STEPS:
        raw = (GOLDEN / name / f"request.{form}").read_bytes().replace(TOKEN, token)
        answer = caller.client.generic(
            "POST",
            "/api/campaigns/advance-funnel",
            raw,
            content_type=MEDIA_TYPES[form],
            headers={"Accept": MEDIA_TYPES[form]},
        )
        assert (answer.status_code, answer["Content-Type"]) == (200, CONTENT_TYPES[form]), answer.content
        actual = _plain(_read(answer.content, form))
        expected = _plain(_read((GOLDEN / name / f"response.{form}").read_bytes(), form))
        config, step_id = ("config", "step-id") if form == "json" else map(edn_format.Keyword, ("config", "step-id"))
        assert UUID(actual[config][step_id][:36])
        actual[config][step_id] = "generated"
        assert actual == expected


def test_every_sample_is_checked_in_both_formats() -> None:
    files = {f"{name}/{side}.{form}" for name in STEPS for side in ("request", "response") for form in ("edn", "json")}
    assert {str(path.relative_to(GOLDEN)) for path in GOLDEN.rglob("*.*")} == files
