"""Three named actors, so that a test says who does what to whose."""

import pytest

from tests.dialects.management.actor import Actor
from tests.factories import Hierarchy


@pytest.fixture
def owner(db: None) -> Actor:  # noqa: ARG001
    """Application A of organization 1."""
    return Actor.of()


@pytest.fixture
def teammate(owner: Actor) -> Actor:
    """Application B of organization 1."""
    return Actor.of(owner.organization)


@pytest.fixture
def outsider(db: None) -> Actor:  # noqa: ARG001
    """The application of organization 2."""
    return Actor.of()


@pytest.fixture
def ours(owner: Actor) -> Hierarchy:
    """A campaign of organization 1 with one row at every level."""
    return owner.make_hierarchy()


@pytest.fixture
def theirs(outsider: Actor) -> Hierarchy:
    """A campaign of organization 2 with one row at every level."""
    return outsider.make_hierarchy()
