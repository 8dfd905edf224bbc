"""A cap of interactions is asked where an interaction begins (advance-funnel, the funnel page)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine

from campaigns.models import AdCampaign, Participation
from funnels.models import FunnelEntry
from tests.contents import contents
from tests.dialects.trace.caller import Answer, Caller, Form, refused
from tests.dialects.trace.test_advance_funnel import DETAILS, Walk
from tests.factories import make_interaction
from tests.funnels.card_upgrade import make_card_upgrade
from tests.together import together

LATE = datetime(2026, 5, 1, 23, 59, 59, tzinfo=UTC)


def make_capped(caller: Caller, form: Form, cap: int = 1) -> Walk:
    """A new customer in front of a funnel that may be begun so often a day."""
    campaign = make_card_upgrade(caller.organization)
    capped: dict[str, Any] = {"frequency_cap": cap, "frequency_unit": "interactions", "frequency_period": "daily"}
    AdCampaign.objects.filter(pk=campaign.pk).update(**capped)
    return Walk.of(caller, form, campaign)


def another(walk: Walk) -> Walk:
    """The same customer with another token."""
    return replace(walk, token=str(make_interaction(walk.customer, walk.campaign).token))


def finish(walk: Walk) -> None:
    """Walk to the end."""
    walk.step()
    walk.step(step_data={})
    walk.step(step_data=DETAILS | {"income": 1})


def counted() -> int:
    """How many interactions were counted."""
    return Participation.objects.get().capped_count


def test_at_the_cap_no_funnel_is_begun(caller: Caller, form: Form) -> None:
    walk = make_capped(caller, form, cap=2)
    with time_machine.travel(LATE - timedelta(hours=1), tick=False):
        finish(walk)
        finish(another(walk))
        third = another(walk)
        before = contents()
        asked: list[dict[str, Any]] = [{}, {"step_data": {}}]
        for members in asked:
            refused(third.send(**members), 400, "frequency-cap")
        assert contents() == before
        assert counted() == 2
    with time_machine.travel(LATE + timedelta(seconds=2), tick=False):
        assert third.step()["type"] == "message"
    with time_machine.travel(LATE, tick=False):
        finish(third)
        finish(another(walk))
        refused(another(walk).send(), 400, "frequency-cap")


def test_a_second_token_resumes_what_is_not_finished(caller: Caller, form: Form) -> None:
    walk = make_capped(caller, form)
    walk.step()
    details = walk.step(step_data={})
    other = another(walk)
    assert other.step() == details
    assert counted() == 1
    other.step(step_data=DETAILS | {"income": 1})
    assert FunnelEntry.objects.get().is_finished
    refused(another(walk).send(), 400, "frequency-cap")


def test_the_page_says_so(caller: Caller) -> None:
    walk = make_capped(caller, "json")
    finish(walk)
    token = another(walk).token
    answer = caller.client.get(f"/api/campaigns/{walk.campaign.pk}/funnel?d={token}&t={walk.trail}&a=x")
    assert answer.status_code == 400
    assert "as often as you can" in answer.content.decode()
    assert counted() == 1


@pytest.mark.xdist_group("connections")  # PostgreSQL allows a hundred in all
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_finished", [True, False])
def test_of_many_tokens_at_once_one_begins_and_the_others_resume(is_finished: bool) -> None:  # noqa: FBT001
    walk = make_capped(Caller.of(), "json", cap=2 if is_finished else 1)
    if is_finished:
        finish(walk)
    tokens = [another(walk) for _ in range(8)]

    def begin(mine: Walk) -> Answer:
        return replace(mine, caller=Caller(walk.caller.application)).send()

    answers = together([partial(begin, each) for each in tokens])
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert counted() == (2 if is_finished else 1)
