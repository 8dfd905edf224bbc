"""The world of these tests, and an audience to hand to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.campaigns.delivery.audience import Audience, make_audience
from tests.campaigns.delivery.servers import Mailbox, World, http_world, mail_world


@pytest.fixture
def world() -> Iterator[World]:
    """An HTTP server."""
    with http_world() as running:
        yield running


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server."""
    with mail_world() as running:
        yield running


@pytest.fixture
def audience(db: None) -> Audience:  # noqa: ARG001
    """Three customers and the delivery whose audience they are."""
    return make_audience()


@pytest.fixture
def exports(tmp_path: Path, settings: Settings) -> Path:
    """The folder of audience files."""
    settings.EXPORT_ROOT = tmp_path
    audiences = settings.STORAGES["audiences"]
    settings.STORAGES = {
        **settings.STORAGES,
        "audiences": audiences | {"OPTIONS": audiences["OPTIONS"] | {"location": tmp_path}},
    }
    return tmp_path
