"""The ledger: caps are exact under any concurrency, totals are the sums of entries."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import AdCampaign, SpendEntry, SpendLimit, SpendTotal
from campaigns.models.spend import period_start
from campaigns.models.spend_limit import UNCAPPED, Limit
from campaigns.spend.ledger import book_correction, record_spend
from campaigns.spend.limits import BELOW_SPENT, set_spend_limit
from customers.errors import DomainError
from customers.models import Organization
from tests.factories import make_campaign, make_organization
from tests.together import wait_for_connections

# Half past eleven in the evening of the 31st of January in New York, where it is February already in UTC.
NIGHT = datetime(2026, 2, 1, 4, 30, tzinfo=UTC)
DAILY = Limit("capped", "daily", Decimal("100.00"))


@pytest.fixture
def campaign(db: None) -> AdCampaign:  # noqa: ARG001
    return make_campaign(make_organization(time_zone="America/New_York"))


def spend(campaign: AdCampaign, amount: str, at: datetime = NIGHT, **options: Any) -> SpendEntry:
    """Charge a campaign."""
    return record_spend(organization=campaign.organization, campaign=campaign, amount=Decimal(amount), at=at, **options)


def limit(campaign: AdCampaign, wanted: Limit, now: datetime = NIGHT) -> SpendLimit:
    """Set a limit."""
    return set_spend_limit(organization=campaign.organization, campaign_id=campaign.pk, limit=wanted, now=now)


def spent(campaign: AdCampaign, period: str, at: datetime = NIGHT) -> Decimal:
    """What is spent in a period."""
    starts_on = period_start(period, at, campaign.organization.zone)
    found = SpendTotal.objects.filter(campaign=campaign, period=period, starts_on=starts_on)
    return found.values_list("amount", flat=True).first() or Decimal(0)


def refused(campaign: AdCampaign, amount: str, at: datetime = NIGHT) -> str:
    """The code with which a charge is refused; it leaves nothing behind."""
    before = list(SpendTotal.objects.values()), SpendEntry.objects.count()
    with pytest.raises(DomainError) as refusal:
        spend(campaign, amount, at)
    assert (list(SpendTotal.objects.values()), SpendEntry.objects.count()) == before
    return refusal.value.code


def test_periods_are_those_of_the_organizations_calendar(campaign: AdCampaign) -> None:
    spend(campaign, "1.5")
    spend(campaign, "2.25", NIGHT + timedelta(hours=1))
    assert [spent(campaign, period) for period in ("daily", "monthly", "lifetime")] == [
        Decimal("1.5"),
        Decimal("1.5"),
        Decimal("3.75"),
    ]
    later = NIGHT + timedelta(hours=1)
    assert [spent(campaign, period, later) for period in ("daily", "monthly")] == [Decimal("2.25")] * 2


@pytest.mark.parametrize(("renewal", "again"), [("daily", 1), ("monthly", 1), ("lifetime", None)])
def test_a_cap_is_exact_to_the_cent_and_renews(campaign: AdCampaign, renewal: str, again: int | None) -> None:
    limit(campaign, Limit("capped", renewal, Decimal("10.00")))
    spend(campaign, "9.99")
    assert refused(campaign, "0.010001") == "spend_limit_reached"
    spend(campaign, "0.01")
    assert refused(campaign, "0.000001") == "spend_limit_reached"
    next_period = NIGHT + timedelta(hours=1)
    if again:
        spend(campaign, "10", next_period)
    else:
        assert refused(campaign, "0.01", next_period) == "spend_limit_reached"


def test_a_limit_below_the_spend_takes_effect_the_next_day(campaign: AdCampaign) -> None:
    limit(campaign, DAILY)
    spend(campaign, "80")
    assert str(limit(campaign, Limit("capped", "daily", Decimal(50))).takes_effect_on) == "2026-02-01"
    spend(campaign, "20")
    tomorrow = NIGHT + timedelta(hours=1)
    assert refused(campaign, "50.01", tomorrow) == "spend_limit_reached"
    spend(campaign, "50", tomorrow)
    kept, zone = SpendLimit.objects.get(campaign=campaign), campaign.organization.zone
    assert kept.in_force_on(NIGHT.astimezone(zone).date()) == DAILY
    assert kept.in_force_on(tomorrow.astimezone(zone).date()).amount == 50


@pytest.mark.parametrize(("renewal", "takes_effect_on"), [("daily", "2026-02-02"), ("monthly", "2026-03-01")])
def test_a_late_change_is_judged_in_the_current_period(
    campaign: AdCampaign, renewal: str, takes_effect_on: str
) -> None:
    midnight, second = datetime(2026, 2, 1, 5, tzinfo=UTC), timedelta(seconds=1)
    limit(campaign, Limit("capped", renewal, Decimal(100)))
    spend(campaign, "80", midnight + second)
    late = limit(campaign, Limit("capped", renewal, Decimal(50)), now=midnight - second)
    assert str(late.takes_effect_on) == takes_effect_on
    spend(campaign, "20", midnight + second)
    assert refused(campaign, "0.01", midnight + second) == "spend_limit_reached"
    later = limit(campaign, Limit("capped", renewal, Decimal(40)), now=midnight - second)
    assert (str(later.takes_effect_on), later.amount_before) == (takes_effect_on, Decimal(100))


def test_an_uncapped_campaign_that_gets_a_low_cap_stays_uncapped_until_then(campaign: AdCampaign) -> None:
    spend(campaign, "500")
    assert limit(campaign, DAILY).in_force_on(NIGHT.date() - timedelta(days=1)) == UNCAPPED
    spend(campaign, "500")
    assert refused(campaign, "100.01", NIGHT + timedelta(days=1)) == "spend_limit_reached"


def test_a_lifetime_limit_below_the_spend_is_refused(campaign: AdCampaign) -> None:
    spend(campaign, "80")
    with pytest.raises(DomainError) as refusal:
        limit(campaign, Limit("capped", "lifetime", Decimal("79.99")))
    assert refusal.value.code == BELOW_SPENT
    assert limit(campaign, Limit("capped", "lifetime", Decimal(80))).takes_effect_on is None


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity", "-Infinity", "1e11", "0.0000001", "1e-30"])
def test_invalid_amounts_are_refused(campaign: AdCampaign, amount: str) -> None:
    assert refused(campaign, amount) == "validation"


@pytest.mark.parametrize(
    "wanted",
    [
        Limit("capped", "daily", None),
        Limit("capped", "undefined", Decimal(5)),
        Limit("uncapped", "daily", None),
        Limit("uncapped", "undefined", Decimal(5)),
        Limit("capped", "daily", Decimal("5.001")),
        Limit("capped", "daily", Decimal("NaN")),
        Limit("some", "daily", Decimal(5)),
        Limit("capped", "weekly", Decimal(5)),
    ],
)
def test_inconsistent_limits_are_refused(campaign: AdCampaign, wanted: Limit) -> None:
    with pytest.raises(DomainError):
        limit(campaign, wanted)
    assert not SpendLimit.objects.exists()


def test_an_idempotency_key_is_booked_once(campaign: AdCampaign) -> None:
    first = spend(campaign, "5", idempotency_key="a")
    assert spend(campaign, "5", idempotency_key="a") == first
    assert spent(campaign, "daily") == 5
    with pytest.raises(DomainError) as refusal:
        spend(campaign, "6", idempotency_key="a")
    assert refusal.value.code == "idempotency_key_reused"
    other = make_campaign(campaign.organization)
    assert spend(other, "5", idempotency_key="a") != first


def test_corrections_change_the_totals(campaign: AdCampaign) -> None:
    limit(campaign, DAILY)
    spend(campaign, "90")

    def correct(amount: str) -> SpendEntry:
        return book_correction(
            organization=campaign.organization, campaign=campaign, amount=Decimal(amount), at=NIGHT, note="why"
        )

    correct("-30")
    assert spent(campaign, "daily") == spent(campaign, "lifetime") == 60
    correct("40")
    for amount in ("0.01", "-100.01", "0", "NaN"):
        with pytest.raises(DomainError):
            correct(amount)
    assert spent(campaign, "monthly") == 100
    assert list(SpendEntry.objects.filter(is_correction=True).values_list("note", flat=True)) == ["why", "why"]


def test_another_organizations_or_a_deleted_campaign(campaign: AdCampaign) -> None:
    rival = make_organization()
    with pytest.raises(DomainError, match="not found"):
        record_spend(organization=rival, campaign=campaign, amount=Decimal(5), at=NIGHT)
    with pytest.raises(DomainError, match="not found"):
        set_spend_limit(organization=rival, campaign_id=campaign.pk, limit=DAILY, now=NIGHT)
    spend(campaign, "5")
    AdCampaign.objects.update(deleted_at=NIGHT)
    assert refused(campaign, "5") == "not_found"


def test_a_charge_is_undone_with_the_callers_transaction(campaign: AdCampaign) -> None:
    def charge_and_fail() -> None:
        with transaction.atomic():
            spend(campaign, "5")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        charge_and_fail()
    assert not SpendTotal.objects.exists()


@given(charges=st.lists(st.tuples(st.integers(-300, 900), st.integers(0, 40 * 24)), max_size=25))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_totals_are_the_sums_of_the_entries(campaign: AdCampaign, charges: list[tuple[int, int]]) -> None:
    SpendEntry.objects.all().delete()
    SpendTotal.objects.all().delete()
    limit(campaign, UNCAPPED)
    limit(campaign, Limit("capped", "monthly", Decimal(20)))
    for cents, hours in charges:
        book = book_correction if cents < 0 else record_spend
        options: dict[str, Any] = {"note": ""} if cents < 0 else {}
        try:
            book(
                organization=campaign.organization,
                campaign=campaign,
                amount=Decimal(cents) / 100,
                at=NIGHT + timedelta(hours=hours),
                **options,
            )
        except DomainError:
            continue
    entries = list(SpendEntry.objects.all())
    zone = campaign.organization.zone
    for total in SpendTotal.objects.all():
        assert total.amount >= 0
        assert total.period != "monthly" or total.amount <= 20
        counted = [entry for entry in entries if period_start(total.period, entry.at, zone) == total.starts_on]
        assert total.amount == sum((entry.amount for entry in counted), Decimal(0))


@pytest.mark.usefixtures("transactional_db")
@pytest.mark.parametrize("known", [True, False])
def test_64_spenders_never_pass_a_cap(*, known: bool) -> None:
    campaign = make_campaign(make_organization())
    if known:
        limit(campaign, DAILY)
    else:
        # Nobody has made the campaign's row yet: all of them want to at once.
        assert not SpendLimit.objects.exists()

    refusals: set[str] = set()

    def charge(number: int) -> int:
        booked = 0
        try:
            for turn in range(4):
                try:
                    spend(campaign, "1.10", idempotency_key=f"{number}-{turn // 2}")
                    booked += turn % 2 == 0
                except DomainError as error:
                    refusals.add(error.code)
        finally:
            connections.close_all()
        return booked

    # As many at once as leave connections (PostgreSQL has a hundred) to what the other worker of the tests does.
    wait_for_connections(40)
    with ThreadPoolExecutor(40) as threads:
        booked = sum(threads.map(charge, range(64)))
    expected = 90 if known else 128
    assert refusals == ({"spend_limit_reached"} if known else set())
    assert SpendEntry.objects.count() == expected
    assert booked <= expected
    total = Decimal("1.10") * expected
    assert spent(campaign, "daily") == spent(campaign, "lifetime") == total
    assert SpendEntry.objects.aggregate(sum=Sum("amount"))["sum"] == total
    assert not known or total <= 100


@pytest.mark.usefixtures("transactional_db")
def test_limits_that_change_while_others_spend() -> None:
    campaign = make_campaign(make_organization())
    limit(campaign, Limit("capped", "lifetime", Decimal(1000)))

    refusals: set[str] = set()

    def work(number: int) -> None:
        try:
            for turn in range(6):
                try:
                    if number % 4:
                        spend(campaign, "7.77")
                    else:
                        limit(campaign, Limit("capped", "lifetime", Decimal(100 + 40 * turn + number)))
                    kept = SpendLimit.objects.get().amount
                    assert kept is not None
                except DomainError as error:
                    refusals.add(error.code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(work, range(16)))
    assert refusals <= {"spend_limit_reached", BELOW_SPENT}
    kept = SpendLimit.objects.get().amount
    assert kept is not None
    assert spent(campaign, "lifetime") <= kept
    assert Organization.objects.count() == 1
