"""Named actors, and a rate limit that is out of the way where a test doesn't speak of it."""

import pytest
from pytest_django import Settings

from tests.dialects.marketing_solutions.actor import Buyer


@pytest.fixture(autouse=True)
def _no_rate_limit(settings: Settings) -> None:
    settings.REQUESTS_PER_MINUTE = 0


@pytest.fixture
def buyer(db: None) -> Buyer:  # noqa: ARG001 (the database)
    """Application A of organization 1, with its advertiser."""
    return Buyer.of()


@pytest.fixture
def colleague(buyer: Buyer) -> Buyer:
    """Application B of organization 1, with another advertiser."""
    return Buyer.of(buyer.organization)


@pytest.fixture
def rival(db: None) -> Buyer:  # noqa: ARG001 (the database)
    """The application of organization 2."""
    return Buyer.of()
