"""Whatever is sent to the endpoints of a channel, the answer is of the dialect, and never a fault; both formats."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.channels import make_banner, make_event, make_live_campaign, make_placeholder, make_popup
from tests.dialects.trace.caller import FORMS, Caller, Form, decoded

pytestmark = pytest.mark.django_db
PATHS = ("campaigns/sync-page", "campaigns/active", "campaigns/business-event")
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "email"]), inner)),
    max_leaves=6,
)
NAMES = [
    "app-token",
    "customer-id",
    "trail-id",
    "sync-popups",
    "page-location",
    "placeholders",
    "category",
    "group",
    "event-name",
    "context",
    "event-id",
    "force-funnel-restart?",
]


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), wrong=st.dictionaries(st.sampled_from(NAMES), values, max_size=3))
def test_no_body_is_a_fault(form: Form, path: str, wrong: dict[str, Any]) -> None:
    caller = Caller.of()
    make_banner(make_placeholder(caller.application, name="hero"))
    make_popup(caller.application)
    make_event(caller.application, make_live_campaign(caller.organization), name="event")
    right = {
        "app-token": caller.token,
        "trail-id": caller.visit("1", form),
        "customer-id": "1",
        "event-name": "event",
        "placeholders": [{"placeholder": "hero"}],
    }
    answer = caller.post(path, right | wrong, form)
    assert answer.status_code in {200, 202, 400, 404}, (answer.content, wrong)
    assert isinstance(decoded(answer), dict)


@pytest.mark.parametrize("path", PATHS)
def test_a_rivals_rows_are_out_of_reach(path: str) -> None:
    caller, rival = Caller.of(), Caller.of()
    make_banner(make_placeholder(rival.application, name="hero"))
    make_popup(rival.application)
    make_event(rival.application, make_live_campaign(rival.organization), name="event")
    body = {
        "app-token": caller.token,
        "customer-id": "1",
        "event-name": "event",
        "placeholders": [{"placeholder": "hero"}],
        "sync-popups": True,
    }
    stolen = caller.post(path, body | {"trail-id": rival.visit("1")})
    assert stolen.status_code == 404
    own = caller.post(path, body | {"trail-id": caller.visit("1")})
    assert own.status_code == 404 or decoded(own) in (
        {"campaigns": []},
        {"customer-id": "1", "popup": {}, "placeholders": []},
    )
