"""The callers of these tests: one of an organization, and one of another."""

from typing import Any

import pytest

from tests.dialects.trace.caller import FORMS, Caller, Form


@pytest.fixture
def caller(db: None) -> Caller:  # noqa: ARG001
    """An application with the REST platform."""
    return Caller.of()


@pytest.fixture
def rival(db: None) -> Caller:  # noqa: ARG001
    """The application of another organization."""
    return Caller.of()


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Form:
    """Each test that asks for it runs in EDN and in JSON."""
    chosen: Form = request.param
    return chosen


@pytest.fixture
def no_decision_log(settings: Any) -> None:
    """Decisions are not kept: a sample of them would write one row more, now and then."""
    settings.DECISION_LOG = "off"
