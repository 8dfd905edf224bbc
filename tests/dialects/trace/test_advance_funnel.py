"""POST /api/campaigns/advance-funnel (contract 3, Funnel steps; contract 4, section C)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from campaigns.models import AdCampaign
from customers.customers.merging import identify
from customers.models import Customer, CustomerField
from funnels.funnels.definitions import restart_funnel, save_funnel
from funnels.models import FunnelEntry
from tests.contents import contents
from tests.dialects.trace.caller import Answer, Caller, Form, accepted, refused
from tests.factories import make_anonymous, make_customer, make_field, make_interaction, make_trail
from tests.funnels.card_upgrade import make_card_upgrade, steps
from tests.together import together

DETAILS = {"first_name": "Ana", "email": "ana@example.com", "income": 60_000}


@dataclass(frozen=True)
class Walk:
    """A customer in front of the funnel."""

    caller: Caller
    customer: Customer
    campaign: AdCampaign
    trail: str
    token: str
    form: Form

    @classmethod
    def of(cls, caller: Caller, form: Form, campaign: AdCampaign, customer: Customer | None = None) -> "Walk":
        """A new visit of a customer, with a token of the campaign."""
        customer = customer or make_customer(caller.organization)
        trail, interaction = make_trail(customer, caller.application), make_interaction(customer, campaign)
        return cls(caller, customer, campaign, str(trail.uuid), str(interaction.token), form)

    def send(self, **members: object) -> Answer:
        """Call advance-funnel with these members beside the three that are always there."""
        body = {"trail-id": self.trail, "campaign-id": self.campaign.pk, "tracking-token": self.token}
        given = {name.replace("_", "-"): value for name, value in members.items()}
        return self.caller.post("campaigns/advance-funnel", body | given, self.form)

    def step(self, **members: object) -> dict[str, Any]:
        """The same, where it must succeed; the answer."""
        answer: dict[str, Any] = accepted(self.send(**members))
        assert answer.keys() == {"type", "config"}
        return answer

    def entry(self) -> FunnelEntry:
        """How far the customer has come."""
        return FunnelEntry.objects.get(customer=self.customer, campaign=self.campaign)

    def attributes(self) -> dict[str, Any]:
        """The customer's attributes, as they are now."""
        return dict(Customer.objects.get(pk=self.customer.pk).attributes)


@pytest.fixture
def walk(caller: Caller, form: Form) -> Walk:
    """A new customer in front of the card upgrade."""
    return Walk.of(caller, form, make_card_upgrade(caller.organization))


def _counts(answer: dict[str, Any]) -> tuple[int, int]:
    return answer["config"]["remaining-steps"], answer["config"]["max-steps"]


def test_a_high_income_leads_through_all_four_steps(walk: Walk) -> None:
    first = walk.step()
    assert (first["type"], _counts(first)) == ("message", (2, 4))
    details = walk.step(step_data={})
    assert (details["type"], _counts(details)) == ("data-capture", (1, 4))
    travel = walk.step(step_data=DETAILS)
    assert [field["name"] for field in travel["config"]["fields"]] == ["wants_travel"]
    assert travel["config"]["fields"][0]["options"] == [
        {"label": "Yes", "value": True},
        {"label": "No", "value": False},
    ]
    assert _counts(travel) == (1, 4)
    redirect = walk.step(step_data={"wants_travel": True})
    assert (redirect["type"], redirect["config"]["url"]) == ("redirect", "https://bank.example/cards?from=funnel")
    assert _counts(redirect) == (0, 4)
    end = walk.step(step_data={})
    assert end == {"type": "end", "config": {"remaining-steps": 0, "max-steps": 4}}
    assert walk.step(step_data={}) == walk.step() == end
    assert walk.attributes() == DETAILS | {"wants_travel": True}


def test_a_low_income_leads_past_the_question_about_travel(walk: Walk) -> None:
    walk.step()
    walk.step(step_data={})
    assert walk.step(step_data=DETAILS | {"income": 20_000})["type"] == "redirect"


def test_the_customer_may_choose_the_fork_before_the_answer(caller: Caller, form: Form) -> None:
    campaign = make_card_upgrade(caller.organization)
    rich = make_customer(caller.organization, attributes={"income": 90_000, "first_name": "Zoe"})
    walk = Walk.of(caller, form, campaign, rich)
    assert _counts(walk.step()) == (3, 4)
    fields = {field["name"]: field["value"] for field in walk.step(step_data={})["config"]["fields"]}
    assert fields == {"first_name": "Zoe", "email": None, "income": 90_000, "born": None}


def test_in_edn_types_and_actions_are_keywords(walk: Walk) -> None:
    content = walk.send().content
    if walk.form == "edn":
        assert content.startswith(b"{:type :message :config {")
        assert b":actions [:next :cancel]" in content
    else:
        assert b'"type":"message"' in content
        assert b'"actions":["next","cancel"]' in content


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({}, ["first_name", "email", "income"]),
        (DETAILS | {"email": "no address"}, ["email"]),
        (DETAILS | {"income": "much"}, ["income"]),
        (DETAILS | {"income": -1}, ["income"]),
        (DETAILS | {"born": "yesterday", "first_name": ""}, ["born", "first_name"]),
        (DETAILS | {"points": 5}, ["points"]),
        (DETAILS | {"first_name": ["Ana"]}, ["first_name"]),
        (DETAILS | {"first_name": {"a": None}}, ["first_name"]),
    ],
)
def test_wrong_data_names_each_field_and_the_step_stays(walk: Walk, data: dict[str, Any], named: list[str]) -> None:
    walk.step()
    details = walk.step(step_data={})
    before = contents()
    message = refused(walk.send(step_data=data), 400, "invalid-step-data")
    assert all(f"{name}: " in message for name in named)
    assert all(f"{name}: " not in message for name in DETAILS if name not in named)
    assert contents() == before
    assert walk.step() == details


def test_numbers_and_booleans_may_come_as_text(walk: Walk) -> None:
    walk.step()
    walk.step(step_data={})
    walk.step(step_data=DETAILS | {"income": "70000", "born": "1990-02-03"})
    walk.step(step_data={"wants_travel": "false"})
    assert walk.attributes() == DETAILS | {"income": 70_000, "born": "1990-02-03", "wants_travel": False}


def test_what_a_step_does_not_ask_for_is_refused(walk: Walk) -> None:
    walk.step()
    assert "email: " in refused(walk.send(step_data={"email": "a@b.example"}), 400, "invalid-step-data")
    assert walk.attributes() == {}


def test_an_emptied_field_is_cleared(caller: Caller, form: Form) -> None:
    campaign = make_card_upgrade(caller.organization)
    walk = Walk.of(caller, form, campaign, make_customer(caller.organization, attributes={"born": "1990-01-01"}))
    walk.step()
    walk.step(step_data={})
    walk.step(step_data=DETAILS | {"born": ""})
    assert walk.attributes() == DETAILS


def test_a_field_that_left_the_schema_is_refused(walk: Walk) -> None:
    walk.step()
    walk.step(step_data={})
    CustomerField.objects.filter(name="income").delete()
    assert "income: " in refused(walk.send(step_data=DETAILS), 400, "invalid-step-data")


def test_a_repeated_call_is_answered_again_and_done_once(walk: Walk) -> None:
    first = walk.step()["config"]["step-id"]
    details = walk.step(step_data={}, step_id=first)
    assert walk.step(step_data={}, step_id=first) == details
    second = details["config"]["step-id"]
    travel = walk.step(step_data=DETAILS, step_id=second)
    assert walk.step(step_data=DETAILS, step_id=second) == travel
    assert walk.step(step_data={}, step_id=first) == details
    assert walk.step() == travel
    assert walk.entry().revision == 3


def test_an_unknown_step_id_is_refused(walk: Walk) -> None:
    refused(walk.send(step_data={}, step_id=f"{uuid4()}-0"), 400, "unknown-step")
    identity = walk.step()["config"]["step-id"].rpartition("-")[0]
    for step_id in (f"{identity}-1", f"{identity}-00001", f"{uuid4()}-0", "0", "x", "-1", f"{identity}-²"):
        refused(walk.send(step_data={}, step_id=step_id), 400, "unknown-step")
    assert walk.entry().step == "welcome"


def test_data_before_the_first_step_is_refused_and_an_empty_map_begins(walk: Walk) -> None:
    refused(walk.send(step_data=DETAILS), 400, "funnel-not-begun")
    assert walk.step(step_data={})["type"] == "message"


def test_asking_again_never_restarts(walk: Walk) -> None:
    walk.step()
    details = walk.step(step_data={})
    assert walk.step() == walk.step(step_data=None) == details


def test_campaign_ids_are_integers_or_text(walk: Walk) -> None:
    assert walk.step(campaign_id=str(walk.campaign.pk))["type"] == "message"
    for wrong in ("", "  ", None, 1.5, True, [1], "x" * 256):
        refused(walk.send(campaign_id=wrong), 400, "invalid-body")
    for unknown in (0, 10**18, "9" * 19, "-1", "9" * 30):
        refused(walk.send(campaign_id=unknown), 404, "unknown-campaign")


def test_a_campaign_may_be_named_by_its_name(walk: Walk) -> None:
    assert walk.step(campaign_id=walk.campaign.name) == walk.step()
    theirs = make_card_upgrade(Caller.of().organization)
    AdCampaign.objects.filter(pk=theirs.pk).update(name="Theirs alone")
    for unknown in ("Theirs alone", "Nobody's", walk.campaign.name + " "):
        refused(walk.send(campaign_id=unknown), 404, "unknown-campaign")


@pytest.mark.parametrize("wrong", [[], "x", 1, [{"name": "a", "value": 1}]])
def test_step_data_is_a_map(walk: Walk, wrong: object) -> None:
    walk.step()
    refused(walk.send(step_data=wrong), 400, "invalid-body")


def test_a_foreign_trail_token_or_campaign_is_404(walk: Walk, rival: Caller) -> None:
    other = Walk.of(walk.caller, walk.form, walk.campaign)
    elsewhere = Walk.of(rival, walk.form, make_card_upgrade(rival.organization))
    unbound = make_interaction(walk.customer)
    before = contents()
    refused(walk.send(trail_id=str(uuid4())), 404, "unknown-trail")
    refused(walk.send(trail_id="no-uuid"), 404, "unknown-trail")
    for token in (other.token, elsewhere.token, str(unbound.token), str(uuid4()), "no-uuid"):
        refused(walk.send(tracking_token=token), 404, "unknown-tracking-token")
    refused(walk.send(campaign_id=elsewhere.campaign.pk), 404, "unknown-campaign")
    refused(walk.send(campaign_id=unbound.campaign_id, tracking_token=str(unbound.token)), 404, "no-funnel")
    refused(elsewhere.send(trail_id=walk.trail), 404, "unknown-campaign")
    assert contents() == before


@pytest.mark.parametrize("kind", ["conversion", "dismiss"])
def test_after_a_conversion_or_dismissal_the_trace_is_closed(walk: Walk, kind: str) -> None:
    walk.step()
    accepted(walk.caller.act(walk.trail, kind, walk.form, tracking_token=walk.token))
    refused(walk.send(), 400, "trace-closed")
    refused(walk.send(step_data={}), 400, "trace-closed")
    again = Walk.of(walk.caller, walk.form, walk.campaign, walk.customer)
    assert again.step()["type"] == "message"
    assert again.step(step_data={})["type"] == "data-capture"


def test_the_next_token_resumes_an_unfinished_funnel_and_restarts_a_finished_one(walk: Walk) -> None:
    walk.step()
    details = walk.step(step_data={})
    again = Walk.of(walk.caller, walk.form, walk.campaign, walk.customer)
    assert again.step() == details
    last = again.step(step_data=DETAILS | {"income": 1})
    assert again.step() == last
    third = Walk.of(walk.caller, walk.form, walk.campaign, walk.customer)
    anew = third.step()
    assert anew["type"] == "message"
    assert anew["config"]["step-id"] != details["config"]["step-id"]
    refused(third.send(step_data={}, step_id=details["config"]["step-id"]), 400, "unknown-step")


def test_a_forced_restart_begins_at_the_first_step(walk: Walk) -> None:
    walk.step()
    walk.step(step_data={})
    restart_funnel(organization=walk.caller.organization, customer_id=walk.customer.pk, campaign_id=walk.campaign.pk)
    assert walk.step()["type"] == "message"


def test_the_path_is_that_of_the_version_at_entry(walk: Walk) -> None:
    walk.step()
    changed = [step for step in steps() if step["name"] != "travel"]
    changed[1]["forks"] = []
    save_funnel(organization=walk.caller.organization, campaign_id=walk.campaign.pk, steps=changed)
    walk.step(step_data={})
    assert walk.step(step_data=DETAILS)["config"]["fields"][0]["name"] == "wants_travel"
    newcomer = Walk.of(walk.caller, walk.form, walk.campaign)
    assert _counts(newcomer.step()) == (2, 3)


def test_the_funnel_of_a_deleted_campaign_is_404(walk: Walk) -> None:
    walk.step()
    AdCampaign.objects.filter(pk=walk.campaign.pk).update(deleted_at=timezone.now())
    refused(walk.send(), 404, "unknown-campaign")


def test_a_merge_moves_the_position_in_a_funnel(caller: Caller, form: Form) -> None:
    campaign = make_card_upgrade(caller.organization)
    anonymous, known = make_anonymous(caller.organization), make_customer(caller.organization)
    early, late = Walk.of(caller, form, campaign, known), Walk.of(caller, form, campaign, anonymous)
    early.step()
    late.step()
    details = late.step(step_data={})
    assert known.external_id
    identify(organization=caller.organization, anonymous=anonymous, customer_id=known.external_id)
    assert late.step() == details
    assert FunnelEntry.objects.get().customer == known


def test_a_step_costs_a_fixed_number_of_statements(walk: Walk, django_assert_num_queries: Callable[..., Any]) -> None:
    first = Walk.of(walk.caller, walk.form, walk.campaign)
    first.step()  # compiles the version
    with django_assert_num_queries(5):  # it begins in a transaction: the way in counts towards a frequency cap
        walk.step()
    with django_assert_num_queries(1):
        walk.step()
    with django_assert_num_queries(2):
        walk.step(step_data={})
    with django_assert_num_queries(4):  # two of them are the savepoint that only a test's transaction needs
        walk.step(step_data=DETAILS)


@pytest.mark.xdist_group("connections")  # PostgreSQL allows a hundred in all
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("exact", [True, False])
def test_many_at_once_never_skip_a_step_or_apply_it_twice(exact: bool) -> None:  # noqa: FBT001
    caller = Caller.of()
    make_field(caller.organization, "nothing", "string")
    walk = Walk.of(caller, "json", make_card_upgrade(caller.organization))
    assert len({str(answer) for answer in together([partial(walk.step) for _ in range(8)])}) == 1
    first = walk.step()["config"]["step-id"]
    members: dict[str, Any] = {"step_data": {}} | ({"step_id": first} if exact else {})
    answers = together([partial(walk.send, **members) for _ in range(8)])
    assert walk.entry().step == "details"
    if exact:
        assert len({answer.content for answer in answers}) == 1
    else:
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    assert walk.entry().revision == 2
    details = walk.step()["config"]["step-id"]
    writers = [
        partial(walk.send, step_data=DETAILS | {"income": 60_000 + number}, step_id=details) for number in range(8)
    ]
    assert len({answer.content for answer in together(writers)}) == 1
    assert walk.entry().data == walk.attributes()
    assert walk.entry().revision == 3
    assert UUID(str(walk.entry().uuid))


@pytest.mark.xdist_group("connections")  # PostgreSQL allows a hundred in all
@pytest.mark.django_db(transaction=True)
def test_a_conversion_at_the_same_time_comes_before_or_after() -> None:
    caller = Caller.of()
    campaign = make_card_upgrade(caller.organization)
    for _ in range(5):
        walk = Walk.of(caller, "json", campaign)
        walk.step()
        moved, _ = together(
            [
                partial(walk.send, step_data={}),
                partial(caller.act, walk.trail, "conversion", "json", tracking_token=walk.token),
            ]
        )
        assert moved.status_code in {200, 400}
        assert walk.entry().step == ("details" if moved.status_code == 200 else "welcome")
        refused(walk.send(step_data={}), 400, "trace-closed")
