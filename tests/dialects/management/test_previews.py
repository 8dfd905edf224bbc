"""An organization has few previews made at a time, over all processes, and none for longer than its bound."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Barrier, Event

import pytest
from django.db import connection, connections
from pytest_django import Settings

from customers.bounds import Work
from customers.models import Organization
from customers.organizations.concurrency import concurrency_slot
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import refusal
from tests.factories import make_customer

pytestmark = pytest.mark.django_db(transaction=True)
PREVIEWS = ("campaigns/{0.campaign.pk}", "creative_groups/{0.group.pk}", "creatives/{0.creative.pk}")


@pytest.fixture(autouse=True)
def _threads(settings: Settings) -> None:
    """Many: the bounds of organizations are what is met."""
    settings.WEB_THREADS = 10


@contextmanager
def turns_taken(organization: Organization, number: int) -> Iterator[None]:
    """So many previews are being made, each in a thread and on a connection of its own."""
    all_there, over = Barrier(number + 1, timeout=30), Event()

    def preview() -> None:
        try:
            with concurrency_slot(organization=organization, what="previews", most=number):
                all_there.wait()
                assert over.wait(30)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        previews = [pool.submit(preview) for _ in range(number)]
        all_there.wait()
        try:
            yield
        finally:
            over.set()
            for each in previews:
                each.result(30)


@pytest.mark.parametrize("level", PREVIEWS)
def test_one_more_is_429_and_others_have_their_own(
    owner: Actor, outsider: Actor, settings: Settings, level: str
) -> None:
    ours, theirs = owner.make_hierarchy(), outsider.make_hierarchy()
    make_customer(owner.organization)
    settings.PREVIEWS_AT_A_TIME = 3
    with turns_taken(owner.organization, 3):
        refused = owner.post(f"{level.format(ours)}/audience/preview")
        assert refusal(refused, "too_many_at_a_time", 429) == {}
        assert int(refused["Retry-After"]) > 0
        assert outsider.post(f"{level.format(theirs)}/audience/preview").status_code == 200
        settings.PREVIEWS_AT_A_TIME = 4
        assert owner.post(f"{level.format(ours)}/audience/preview").status_code == 200
    settings.PREVIEWS_AT_A_TIME = 1
    for _ in range(3):
        answer = owner.post(f"{level.format(ours)}/audience/preview")
        assert answer.json()["audience"]["count"] == 1, "whoever has had a turn gives it back"


def test_organizations_together_leave_a_thread_of_the_process_free(
    owner: Actor, outsider: Actor, settings: Settings
) -> None:
    path = f"campaigns/{owner.make_hierarchy().campaign.pk}/audience/preview"
    settings.WEB_THREADS = 3
    with turns_taken(outsider.organization, 1):
        assert owner.post(path).status_code == 200
        with turns_taken(Actor.of().organization, 1):
            refused = owner.post(path)
            assert refusal(refused, "too_many_at_a_time", 429) == {}
            assert int(refused["Retry-After"]) > 0
    settings.WEB_THREADS = 1
    for _ in range(2):
        assert owner.post(path).status_code == 200, "alone it has its place, and gives it back"


def test_what_is_not_there_is_no_preview(owner: Actor, settings: Settings) -> None:
    settings.PREVIEWS_AT_A_TIME = 1
    with turns_taken(owner.organization, 1):
        assert refusal(owner.post("campaigns/0/audience/preview"), "not_found", 404) == {}


def test_one_that_takes_too_long_is_503(owner: Actor, settings: Settings) -> None:
    ours = owner.make_hierarchy()
    make_customer(owner.organization)
    before = settings.STATEMENT_TIMEOUT_SECONDS
    settings.LOCK_TIMEOUT_SECONDS = settings.LOCK_TIMEOUT_SECONDS | {Work.PREVIEW.value: 0}
    path = f"campaigns/{ours.campaign.pk}/audience/preview"
    assert owner.post(path).status_code == 200, "its rules are known now"
    with locked_customers():
        # Whichever statement of the preview comes to it: this one never would end.
        settings.STATEMENT_TIMEOUT_SECONDS = before | {Work.PREVIEW.value: 1}
        answer = owner.post(path)
        assert refusal(answer, "service_unavailable", 503) == {}
        assert int(answer["Retry-After"]) > 0
    settings.STATEMENT_TIMEOUT_SECONDS = before
    assert owner.post(path).status_code == 200


@contextmanager
def locked_customers() -> Iterator[None]:
    """Somebody else lets nobody read customers meanwhile."""
    other = connection.copy()
    with closing(other):
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("LOCK TABLE customers_customer IN ACCESS EXCLUSIVE MODE")
        yield
