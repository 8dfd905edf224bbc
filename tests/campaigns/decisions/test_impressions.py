"""Caps and money hold under any concurrency; conversions are charged and exclude."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from campaigns.decisions.compiled import find_definition
from campaigns.decisions.impressions import issue_impressions
from campaigns.decisions.participation import record_engagement
from campaigns.models import AdCampaign, Interaction, Participation, SpendEntry, SpendLimit, SpendTotal
from campaigns.spend.ledger import record_spend
from tests.channels import make_banner, make_live_campaign, make_placeholder
from tests.dialects.trace.caller import Caller, accepted
from tests.factories import make_application, make_customer, make_interaction, make_organization, make_trail
from tests.together import together

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
THREADS = 8


def limit(campaign: AdCampaign, amount: str, renewal: str = "daily") -> SpendLimit:
    return SpendLimit.objects.create(
        organization=campaign.organization, campaign=campaign, type="capped", renewal=renewal, amount=Decimal(amount)
    )


def shown_in_parallel(caller: Caller, trails: list[str], number: int) -> int:
    """How many of so many requests at once were shown the banner."""

    def ask(mine: list[int]) -> int:
        shown = 0
        for turn in mine:
            body = {"app-token": caller.token, "trail-id": trails[turn % len(trails)]}
            asked = {"placeholders": [{"placeholder": "hero"}]}
            shown += len(accepted(caller.post("campaigns/sync-page", body | asked))["placeholders"])
        return shown

    turns = [list(range(start, number, THREADS)) for start in range(THREADS)]
    return sum(together([partial(ask, mine) for mine in turns]))


@pytest.mark.xdist_group("connections")  # PostgreSQL allows a hundred in all
@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_never_exceed_a_frequency_cap(settings: Any) -> None:
    settings.DECISION_LOG = "off"
    caller = Caller.of()
    cap = {"frequency_cap": 3, "frequency_unit": "impressions", "frequency_period": "lifetime"}
    make_banner(make_placeholder(caller.application, name="hero"), make_live_campaign(caller.organization, **cap))
    trails = [caller.visit("1") for _ in range(4)]
    assert shown_in_parallel(caller, trails, 100) == 3
    assert Interaction.objects.count() == Participation.objects.get().seen_count == 3


@pytest.mark.xdist_group("connections")  # PostgreSQL allows a hundred in all
@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_never_exceed_a_spend_limit(settings: Any) -> None:
    settings.DECISION_LOG = "off"
    caller = Caller.of()
    campaign = make_live_campaign(caller.organization, price_per_impression=Decimal("0.3"))
    limit(campaign, "2.00")
    make_banner(make_placeholder(caller.application, name="hero"), campaign)
    trails = [caller.visit(str(number)) for number in range(1, 11)]
    assert shown_in_parallel(caller, trails, 60) == 6
    assert SpendEntry.objects.count() == Interaction.objects.count() == 6
    assert set(SpendTotal.objects.values_list("amount", flat=True)) == {Decimal("1.8")}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("spent", "price"),
    [("0", "2.00"), ("0", "2.000001"), ("1.7", "0.3"), ("1.7", "0.300001"), ("1.999999", "0.000001"), ("2", "0.01")],
)
def test_statement_and_model_agree_on_room_under_a_spend_limit(spent: str, price: str) -> None:
    organization = make_organization()
    campaign = make_live_campaign(organization, price_per_impression=Decimal(price))
    capped = limit(campaign, "2.00").limit
    if Decimal(spent):
        record_spend(organization=organization, campaign=campaign, amount=Decimal(spent), at=NOW)
    definition = find_definition(organization_id=organization.pk, campaign_id=campaign.pk)
    assert definition is not None
    offered = issue_impressions(
        organization=organization,
        customer_id=make_customer(organization).pk,
        campaigns=[definition.candidate],
        now=NOW,
    )
    assert bool(offered.tokens) is capped.has_room(Decimal(spent), Decimal(price))


def convert(interaction: Interaction) -> None:
    """Convert with a token, in a trace of its own."""
    application = make_application(interaction.organization).application
    trail = make_trail(interaction.customer, application)
    accepted(Caller(application).act(str(trail.uuid), "conversion", tracking_token=str(interaction.token)))


@pytest.mark.django_db
def test_a_conversion_is_charged_and_never_past_the_limit() -> None:
    organization = make_organization()
    campaign = make_live_campaign(organization, price_per_conversion=Decimal("1.5"))
    limit(campaign, "2.00")
    for _ in range(2):
        convert(make_interaction(make_customer(organization), campaign))
    assert SpendTotal.objects.get(period="daily").amount == Decimal("1.5")
    assert list(Participation.objects.values_list("converted_count", flat=True)) == [1, 1]


@pytest.mark.django_db
def test_without_a_price_nothing_is_charged() -> None:
    convert(make_interaction(make_customer(make_organization())))
    assert not SpendEntry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("creative", ["impressions", "interactions"])
def test_engagements_count_towards_a_cap_of_interactions(creative: str) -> None:
    organization = make_organization()
    cap = {"frequency_cap": 1, "frequency_unit": creative, "frequency_period": "daily"}
    interaction = make_interaction(make_customer(organization), make_live_campaign(organization, **cap))
    fitted = [record_engagement(interaction=interaction, now=NOW) for _ in range(2)]
    counts = list(Participation.objects.values_list("capped_count", "capped_from"))
    assert (counts, fitted) == (
        ([(1, NOW.date())], [True, False]) if creative == "interactions" else ([], [True, True])
    )
