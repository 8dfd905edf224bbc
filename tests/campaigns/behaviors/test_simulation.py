"""`manage.py simulate_behavior` tells what would be earned and why not, and writes nothing."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.campaigns.behaviors.makers import NOW, make_behavior, record
from tests.channels import make_live_campaign
from tests.contents import contents
from tests.factories import make_customer, make_organization

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def simulated(*arguments: object) -> list[str]:
    written = StringIO()
    before = contents()
    call_command("simulate_behavior", *map(str, arguments), stdout=written)
    assert contents() == before
    return written.getvalue().splitlines()


def test_stored_events_are_replayed_for_a_draft_too() -> None:
    customer = make_customer(make_organization(), external_id="51")
    record(customer, NOW, NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR)
    record(customer, NOW, name="other")
    campaign = make_live_campaign(customer.organization, status="draft", ends_at=NOW + 3 * HOUR)
    goal = {"name": "Twice", "event_count": 2, "min_time_between_events": 5400}
    behavior = make_behavior(campaign, goal, name="Regular")
    assert simulated(behavior.pk, "--customer", "51") == [
        "2026-11-21T12:00:00+00:00 buy: counts (Twice: 1 since the last completion, 2 needed in a period)",
        "2026-11-21T13:00:00+00:00 buy: comes too soon after (or before) an event that counted (Twice)",
        "2026-11-21T14:00:00+00:00 buy: EARNS the behavior; completes the goal (Twice)",
        "2026-11-21T15:00:00+00:00 buy: is outside the campaign's dates",
        "Regular: earned 1 times by 4 events.",
    ]


def test_a_csv_is_replayed_and_errors_name_their_line(tmp_path: Path) -> None:
    campaign = make_live_campaign(make_organization())
    filters = {"attributes": [{"attribute": "shop", "operator": "in", "values": ["Bern"]}]}
    behavior = make_behavior(campaign, {"eligible_spend": True, "event_count": 20, "event_filters": filters})
    file = tmp_path / "events.csv"
    file.write_text(
        "name,at,amount,shop\nbuy,2026-11-21T12:00:00+01:00,25,Bern\nbuy,2026-11-21T12:00:00Z,25,Uri\n"
        "buy,2026-11-21T12:00:00Z,,Bern\n"
    )
    lines = simulated(behavior.pk, "--csv", file)
    assert ["EARNS" in line for line in lines] == [True, False, False, False]
    assert "filters" in lines[1]
    assert "no amount" in lines[2]
    for text, word in (
        ("name,at\nbuy,2026-11-21T12:00:00", "a time such as"),
        ("name\nbuy", "Line 2"),
        ("name,at\nbuy,x", "Line 2"),
        ("name,at\nbuy,9999-12-31T12:00:00Z", "Line 2"),
        ("name,at,amount\nbuy,2026-11-21T12:00:00Z,NaN", "Line 2"),
        ("name,at\nbuy," + "x" * 200_000, "field limit"),
    ):
        file.write_text(text)
        with pytest.raises(CommandError, match=word):
            simulated(behavior.pk, "--csv", file)
    with pytest.raises(CommandError, match="read"):
        simulated(behavior.pk, "--csv", tmp_path / "none.csv")
    with pytest.raises(CommandError, match="number of events"):
        simulated(behavior.pk, "--customer", "51", "--limit=-1")
    with pytest.raises(CommandError, match="not found"):
        simulated(0, "--customer", "51")
