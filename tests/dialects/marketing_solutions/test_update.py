"""PATCH: what may change, every code of the contract, partial success (contract 2, "Update Campaigns")."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from campaigns.models import SpendLimit
from campaigns.models.level import Status
from customers.models import DefinitionChange, Organization
from marketing_solutions.models import Portfolio
from tests.dialects.marketing_solutions.actor import Buyer, update
from tests.dialects.marketing_solutions.expected import PREFIX, results
from tests.dialects.marketing_solutions.portfolios import UNCAPPED, limit_of, make_spent

NO_LIMIT = f"{PREFIX}spend-limit-does-not-exist"
BELOW = f"{PREFIX}cannot-decrease-lifetime-spend-limit-below-what-is-already-spent"
INVALID = f"{PREFIX}validation-failed-on-spend-limit"
REPEATED = f"{PREFIX}cannot-update-same-campaign-multiple-times"
UNAVAILABLE = f"{PREFIX}unavailable-feature-for-this-advertiser"
KEPT = ("capped", "daily", "123.45")


def refused(buyer: Buyer, entry: object) -> str:
    """The code with which an entry of its own is refused."""
    data, errors, warnings = results(buyer.patch(entry))
    assert (data, warnings, list(errors)) == ([], [], [0])
    return errors[0]


def applied(buyer: Buyer, entry: object) -> list[int]:
    """The places of the warnings of an entry that is applied."""
    data, errors, warnings = results(buyer.patch(entry))
    assert (len(data), errors) == (1, {})
    return warnings


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"amount": 50}, ("capped", "daily", "50.00")),
        ({"amount": 50.5}, ("capped", "daily", "50.50")),
        ({"amount": {"value": 50.25}}, ("capped", "daily", "50.25")),
        ({"amount": 9999999999.99}, ("capped", "daily", "9999999999.99")),
        ({"amount": 0.01}, ("capped", "daily", "0.01")),
        ({"renewal": "monthly"}, ("capped", "monthly", "123.45")),
        ({"renewal": "lifetime", "amount": 1}, ("capped", "lifetime", "1.00")),
        ({"type": "capped"}, KEPT),
        ({"type": "uncapped"}, ("uncapped", "undefined", None)),
        ({"type": "uncapped", "renewal": "undefined", "amount": None}, ("uncapped", "undefined", None)),
        ({"type": "uncapped", "renewal": None, "amount": {"value": None}}, ("uncapped", "undefined", None)),
        ({"type": "uncapped", "amount": 50}, ("uncapped", "undefined", None)),
        ({"type": "uncapped", "renewal": "daily", "amount": 123.45}, ("uncapped", "undefined", None)),
        ({}, KEPT),
    ],
)
def test_each_member_of_a_limit_changes_on_its_own(
    buyer: Buyer, sent: dict[str, Any], kept: tuple[str, str, str | None]
) -> None:
    campaign = buyer.campaign()
    assert applied(buyer, update(campaign.pk, **sent)) == []
    assert limit_of(campaign) == kept


@pytest.mark.parametrize(
    "sent",
    [
        {"amount": -9000},
        {"amount": 0},
        {"amount": -0.0},
        {"amount": 1.234},
        {"amount": 10_000_000_000},
        {"amount": 1e300},
        {"amount": 10**40},
        {"amount": "50"},
        {"amount": True},
        {"amount": [50]},
        {"amount": {}},
        {"amount": {"value": 5, "currency": "USD"}},
        {"amount": {"value": "5"}},
        {"amount": None},
        {"renewal": "weekly"},
        {"renewal": 5},
        {"renewal": None},
        {"renewal": "undefined"},
        {"type": "limited"},
        {"type": None},
        {"type": ["capped"]},
        {"currency": "USD"},
    ],
)
def test_an_invalid_spend_limit_is_refused(buyer: Buyer, sent: dict[str, Any]) -> None:
    campaign = buyer.campaign()
    assert refused(buyer, update(campaign.pk, **sent)) == INVALID
    assert limit_of(campaign) == KEPT


@pytest.mark.parametrize(
    ("amount", "ours"),
    [(-9000, "The amount must be more than 0."), (5.001, "at most two decimal places"), ("5", "must be a number")],
)
def test_an_invalid_amount_is_told_in_the_contracts_words_and_then_in_ours(
    buyer: Buyer, amount: object, ours: str
) -> None:
    errors = buyer.patch(update(buyer.campaign().pk, amount=amount)).json()["errors"]
    detail = errors[0]["detail"]
    assert detail.startswith("There was an issue with the spend limit value specified. ")
    assert ours in detail


@pytest.mark.parametrize("number", ["1e999999999", "-1e400000000000000000000", "0." + "0" * 5000 + "1", "1" * 6000])
def test_numbers_that_no_column_holds_are_refused(buyer: Buyer, number: str) -> None:
    campaign = buyer.campaign()
    body = f'{{"data":[{{"id":"{campaign.pk}","attributes":{{"spendLimit":{{"spendLimitAmount":{number}}}}}}}]}}'
    _, errors, _ = results(buyer.send("PATCH", "", body.encode()))
    assert errors == {0: INVALID}
    assert limit_of(campaign) == KEPT


@pytest.mark.parametrize("limit", [None, 5, "daily", [], [{}]])
def test_a_spend_limit_that_is_no_object_is_refused(buyer: Buyer, limit: object) -> None:
    campaign = buyer.campaign()
    assert refused(buyer, {"id": campaign.pk, "attributes": {"spendLimit": limit}}) == INVALID


@pytest.mark.parametrize("sent", [{"amount": 5}, {"renewal": "daily", "amount": 5}, {}])
def test_an_uncapped_campaign_has_no_spend_limit_to_change(buyer: Buyer, sent: dict[str, Any]) -> None:
    campaign = buyer.campaign(limit=UNCAPPED)
    assert refused(buyer, update(campaign.pk, **sent)) == NO_LIMIT
    assert limit_of(campaign) == ("uncapped", "undefined", None)


def test_a_whole_campaign_that_is_uncapped_may_be_sent_back(buyer: Buyer) -> None:
    campaign = buyer.campaign(limit=UNCAPPED)
    version = Organization.objects.get(pk=buyer.organization.pk).version
    shown = buyer.get(f"{campaign.pk}").json()["data"]
    assert applied(buyer, {"id": shown["id"], "attributes": shown["attributes"]}) == []
    assert applied(buyer, update(campaign.pk, type="uncapped", renewal="daily", amount=5)) == []
    assert limit_of(campaign) == ("uncapped", "undefined", None)
    assert Organization.objects.get(pk=buyer.organization.pk).version == version


def test_an_uncapped_campaign_becomes_capped_with_all_three_members(buyer: Buyer) -> None:
    campaign = buyer.campaign(limit=UNCAPPED)
    assert refused(buyer, update(campaign.pk, type="capped", amount=5)) == INVALID
    assert refused(buyer, update(campaign.pk, type="capped", renewal="daily")) == INVALID
    assert applied(buyer, update(campaign.pk, type="capped", renewal="monthly", amount=5)) == []
    assert limit_of(campaign) == ("capped", "monthly", "5.00")


def test_without_the_permission_there_is_no_spend_limit(buyer: Buyer) -> None:
    campaign = buyer.campaign()
    Portfolio.objects.update(may_manage=False)
    assert refused(buyer, update(campaign.pk, amount=5)) == NO_LIMIT
    assert limit_of(campaign) == KEPT


def test_an_advertiser_without_the_feature_has_its_limits_kept(buyer: Buyer) -> None:
    campaign = buyer.campaign()
    buyer.advertiser.features = []
    buyer.advertiser.save()
    assert refused(buyer, update(campaign.pk, amount=5)) == UNAVAILABLE
    assert limit_of(campaign) == KEPT


@pytest.mark.parametrize("wish", [True, "enabled", {"enabled": True}, {"status": "Enabled"}, 1, ["x"]])
def test_budget_automation_is_refused(buyer: Buyer, wish: object) -> None:
    campaign = buyer.campaign()
    entry = update(campaign.pk, amount=5)
    entry["attributes"]["budgetAutomation"] = wish
    assert refused(buyer, entry) == UNAVAILABLE
    assert limit_of(campaign) == KEPT


@pytest.mark.parametrize("wish", [None, False, "disabled", {"enabled": False}, {"status": "disabled"}, {}])
def test_disabled_budget_automation_is_accepted(buyer: Buyer, wish: object) -> None:
    campaign = buyer.campaign()
    entry = update(campaign.pk, amount=5)
    entry["attributes"]["budgetAutomation"] = wish
    assert applied(buyer, entry) == []


@pytest.mark.parametrize(("amount", "is_fine"), [(100, True), (99.99, False), (100.01, True)])
def test_a_lifetime_limit_may_not_go_below_what_is_spent(buyer: Buyer, amount: float, *, is_fine: bool) -> None:
    campaign = buyer.campaign(limit={"type": "capped", "renewal": "lifetime", "amount": Decimal(500)})
    make_spent(campaign, "100", timezone.now() - timedelta(days=400))
    if is_fine:
        assert applied(buyer, update(campaign.pk, amount=amount)) == []
    else:
        assert refused(buyer, update(campaign.pk, amount=amount)) == BELOW
        assert limit_of(campaign) == ("capped", "lifetime", "500.00")


def test_turning_a_daily_limit_into_a_lifetime_limit_below_what_is_spent(buyer: Buyer) -> None:
    campaign = buyer.campaign()
    make_spent(campaign, "130", timezone.now() - timedelta(days=400))
    assert refused(buyer, update(campaign.pk, renewal="lifetime")) == BELOW
    assert limit_of(campaign) == KEPT


@pytest.mark.parametrize(
    ("renewal", "begins"),
    [("daily", "2026-03-02"), ("monthly", "2026-04-01")],
)
@time_machine.travel("2026-03-02T04:30:00Z", tick=False)  # still the 1st of March in New York
def test_less_than_this_period_has_spent_takes_effect_with_the_next(buyer: Buyer, renewal: str, begins: str) -> None:
    Organization.objects.update(time_zone="America/New_York")
    campaign = buyer.campaign(limit={"type": "capped", "renewal": renewal, "amount": Decimal(100)})
    campaign.organization.refresh_from_db()
    make_spent(campaign, "80", timezone.now())
    assert applied(buyer, update(campaign.pk, amount=79.99)) == [0]
    kept = SpendLimit.objects.get(campaign=campaign)
    assert kept.takes_effect_on == date.fromisoformat(begins)
    assert kept.in_force_on(kept.takes_effect_on - timedelta(days=1)).amount == 100
    assert kept.in_force_on(kept.takes_effect_on).amount == Decimal("79.99")
    read = buyer.get(campaign.pk).json()["data"]["attributes"]["spendLimit"]["spendLimitAmount"]
    assert read == 79.99, "what was accepted is what is shown"


@time_machine.travel("2026-03-02T12:00:00Z", tick=False)
def test_a_second_change_keeps_the_limit_in_force_and_a_high_one_ends_the_wait(buyer: Buyer) -> None:
    campaign = buyer.campaign(limit={"type": "capped", "renewal": "daily", "amount": Decimal(100)})
    make_spent(campaign, "80", timezone.now())
    assert applied(buyer, update(campaign.pk, amount=50)) == [0]
    assert applied(buyer, update(campaign.pk, amount=60)) == [0]
    kept = SpendLimit.objects.get(campaign=campaign)
    assert (str(kept.amount), str(kept.amount_before), kept.renewal_before) == ("60.00", "100.00", "daily")
    assert applied(buyer, update(campaign.pk, amount=80)) == []
    kept.refresh_from_db()
    assert (str(kept.amount), kept.takes_effect_on, kept.amount_before) == ("80.00", None, None)


def test_every_occurrence_of_a_repeated_campaign_fails(buyer: Buyer) -> None:
    twice, once = buyer.campaign(), buyer.campaign()
    answer = buyer.patch(
        update(twice.pk, amount=1),
        update(once.pk, amount=2),
        {"id": twice.pk, "attributes": {"spendLimit": "nonsense"}},
        update(f"0{twice.pk}", amount=3),
    )
    assert results(answer) == ([str(once.pk)], {0: REPEATED, 2: REPEATED, 3: REPEATED}, [])
    assert limit_of(twice) == KEPT


def test_campaigns_that_are_not_in_the_portfolio_are_not_found(buyer: Buyer, colleague: Buyer, rival: Buyer) -> None:
    deleted = buyer.campaign(status=Status.PAUSED, deleted_at=timezone.now())
    ids = [colleague.campaign().pk, rival.campaign().pk, deleted.pk, 2**63 - 1, 2**63, 10**30, 0, -1, "abc", "", 1.5]
    ids += ["٣", "1_000", " 5", "1e3"]
    data, errors, _ = results(buyer.patch(*[{"id": each, "attributes": {}} for each in ids]))
    assert data == []
    assert set(errors.values()) == {"campaign-not-found"}
    assert len(errors) == len(ids)


@pytest.mark.parametrize(
    "entry",
    [None, 5, "99999", [], {}, {"id": None}, {"id": True}, {"id": []}, {"id": {}}, {"type": "Campaign"}],
)
def test_entries_without_a_campaign_are_invalid(buyer: Buyer, entry: object) -> None:
    assert refused(buyer, entry) == "invalid-entry"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "AdSet"}, "invalid-entry"),
        ({"type": []}, "invalid-entry"),
        ({"attributes": [1]}, "invalid-entry"),
        ({"attributes": "spendLimit"}, "invalid-entry"),
        ({"attributes": {"status": "live"}}, "unknown-attribute"),
        ({"spendLimit": {}}, "unknown-attribute"),
        ({"attributes": {"name": "Another"}}, "read-only-attribute"),
        ({"attributes": {"name": 5}}, "read-only-attribute"),
        ({"attributes": {"goal": "Acquisition"}}, "read-only-attribute"),
        ({"attributes": {"goal": {}}}, "read-only-attribute"),
        ({"attributes": {"advertiserId": 1}}, "read-only-attribute"),
        ({"attributes": {"advertiserId": []}}, "read-only-attribute"),
    ],
)
def test_entries_of_another_shape_are_invalid(buyer: Buyer, changes: dict[str, Any], code: str) -> None:
    campaign = buyer.campaign()
    assert refused(buyer, update(campaign.pk, amount=5) | changes) == code
    assert limit_of(campaign) == KEPT


@pytest.mark.parametrize("version", [None, "preview", "2023-07", "2024-01", "2027-01"])
def test_a_whole_campaign_may_be_sent_as_it_was_read(buyer: Buyer, version: str | None) -> None:
    campaign = buyer.campaign()
    whole = buyer.get(campaign.pk, version=version).json()["data"]
    data, errors, warnings = results(buyer.patch(whole, version=version))
    assert (data, errors, warnings) == ([str(campaign.pk)], {}, [])
    assert limit_of(campaign) == KEPT


@pytest.mark.parametrize("attributes", [{}, None, {"name": None, "goal": None, "advertiserId": None}])
def test_an_entry_that_changes_nothing_is_accepted(buyer: Buyer, attributes: object) -> None:
    campaign = buyer.campaign()
    assert applied(buyer, {"id": campaign.pk, "attributes": attributes}) == []


def test_the_version_stamp_is_bumped_only_where_a_campaign_gets_a_limit_or_loses_it(buyer: Buyer) -> None:
    """No definition hangs on an amount: portfolio tools that change them all day have nobody load anything."""
    campaigns = [buyer.campaign() for _ in range(3)]
    before = Organization.objects.get(pk=buyer.organization.pk).version
    several: list[dict[str, Any]] = [{"amount": -1}, {"amount": 5}, {"amount": 7, "renewal": "lifetime"}]
    for changes in several:
        buyer.patch(*[update(each.pk, **changes) for each in campaigns])
        assert Organization.objects.get(pk=buyer.organization.pk).version == before
    assert limit_of(campaigns[0]) == ("capped", "lifetime", "7.00")
    uncapped = [update(each.pk, type="uncapped") for each in campaigns]
    buyer.patch(*uncapped)
    buyer.patch(*uncapped)
    assert Organization.objects.get(pk=buyer.organization.pk).version == before + 1
    marks = DefinitionChange.objects.get(organization=buyer.organization).marks
    assert marks == {"campaigns.spendlimit": sorted(SpendLimit.objects.values_list("pk", flat=True))}
