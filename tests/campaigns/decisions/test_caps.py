"""Frequency caps where periods meet, where rules change, and where two customers become one; whoever counts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from campaigns.behaviors.events import record_events
from campaigns.behaviors.run import CustomerEvent
from campaigns.decisions.compiled import find_definition
from campaigns.decisions.engine import Context, History, Reason, Subject, first_failing
from campaigns.decisions.impressions import issue_impressions
from campaigns.decisions.participation import record_engagement
from campaigns.models import AdCampaign, Participation, Recipient
from campaigns.models.frequency import FrequencyPeriod, frequency_starts
from customers.customers.merging import identify
from customers.models import Customer, Organization
from customers.organizations.organizations import bump_version
from tests.campaigns.behaviors.makers import add_message, make_behavior
from tests.channels import make_live_campaign
from tests.factories import make_anonymous, make_customer, make_interaction, make_organization

pytestmark = pytest.mark.django_db
# A Monday that begins a month: every period but the lifetime begins at this instant.
BORDER = datetime(2026, 6, 1, tzinfo=UTC)
BEFORE, AFTER = BORDER - timedelta(seconds=1), BORDER + timedelta(seconds=1)
DAILY = {"frequency_cap": 1, "frequency_unit": "impressions", "frequency_period": "daily"}


@dataclass
class Capped:
    """A customer, a campaign with a cap, and whoever counts towards it: whether one more was let through."""

    campaign: AdCampaign
    customer: Customer
    counts: Callable[["Capped", datetime], bool]

    def at(self, now: datetime) -> bool:
        """Whether one more is let through at a moment."""
        return self.counts(self, now)

    @property
    def organization(self) -> Organization:
        """Read again: its version says what is to be read again."""
        return Organization.objects.get(pk=self.campaign.organization_id)

    def change(self, **cap: Any) -> None:
        """Change the campaign's cap."""
        AdCampaign.objects.filter(pk=self.campaign.pk).update(**cap)
        bump_version(organization=self.organization)


def shown(capped: Capped, now: datetime) -> bool:
    """By a page view whose decision let it pass."""
    organization = capped.organization
    definition = find_definition(organization_id=organization.pk, campaign_id=capped.campaign.pk)
    assert definition is not None
    offered = issue_impressions(
        organization=organization, customer_id=capped.customer.pk, campaigns=[definition.candidate], now=now
    )
    return bool(offered.tokens)


def written_to(capped: Capped, now: datetime) -> bool:
    """By a message that an event triggers."""
    before = Recipient.objects.count()
    event = CustomerEvent(capped.customer.pk, "buy", now)
    record_events(organization=capped.organization, events=[event], now=now)
    return Recipient.objects.count() > before


def make_capped(counts: Callable[[Capped, datetime], bool], **cap: Any) -> Capped:
    campaign = make_live_campaign(make_organization(), **DAILY | cap)
    add_message(make_behavior(campaign))
    return Capped(campaign, make_customer(campaign.organization), counts)


def engaged(capped: Capped, now: datetime) -> bool:
    """By beginning the funnel."""
    capped.change(frequency_unit="interactions")
    return record_engagement(interaction=make_interaction(capped.customer, capped.campaign), now=now)


WRITERS = pytest.mark.parametrize("writer", [shown, written_to, engaged])


@WRITERS
@pytest.mark.parametrize("period", ["daily", "weekly", "monthly"])
def test_a_late_impression_never_resets_a_count(writer: Any, period: str) -> None:
    capped = make_capped(writer, frequency_period=period)
    assert [capped.at(now) for now in (BEFORE, AFTER, BEFORE, AFTER)] == [True, True, False, False]
    counted = Participation.objects.get()
    assert (counted.capped_count, counted.capped_from) == (1, BORDER.date())


@WRITERS
def test_a_late_impression_counts_in_the_current_period(writer: Any) -> None:
    capped = make_capped(writer, frequency_cap=2)
    assert [capped.at(now) for now in (AFTER, BEFORE, AFTER)] == [True, True, False]


@WRITERS
@pytest.mark.parametrize("change", [{"frequency_period": "monthly"}, {"frequency_period": "lifetime"}])
def test_another_period_begins_a_new_count(writer: Any, change: dict[str, str]) -> None:
    capped = make_capped(writer)
    assert [capped.at(BORDER), capped.at(AFTER)] == [True, False]
    capped.change(**change)
    assert [capped.at(AFTER), capped.at(AFTER)] == [True, False]


@pytest.mark.parametrize("counts", [shown, engaged])
@pytest.mark.parametrize(
    "changes", [[{"frequency_period": "weekly"}], [{"frequency_period": "weekly"}, {"frequency_period": "daily"}]]
)
def test_an_impression_decided_before_the_cap_changed_resets_no_count(
    counts: Callable[[Capped, datetime], bool], changes: list[dict[str, str]]
) -> None:
    """Its decision was right when it was made, and is of the count that is over."""
    capped = make_capped(counts)
    organization = capped.organization
    old = find_definition(organization_id=organization.pk, campaign_id=capped.campaign.pk)
    assert old is not None
    for change in changes:
        capped.change(**change)
    assert capped.at(AFTER)
    offered = issue_impressions(
        organization=organization, customer_id=capped.customer.pk, campaigns=[old.candidate], now=AFTER
    )
    assert offered.tokens
    assert capped.at(AFTER) is False
    counted = Participation.objects.get()
    assert (counted.capped_count, counted.seen_count) == (1, 2 if counts is shown else 1)


def test_another_number_goes_on_counting() -> None:
    capped = make_capped(shown)
    assert capped.at(AFTER)
    capped.change(frequency_cap=2)
    assert [capped.at(AFTER), capped.at(AFTER)] == [True, False]


def test_another_creative_begins_a_new_count() -> None:
    capped = make_capped(shown, frequency_period="lifetime")
    assert capped.at(BORDER)
    assert _reason(capped) == Reason.FREQUENCY
    capped.change(frequency_unit="interactions")
    assert _reason(capped) is None


def _reason(capped: Capped) -> Reason | None:
    definition = find_definition(organization_id=capped.organization.pk, campaign_id=capped.campaign.pk)
    assert definition is not None
    own = Participation.objects.get()
    history = History(
        capped_count=own.capped_count,
        capped_from=own.capped_from.toordinal() if own.capped_from else 0,
        capped_rule=own.capped_rule or 0,
    )
    subject = Subject(capped.organization.pk, str(capped.customer.uuid), None, True, {capped.campaign.pk: history})
    context = Context(period_starts=frequency_starts(AFTER, ZoneInfo("UTC")))
    return first_failing(definition.candidate, subject, context, AFTER)


@pytest.mark.parametrize("period", FrequencyPeriod.values)
def test_what_decisions_and_the_database_count_agree(period: str) -> None:
    capped = make_capped(shown, frequency_cap=1000, frequency_period=period)
    rule, history = capped.campaign.frequency_rule, History()
    days = [0, 1, 0, 40, 3, 40, 41, 400, 7]
    for now in (BORDER + timedelta(days=day) for day in days):
        history = history.counting(rule, frequency_starts(now, ZoneInfo("UTC"))[period])
        assert capped.at(now)
        kept = Participation.objects.get()
        assert kept.capped_from is not None
        assert (kept.capped_count, kept.capped_from.toordinal(), kept.capped_rule) == history[4:]


TODAY, YESTERDAY = BORDER.date(), BORDER.date() - timedelta(days=1)
OLD_RULE, RULE = 0, 1
Count = tuple[int, date | None, int | None]
NOTHING: Count = (0, None, None)


@pytest.mark.parametrize(
    ("anonymous", "known", "united"),
    [
        ((2, TODAY, RULE), (3, TODAY, RULE), (5, TODAY, RULE)),
        ((2, YESTERDAY, RULE), (3, TODAY, RULE), (3, TODAY, RULE)),
        ((2, TODAY, RULE), (3, YESTERDAY, RULE), (2, TODAY, RULE)),
        ((2, TODAY, RULE), NOTHING, (2, TODAY, RULE)),
        ((2, TODAY, RULE), None, (2, TODAY, RULE)),
        (NOTHING, (3, TODAY, RULE), (3, TODAY, RULE)),
        # By a rule that the campaign has no longer: never in the place of a count by the present one.
        ((2, TODAY, OLD_RULE), (3, YESTERDAY, RULE), (3, YESTERDAY, RULE)),
        ((2, YESTERDAY, RULE), (3, TODAY, OLD_RULE), (2, YESTERDAY, RULE)),
        ((2, TODAY, OLD_RULE), None, NOTHING),
    ],
)
def test_merged_participations_have_the_count_of_the_later_period(
    anonymous: Count, known: Count | None, united: Count
) -> None:
    organization = make_organization()
    campaign = make_live_campaign(organization, **DAILY)
    source, target = make_anonymous(organization), make_customer(organization)
    for customer, count in ((source, anonymous), (target, known)):
        if count is not None:
            names = ("capped_count", "capped_from", "capped_rule")
            own = dict(zip(names, count, strict=True))
            Participation.objects.create(organization=organization, customer=customer, campaign=campaign, **own)
    identify(organization=organization, anonymous=source, customer_id=str(target.external_id))
    (row,) = Participation.objects.values_list("customer_id", "capped_count", "capped_from", "capped_rule")
    assert row == (target.pk, *united)
