"""Old rows are deleted kind by kind, in batches; rows that something still needs stay, and so do the counts."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as of_process
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.core.files.storage import storages
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from campaigns.delivery.channels.file import MANIFEST
from campaigns.delivery.recipients.resolve import Resolution, resolve_recipients
from campaigns.delivery.triggered_messages import defer_or_skip
from campaigns.models import (
    AudienceChunk,
    DecisionRecord,
    Delivery,
    Event,
    GoalProgressEvent,
    Interaction,
    Participation,
    Recipient,
)
from config.retention import KINDS, retire, retire_all
from config.tasks import retire_old_rows
from config.verification import all_checks, findings
from customers.customers.merging import identify
from customers.models import Customer, Organization, RetentionMark
from funnels.models import EventOccurrence, FunnelEntry, FunnelVersion
from tests.campaigns.delivery.scheduled import CSV, EMAIL, make_delivery, make_people, make_scheduled, work
from tests.channels import make_event
from tests.dialects.management.actor import Actor
from tests.factories import (
    make_achievement,
    make_anonymous,
    make_application,
    make_campaign,
    make_customer,
    make_goal,
    make_interaction,
    make_organization,
    make_trail,
)
from tests.together import together
from traces.models import Action, Trace, Trail

pytestmark = pytest.mark.django_db
DAYS = 10
SETTINGS = sorted({kind.setting for kind in KINDS})
Rows = Sequence[models.Model]
Planted = tuple[Rows, Rows]  # what goes, and what stays


@pytest.fixture
def old() -> datetime:
    """Older than what is kept."""
    return timezone.now() - timedelta(days=DAYS + 1)


@pytest.fixture
def young() -> datetime:
    """Not old enough."""
    return timezone.now() - timedelta(days=DAYS - 1)


@pytest.fixture
def on(settings: Settings) -> None:
    """Every kind has an end."""
    for name in SETTINGS:
        setattr(settings, name, DAYS)


def _retire_all(limit: int = 2) -> None:
    RetentionMark.objects.update(rests_until=None, after_id=0)
    busy = True
    while busy:
        busy = sum(retire(kind, limit=limit) for kind in KINDS) > 0


def _decisions(customer: Customer, old: datetime, young: datetime) -> Planted:
    def made(at: datetime) -> DecisionRecord:
        values = {"organization": customer.organization, "customer": customer, "source": "active", "version": 1}
        return DecisionRecord.objects.create(at=at, created_at=at, **values)

    return [made(old) for _ in range(5)], [made(young)]


def _visits(customer: Customer, old: datetime, young: datetime) -> Planted:
    def act(trail: Trail, at: datetime) -> Action:
        return Action.objects.create(
            organization=trail.organization, trail=trail, name="home", type="action", created_at=at
        )

    gone, busy, new = make_trail(customer), make_trail(customer), make_trail(customer)
    for trail in (gone, busy):
        Trail.objects.filter(pk=trail.pk).update(created_at=old)
        Trace.objects.filter(pk=trail.trace_id).update(created_at=old)
    return (
        [act(gone, old), act(gone, old), gone, gone.trace, act(busy, old)],
        [act(busy, young), busy, busy.trace, new, new.trace, act(new, young)],
    )


def _told(customer: Customer, old: datetime, _young: datetime) -> Planted:
    campaign, application = make_campaign(customer.organization), make_application(customer.organization).application
    event = make_event(application, campaign)

    def made(key: str | None) -> EventOccurrence:
        trace = Trace.objects.create(organization=customer.organization, customer=customer, application=application)
        Trace.objects.filter(pk=trace.pk).update(created_at=old)
        return EventOccurrence.objects.create(
            organization=customer.organization,
            customer=customer,
            event=event,
            campaign=campaign,
            trace=trace,
            token=make_interaction(customer, campaign).token,
            customer_reference="1",
            idempotency_key=key,
            created_at=old,
        )

    plain, repeatable = made(None), made("once")
    return [plain], [repeatable, repeatable.trace]


def _tokens(customer: Customer, old: datetime, _young: datetime) -> Planted:
    organization, now = customer.organization, timezone.now()
    over = make_campaign(organization, ends_at=old, starts_at=old - timedelta(days=1))
    deleted = make_campaign(organization, ends_at=now + timedelta(days=1), deleted_at=old)
    live = make_campaign(organization, ends_at=now + timedelta(days=1))
    just_over = make_campaign(organization, ends_at=now - timedelta(days=1))

    def made(campaign: Any, at: datetime = old) -> Interaction:
        interaction = make_interaction(customer, campaign)
        Interaction.objects.filter(pk=interaction.pk).update(created_at=at)
        key = {"organization": organization, "customer": customer, "campaign": campaign}
        participation, _ = Participation.objects.get_or_create(**key)
        participation.seen_count += 1
        participation.save()
        return interaction

    in_funnel = made(over)
    version = FunnelVersion.objects.create(organization=organization, campaign=over, number=1, definition={})
    FunnelEntry.objects.create(
        organization=organization, customer=customer, campaign=over, version=version, interaction=in_funnel
    )
    ended = made(live)
    Interaction.objects.filter(pk=ended.pk).update(closed_by="conversion")
    return (
        [made(over), made(over), made(deleted), ended],
        [in_funnel, made(live), made(just_over), made(over, now)],
    )


def _events(customer: Customer, old: datetime, young: datetime) -> Planted:
    organization = customer.organization
    behavior = make_achievement(make_campaign(organization))
    make_goal(behavior, internal_event_name="visit", period=60 * 86_400)
    make_goal(behavior, internal_event_name="login", consecutive=True, event_count=90)
    make_goal(behavior, internal_event_name="gone", period=60 * 86_400, deleted_at=old)

    def made(name: str, event_id: str | None = None, at: datetime = old) -> Event:
        key = {"organization": organization, "customer": customer, "name": name}
        return Event.objects.create(event_id=event_id, at=at, created_at=at, **key)

    return (
        [made("buy"), made("buy", "action:1"), made("buy", "business-event:1"), made("gone")],
        [made("buy", "7:mine"), made("visit"), made("login"), made("buy", None, young)],
    )


def _counters(customer: Customer, old: datetime, young: datetime) -> Planted:
    behavior = make_achievement(make_campaign(customer.organization))
    short = make_goal(behavior, min_time_between_events=60)
    long = make_goal(behavior, min_time_between_events=60 * 86_400)
    deleted = make_goal(behavior, deleted_at=old)

    def made(goal: Any, at: datetime = old, *, is_consumed: bool = True) -> GoalProgressEvent:
        key = {"organization": customer.organization, "customer": customer, "goal": goal}
        return GoalProgressEvent.objects.create(at=at, is_consumed=is_consumed, **key)

    return (
        [made(short), made(short), made(deleted, is_consumed=False)],
        [made(short, is_consumed=False), made(long), made(short, young)],
    )


def _changes(_customer: Customer, old: datetime, young: datetime) -> Planted:
    operator = get_user_model().objects.create()
    gone, stays = (
        LogEntry.objects.create(user=operator, action_flag=CHANGE, action_time=at, object_repr="a campaign")
        for at in (old, young)
    )
    return [gone], [stays]


@pytest.mark.usefixtures("on")
@pytest.mark.parametrize("plant", [_decisions, _visits, _told, _tokens, _events, _counters, _changes])
@pytest.mark.parametrize("limit", [2, 1000])
def test_what_is_old_goes_and_what_is_needed_stays(
    plant: Callable[[Customer, datetime, datetime], Planted], old: datetime, young: datetime, limit: int
) -> None:
    gone, stays = plant(make_customer(make_organization()), old, young)
    # What hangs on a row may go after it was looked at: then it goes with the next pass.
    for _ in range(2):
        _retire_all(limit)
    assert [row for row in gone if type(row)._base_manager.filter(pk=row.pk).exists()] == []
    assert [row for row in stays if not type(row)._base_manager.filter(pk=row.pk).exists()] == []


@pytest.mark.usefixtures("on")
def test_deleted_interactions_are_noted_in_participations_and_a_merge_keeps_the_note(
    old: datetime, young: datetime
) -> None:
    organization = make_organization()
    anonymous, known = make_anonymous(organization), make_customer(organization)
    gone, _ = _tokens(anonymous, old, young)
    _retire_all()
    marked = Participation.objects.filter(interactions_removed_at__isnull=False)
    assert set(marked.values_list("campaign_id", flat=True)) == {getattr(row, "campaign_id") for row in gone}  # noqa: B009
    counts = dict(Participation.objects.values_list("campaign_id", "seen_count"))
    identify(organization=organization, anonymous=anonymous, customer_id=known.external_id or "")
    assert marked.filter(customer=known).count() == 3
    assert dict(Participation.objects.values_list("campaign_id", "seen_count")) == counts


def _over(state: str, old: datetime, **message: object) -> Delivery:
    rows = make_scheduled(**(EMAIL | message))
    make_people(rows.campaign.organization, 9)
    make_delivery(rows)
    work()
    delivery = Delivery.objects.get(creative=rows.creative)
    Recipient.objects.filter(delivery=delivery).update(state="sent")
    Delivery.objects.filter(pk=delivery.pk).update(
        state=state, finished_at=old, sent=delivery.audience, failed=0, skipped=0
    )
    return Delivery.objects.get(pk=delivery.pk)


@pytest.fixture
def no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery stays where its audience is built."""
    monkeypatch.setattr("campaigns.delivery.deliver.channel_for", lambda _message: None)


@pytest.mark.usefixtures("on", "no_mail")
@pytest.mark.parametrize(
    ("state", "goes"), [("complete", True), ("cancelled", True), ("skipped", True), ("failed", False)]
)
def test_chunks_and_recipients_go_with_deliveries_that_are_over(old: datetime, state: str, *, goes: bool) -> None:
    delivery = _over(state, old)
    doubtful = Recipient.objects.filter(delivery=delivery)[0]
    Recipient.objects.filter(pk=doubtful.pk).update(state="ambiguous")
    Delivery.objects.filter(pk=delivery.pk).update(sent=delivery.audience - 1, ambiguous=1)
    counts = Delivery.objects.values("audience", "sent", "failed", "skipped", "ambiguous", "chunks", "chunks_done")
    before = counts.get(pk=delivery.pk)
    _retire_all()
    left = set(Recipient.objects.filter(delivery=delivery).values_list("pk", flat=True))
    delivery.refresh_from_db()
    assert counts.get(pk=delivery.pk) == before
    assert (left == {doubtful.pk}, AudienceChunk.objects.filter(delivery=delivery).exists()) == (goes, not goes)
    assert (delivery.recipients_removed_at is not None, delivery.chunks_removed_at is not None) == (goes, goes)
    assert [str(finding) for check in all_checks() for finding in findings(check)] == []
    work()
    assert Delivery.objects.count() == 1
    assert Recipient.objects.filter(delivery=delivery).count() == len(left)
    # The operator's word still counts.
    assert resolve_recipients(organization=delivery.organization, keys=[doubtful.pk], resolution=Resolution.SENT) == 1
    _retire_all()
    assert Recipient.objects.filter(delivery=delivery).exists() != goes


@pytest.mark.usefixtures("on", "no_mail")
def test_nothing_is_deleted_of_a_delivery_that_has_just_finished(young: datetime) -> None:
    delivery = _over("complete", young)
    _retire_all()
    assert Recipient.objects.filter(delivery=delivery).count() == delivery.audience
    assert AudienceChunk.objects.filter(delivery=delivery).exists()


@pytest.mark.usefixtures("on")
def test_recipients_of_triggered_messages_go_by_the_time_at_which_they_were_settled(old: datetime) -> None:
    rows = make_scheduled(delivery_method="triggered", **EMAIL)
    organization = rows.campaign.organization
    key = {"organization": organization, "creative": rows.creative}
    made = [Recipient.objects.create(customer=make_customer(organization), due_at=old, **key) for _ in range(4)]
    defer_or_skip(creative_id=rows.creative.pk, state="skipped", error="over")
    assert set(Recipient.objects.values_list("state", flat=True)) == {"skipped"}
    _retire_all()
    assert Recipient.objects.count() == 4
    waiting, doubtful, *settled = (each.pk for each in made)
    Recipient.objects.update(due_at=old)
    Recipient.objects.filter(pk=waiting).update(state="pending")
    Recipient.objects.filter(pk=doubtful).update(state="ambiguous")
    _retire_all()
    assert set(Recipient.objects.values_list("pk", flat=True)) == {waiting, doubtful}
    assert len(settled) == 2


@pytest.mark.usefixtures("on")
def test_audience_files_are_deleted_with_their_manifests_and_the_api_says_so(
    settings: Settings, tmp_path: Path, old: datetime
) -> None:
    settings.EXPORT_ROOT = tmp_path
    folder = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "audiences": folder}
    owner = Actor.of()
    rows = make_scheduled(owner.organization, **CSV)
    make_people(owner.organization, 6)
    delivery = make_delivery(rows)
    work()
    delivery.refresh_from_db()
    place = f"creatives/{rows.creative.pk}/delivery"
    assert delivery.file_name
    assert owner.get(f"{place}/file").getvalue()
    _retire_all()
    assert owner.get(f"{place}/file").getvalue()
    Delivery.objects.update(finished_at=old)
    _retire_all()
    _retire_all()
    assert not any(storages["audiences"].exists(name) for name in (delivery.file_name, delivery.file_name + MANIFEST))
    assert owner.get(f"{place}/file").status_code == 404
    shown = owner.get(place).json()["delivery"]
    assert (shown["file"], shown["counts"]["sent"]) == (None, delivery.sent)
    assert RetentionMark.objects.get(kind="audience files").removed == 1


def test_only_decisions_are_deleted_by_default(old: datetime, young: datetime) -> None:
    customer = make_customer(make_organization())
    assert {name: getattr(of_process, name) for name in SETTINGS if getattr(of_process, name)} == {
        "RETAIN_DECISIONS_DAYS": 30
    }
    longer_ago = old - timedelta(days=30)
    for plant in (_visits, _told, _tokens, _events, _counters):
        plant(customer, longer_ago, young)
    gone, _ = _decisions(customer, longer_ago, young)
    kept = [Action, Trail, Trace, Interaction, Event, EventOccurrence, GoalProgressEvent]
    before = [model._base_manager.count() for model in kept]
    retire_old_rows()
    assert DecisionRecord.objects.count() == 1
    assert RetentionMark.objects.get().removed == len(gone)
    assert [model._base_manager.count() for model in kept] == before


@pytest.mark.usefixtures("on")
def test_a_bite_is_bounded_and_a_pass_rests_once_it_is_through(old: datetime, young: datetime) -> None:
    customer = make_customer(make_organization())
    for _ in range(3):
        _decisions(customer, old, old)
    decisions = next(kind for kind in KINDS if kind.name == "decisions")
    now = timezone.now()
    for left in (14, 10, 6):
        with CaptureQueriesContext(connection) as captured:
            assert retire(decisions, now=now, limit=4)
        assert DecisionRecord.objects.count() == left
        assert sum("campaigns_decisionrecord" in query["sql"] for query in captured) == 1
    while retire(decisions, now=now, limit=4):
        pass
    mark = RetentionMark.objects.get()
    assert (DecisionRecord.objects.count(), mark.removed, mark.after_id) == (0, 18, 0)
    _decisions(customer, old, young)
    assert not retire(decisions, now=now + timedelta(minutes=59))
    assert retire(decisions, now=now + timedelta(minutes=61))
    assert DecisionRecord.objects.count() == 1


@pytest.mark.usefixtures("on")
@pytest.mark.django_db(transaction=True)
def test_deletion_skips_locked_rows(old: datetime, young: datetime) -> None:
    organization = Organization.objects.create(name="Acme")
    gone, _ = _tokens(make_customer(organization), old, young)
    kind = next(kind for kind in KINDS if kind.name == "interactions")

    def others() -> int:
        with transaction.atomic():
            Participation.objects.select_for_update().filter(campaign_id=getattr(gone[0], "campaign_id")).first()  # noqa: B009
            return together([lambda: retire(kind)])[0]

    assert others()
    left = set(Interaction.objects.filter(pk__in=[row.pk for row in gone]).values_list("pk", flat=True))
    assert left == {gone[0].pk, gone[1].pk}
    _retire_all()
    assert not Interaction.objects.filter(pk__in=left).exists()


@pytest.mark.usefixtures("on")
def test_work_stops_when_its_time_is_over(old: datetime, young: datetime) -> None:
    _decisions(make_customer(make_organization()), old, young)
    retire_all(until=timezone.now())
    assert DecisionRecord.objects.count() == 6
