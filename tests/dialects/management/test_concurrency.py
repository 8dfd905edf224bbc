"""Two requests at once: the constraints and locks hold, whichever of them comes first.

No luck is needed for a collision: the test holds the organization's row, whose version every write raises last. So each
writer gets as far as it can and waits; once the database says that all of them wait, the row is let go.
"""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from campaigns.models import AdCampaign, AdGroup, AdLineItem, AdUnit
from customers.models import Organization
from tests.dialects.management import bodies
from tests.dialects.management.actor import Actor
from tests.dialects.management.expected import accepted, refusal
from tests.factories import Credentials, Hierarchy, make_campaign, make_group, make_hierarchy

# PostgreSQL allows a hundred connections in all: tests with threads run one after the other.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("connections")]

DEADLINE = 10.0
Reply = tuple[int, dict[str, object]]
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock' AND state = 'active'
"""


def _waiting() -> int:
    with connection.cursor() as cursor:
        # Within a transaction PostgreSQL shows the first look at its activity again, unless told otherwise.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(WAITING)
        (count,) = cursor.fetchone()
    return int(count)


def _until_waiting(count: int) -> None:
    """Return once so many other connections wait for a lock; fail when they don't before the deadline."""
    deadline = time.monotonic() + DEADLINE
    while _waiting() < count:
        assert time.monotonic() < deadline, f"{_waiting()} of {count} writers wait"


@contextmanager
def _held(organization: Organization) -> Iterator[None]:
    """Nobody's write ends as long as this is held; readers and foreign keys are not disturbed."""
    with transaction.atomic():
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        yield


def _request(actor: Actor, method: str, path: str, body: object) -> Reply:
    """A request on a connection of its own, closed when it is answered."""
    try:
        # A client of its own: Django's test client is not for several threads.
        answer = Actor(Credentials(actor.application, actor.secret)).send(method, path, body)
        return answer.status_code, answer.json()
    finally:
        connection.close()


def _at_once(actor: Actor, *requests: tuple[str, str, object]) -> list[Reply]:
    """Send the requests one after the other, each while all before it are under way; their replies."""
    replies: list[Future[Reply]] = []
    with ThreadPoolExecutor(len(requests)) as pool:
        with _held(actor.organization):
            for number, (method, path, body) in enumerate(requests, start=1):
                replies.append(pool.submit(_request, actor, method, path, body))
                _until_waiting(number)
        return [reply.result(DEADLINE) for reply in replies]


def _one_of_two(replies: list[Reply], attribute: str | None = None) -> None:
    """One was accepted; the other is refused as it would have been a moment later."""
    statuses = sorted(str(body["status"]) for _, body in replies)
    assert statuses == ["error", "ok"], replies
    (refused,) = [body for _, body in replies if body["status"] == "error"]
    errors = refused["errors"]
    assert isinstance(errors, dict)
    assert errors["code"] == "validation"
    if attribute:
        assert errors["fields"].keys() == {attribute}
    assert {status for status, _ in replies} == {200}


def test_two_line_items(owner: Actor) -> None:
    campaign = make_campaign(owner.organization)
    path = f"campaigns/{campaign.pk}/line_items"
    _one_of_two(_at_once(owner, ("POST", path, bodies.line_item()), ("POST", path, bodies.line_item())))
    assert AdLineItem.objects.filter(campaign=campaign, deleted_at=None).count() == 1


def test_two_creatives(owner: Actor, ours: Hierarchy) -> None:
    group = make_group(ours.line_item)
    path = f"creative_groups/{group.pk}/creatives"
    _one_of_two(_at_once(owner, ("POST", path, bodies.creative()), ("POST", path, bodies.creative())))
    assert AdUnit.objects.filter(creative_group=group, deleted_at=None).count() == 1


@pytest.mark.parametrize("attribute", ["name", "permalink"])
def test_two_campaigns_of_one_name_or_permalink(owner: Actor, attribute: str) -> None:
    requests = [("POST", "campaigns", bodies.campaign(**{attribute: "same"})) for _ in range(2)]
    _one_of_two(_at_once(owner, *requests), attribute)
    assert AdCampaign.objects.filter(**{attribute: "same"}).count() == 1


def test_a_new_campaign_and_a_renamed_one(owner: Actor, ours: Hierarchy) -> None:
    rename = ("PUT", f"campaigns/{ours.campaign.pk}", {"campaign": {"name": "same"}})
    create = ("POST", "campaigns", bodies.campaign(name="same"))
    _one_of_two(_at_once(owner, rename, create), "name")
    assert AdCampaign.objects.filter(name="same").count() == 1


def test_two_organizations_don_t_wait_for_each_other(owner: Actor, outsider: Actor) -> None:
    with _held(owner.organization):
        accepted(outsider.post("campaigns", bodies.campaign(name="same")))
    accepted(owner.post("campaigns", bodies.campaign(name="same")))


def test_two_updates_of_one_campaign_both_stand(owner: Actor, ours: Hierarchy) -> None:
    path = f"campaigns/{ours.campaign.pk}"
    requests = [("PUT", path, {"campaign": change}) for change in ({"owner": "Ada"}, {"category": "seasonal"})]
    replies = _at_once(owner, *requests)
    assert {body["status"] for _, body in replies} == {"ok"}
    ours.campaign.refresh_from_db()
    assert (ours.campaign.owner, ours.campaign.category) == ("Ada", "seasonal")


def test_two_updates_of_one_creatives_message_both_stand(owner: Actor, ours: Hierarchy) -> None:
    path = f"creatives/{ours.creative.pk}"
    changes = ({"template_id": "template"}, {"orientation": "landscape"})
    _at_once(owner, *(("PUT", path, {"creative": {"issue_audience_csv": change}}) for change in changes))
    ours.creative.refresh_from_db()
    assert (ours.creative.template_id, ours.creative.orientation) == ("template", "landscape")


def test_two_deletes_of_one_campaign(owner: Actor, ours: Hierarchy) -> None:
    path = f"campaigns/{ours.campaign.pk}"
    replies = _at_once(owner, ("DELETE", path, None), ("DELETE", path, None))
    assert sorted(status for status, _ in replies) == [200, 404]
    ours.campaign.refresh_from_db()
    assert ours.campaign.name.count("[DELETED AT") == 1


def _deletes(ours: Hierarchy) -> list[str]:
    return [f"campaigns/{ours.campaign.pk}", f"line_items/{ours.line_item.pk}", f"creative_groups/{ours.group.pk}"]


def _creates(ours: Hierarchy) -> list[tuple[str, object]]:
    """Below the campaign, the container and the group, whose child was taken away."""
    return [
        (f"campaigns/{ours.campaign.pk}/line_items", bodies.line_item()),
        (f"line_items/{ours.line_item.pk}/creative_groups", bodies.creative_group()),
        (f"creative_groups/{ours.group.pk}/creatives", bodies.creative()),
    ]


def _living_below_deleted() -> int:
    living = {"deleted_at": None}
    return (
        AdLineItem.objects.filter(**living, campaign__deleted_at__isnull=False).count()
        + AdGroup.objects.filter(**living, line_item__deleted_at__isnull=False).count()
        + AdUnit.objects.filter(**living, creative_group__deleted_at__isnull=False).count()
    )


@pytest.mark.parametrize("delete_first", [True, False])
@pytest.mark.parametrize(("parent", "child"), [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)])
def test_a_delete_and_a_create_below_it(owner: Actor, parent: int, child: int, *, delete_first: bool) -> None:
    ours = make_hierarchy(owner.application)
    ours.creative.delete()
    if child == 0:
        ours.line_item.delete()
    delete = ("DELETE", _deletes(ours)[parent], None)
    create = ("POST", *_creates(ours)[child])
    replies = _at_once(owner, *((delete, create) if delete_first else (create, delete)))
    deleted, created = replies if delete_first else reversed(replies)
    assert deleted[0] == 200
    assert created[0] in ({404} if delete_first else {200})
    assert _living_below_deleted() == 0


def test_a_write_and_its_version_stamp_are_seen_together(owner: Actor, ours: Hierarchy) -> None:
    """A reader who sees the new version sees the write, and one who doesn't sees neither."""
    version = Organization.objects.get(pk=owner.organization.pk).version
    with ThreadPoolExecutor(1) as pool:
        with _held(owner.organization):
            reply = pool.submit(_request, owner, "PUT", f"campaigns/{ours.campaign.pk}", {"campaign": {"name": "New"}})
            _until_waiting(1)
            assert AdCampaign.objects.get(pk=ours.campaign.pk).name == ours.campaign.name
            assert Organization.objects.get(pk=owner.organization.pk).version == version
        assert reply.result(DEADLINE)[0] == 200
    assert AdCampaign.objects.get(pk=ours.campaign.pk).name == "New"
    assert Organization.objects.get(pk=owner.organization.pk).version == version + 1


def test_reads_never_wait(owner: Actor, ours: Hierarchy) -> None:
    with ThreadPoolExecutor(1) as pool:
        with _held(owner.organization):
            reply = pool.submit(_request, owner, "DELETE", f"campaigns/{ours.campaign.pk}", None)
            _until_waiting(1)
            accepted(owner.get("campaigns"))
            accepted(owner.get(f"campaigns/{ours.campaign.pk}/navigation"))
        assert reply.result(DEADLINE)[0] == 200
    refusal(owner.get(f"campaigns/{ours.campaign.pk}"), "not_found", 404)
