"""Every write that changes what decisions are made from is seen by the next request, which loads only what changed.

The walk goes through all services that raise an organization's version (it finds them in the source, and fails where
one isn't walked), and compares after each what was brought up to date with what is loaded anew.
"""

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from campaigns.behaviors import compiled as behavior_rules
from campaigns.behaviors import definitions as behaviors
from campaigns.decisions import compiled as definitions
from campaigns.hierarchy import campaigns, creatives, line_items, single_targets
from campaigns.hierarchy import creative_groups as groups
from campaigns.models import AdGroup, AdTarget, AdUnit, Offer
from campaigns.models.spend_limit import Limit
from campaigns.offers import definitions as offer_definitions
from campaigns.spend import limits as spend_limits
from customers.models import Application, CustomerField, Organization
from customers.organizations import organizations
from customers.organizations.organizations import bump_version
from customers.schema.fields import delete_field, save_field
from funnels.funnels.definitions import delete_funnel, save_funnel
from funnels.models import Banner, BusinessEvent, EventBinding, Funnel, Placeholder, Popup
from funnels.placements import loading as placement_loading
from funnels.placements import objects as placement_objects
from tests.channels import ENDS_AT, STARTS_AT, make_banner, make_event, make_live_campaign, make_placeholder, make_popup
from tests.dialects.management.bodies import goal
from tests.factories import make_application, make_field, make_group, make_line_item, unique
from tests.version_cache.exact import assert_exact, forget, keep

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
APPS = ("campaigns", "config", "customers", "funnels", "marketing_solutions", "traces")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DATES = {"starts_at": STARTS_AT, "ends_at": ENDS_AT, "status": "live"}
TRIGGERED = {
    "name": "Creative",
    "status": "live",
    "ad_type": "push_message",
    "creative_type": "messaging-platform-push",
    "delivery_method": "triggered",
}
# It makes indexes, outside of a transaction; its mark is the one that saving a field leaves.
BESIDE = {("customers/schema/indexes.py", "_unmark_unique")}
GOLD = {"attribute": "tier", "operator": "in", "values": ["gold"]}


@dataclass
class Scene:
    """An organization with something of every kind."""

    organization: Organization
    application: Application
    placeholder: Placeholder
    event: BusinessEvent

    def campaign(self, **attributes: Any) -> Any:
        """A new campaign, made by the service."""
        values = {"name": unique("Campaign"), **DATES, **attributes}
        return campaigns.create_campaign(organization=self.organization, attributes=values)

    def banner(self, campaign: Any, **attributes: Any) -> Banner:
        """A new banner of a campaign."""
        values = {"placeholder": self.placeholder, "campaign": campaign, "link": "/media/x.png", "weight": 1}
        return placement_objects.save_banner(banner=Banner(**values | attributes))


@pytest.fixture
def scene() -> Scene:
    """Its fields, places and some campaigns in them are known before anything is kept."""
    application = make_application().application
    organization = application.organization
    make_field(organization, "tier", "string")
    placeholder, event = make_placeholder(application), make_event(application)
    for number in range(3):
        target = GOLD | {"values": [f"tier {number}", "gold"]}
        campaign = make_live_campaign(organization, target, priority=number)
        make_banner(placeholder, campaign)
        make_popup(application, campaign)
        make_group(make_line_item(campaign, **DATES), **DATES)
        EventBinding.objects.create(organization=organization, event=event, campaign=campaign)
    made = Scene(organization, application, placeholder, event)
    keep(organization)
    return made


@pytest.fixture
def whole_loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what was loaded as a whole."""
    loads: list[str] = []

    def noted(name: str, load: Callable[..., Any]) -> Callable[..., Any]:
        def load_and_note(*arguments: Any) -> Any:
            loads.append(name)
            return load(*arguments)

        return load_and_note

    monkeypatch.setattr(definitions, "_load_all", noted("definitions", definitions._load_all))
    monkeypatch.setattr(behavior_rules, "_load_all", noted("rules", behavior_rules._load_all))
    monkeypatch.setattr(placement_loading, "_empty_catalog", noted("channel", placement_loading._empty_catalog))
    return loads


def walk(scene: Scene) -> Iterator[str]:
    """Make one write after the other, and tell its name; "whole" begins that of one after which all is loaded."""
    yield from _walk_levels(scene)
    yield from _walk_behaviors(scene)
    yield from _walk_channel(scene)
    yield from _walk_spend(scene)
    yield from _walk_schema(scene)


def _walk_levels(scene: Scene) -> Iterator[str]:
    own = {"organization": scene.organization}
    changes: dict[str, Any]
    campaign = scene.campaign(targets=[GOLD])
    yield "a campaign is made"
    scene.banner(campaign)
    item = line_items.create_line_item(**own, campaign_id=campaign.pk, attributes={"name": "Item", **DATES})
    yield "a line item is made"
    group = groups.create_group(**own, line_item_id=item.pk, attributes={"name": "Group", "targets": [GOLD], **DATES})
    yield "a group is made"
    scene.banner(campaign, group=group)
    yield "a banner of a group"
    for owner in ({"bundle": campaign.ad_bundle}, {"creative_group": AdGroup.objects.get(pk=group.pk)}):
        wanted = {"position": 7, "attribute": "tier", "operator": "in", "values": ["iron"]}
        target = single_targets.save_target(target=AdTarget(**owner), changes=wanted)
        yield "a target is added"
        single_targets.save_target(target=target, changes={"values": ["lead"]})
        yield "a target is changed"
        single_targets.delete_target(target=target)
        yield "a target is deleted"
    for changes in (
        {"priority": 7},
        {"targets": [GOLD | {"values": ["silver", "bronze"]}]},
        {"targets": []},
        {"category": "Sales", "frequency_cap": 1, "frequency_unit": "impressions", "frequency_period": "daily"},
        {"price_per_impression": Decimal("0.5")},
        {"status": "paused"},
        {"status": "live"},
        {"ends_at": NOW - timedelta(days=900)},
        {"ends_at": ENDS_AT},
        {"starts_at": ENDS_AT - timedelta(days=1)},
        {"starts_at": STARTS_AT},
    ):
        campaigns.update_campaign(**own, campaign_id=campaign.pk, changes=changes)
        yield f"a campaign is changed: {changes}"
    for changes in ({"status": "paused"}, {"status": "live", "ends_at": ENDS_AT - timedelta(days=1)}):
        line_items.update_line_item(**own, line_item_id=item.pk, changes=changes)
        yield f"a line item is changed: {changes}"
    for changes in ({"targets": []}, {"targets": [GOLD]}, {"status": "paused"}, {"status": "live"}):
        groups.update_group(**own, group_id=group.pk, changes=changes)
        yield f"a group is changed: {changes}"
    groups.delete_group(**own, group_id=group.pk, now=NOW)
    yield "a group is deleted"
    line_items.delete_line_item(**own, line_item_id=item.pk, now=NOW)
    yield "a line item is deleted"
    campaigns.delete_campaign(**own, campaign_id=campaign.pk, now=NOW)
    yield "a campaign is deleted"


def _walk_behaviors(scene: Scene) -> Iterator[str]:
    own = {"organization": scene.organization}
    changes: dict[str, Any]
    offer = offer_definitions.create_offer(**own, attributes={"name": "Socks"})
    yield "an offer is made"
    offer_definitions.update_offer(**own, offer_id=offer.pk, changes={"points": 3})
    yield "an offer is changed"
    campaign, other = scene.campaign(), scene.campaign()
    goals = [{"goals": [goal()]}]
    description = {"name": "Behavior", "data": {}, "goal_groups": goals, "points": 5}
    outcome = {"outcome_config": [{"event": {"name": "bought"}}, {"deal": {"id": offer.guid}}]}
    first, second = behaviors.create_behaviors(
        **own, campaign_id=campaign.pk, behaviors=[description | outcome, description | {"name": "Another"}]
    )
    yield "behaviors are made"
    changed = {"goal_groups": [{"goals": [goal(internal_event_name="sell")]}]}
    for changes in ({"points": 6}, changed, {"outcome_config": []}, {"tags": "a"}):
        behaviors.update_behavior(**own, behavior_id=first.composite["id"], changes=changes, now=NOW)
        yield f"a behavior is changed: {changes}"
    item = line_items.create_line_item(**own, campaign_id=campaign.pk, attributes={"name": "Item", **DATES})
    group = groups.create_group(**own, line_item_id=item.pk, attributes={"name": "Group", **DATES})
    yield "levels below"
    values = TRIGGERED | {"achievement_id": first.composite["id"]}
    creative = creatives.create_creative(**own, application=scene.application, group_id=group.pk, attributes=values)
    yield "a creative is made"
    for changes in ({"achievement_id": second.composite["id"]}, {"status": "paused"}, {"status": "live"}):
        creatives.update_creative(**own, creative_id=creative.pk, changes=changes)
        yield f"a creative is changed: {changes}"
    away = groups.create_group(
        **own,
        line_item_id=line_items.create_line_item(**own, campaign_id=other.pk, attributes={"name": "Item", **DATES}).pk,
        attributes={"name": "Group", **DATES},
    )
    AdUnit.objects.filter(pk=creative.pk).update(creative_group=away)
    bump_version(**own, changed={AdUnit: [creative.pk], type(group): [group.pk]})
    yield "a creative moves to another campaign, and is still triggered from the first"
    line_items.delete_line_item(**own, line_item_id=away.line_item_id, now=NOW)
    yield "what it is in is deleted"
    spare = creatives.create_creative(**own, application=scene.application, group_id=group.pk, attributes=values)
    creatives.delete_creative(**own, creative_id=spare.pk, now=NOW)
    yield "a creative is deleted"
    behaviors.delete_behavior(**own, behavior_id=first.composite["id"], now=NOW)
    yield "a behavior is deleted"
    campaigns.update_campaign(**own, campaign_id=campaign.pk, changes={"status": "paused"})
    yield "a campaign with a behavior is paused"


def _walk_channel(scene: Scene) -> Iterator[str]:
    application = make_application(scene.organization).application
    placeholder = placement_objects.save_placeholder(
        placeholder=Placeholder(application=scene.application, name="new", width=1, height=2)
    )
    yield "a placeholder is made"
    first, second = scene.campaign(), scene.campaign()
    banner = scene.banner(first, placeholder=placeholder)
    banner.campaign = second
    placement_objects.save_banner(banner=banner)
    yield "a banner moves to another campaign"
    banner.placeholder, banner.weight = scene.placeholder, 3
    placement_objects.save_banner(banner=banner)
    yield "a banner moves to another placeholder"
    scene.placeholder.width, scene.placeholder.name, scene.placeholder.application = 5, "renamed", application
    placement_objects.save_placeholder(placeholder=scene.placeholder)
    yield "a placeholder is changed and moves to another application"
    message = [{"name": "only", "type": "message", "title": "T", "message": "M"}]
    save_funnel(
        organization=scene.organization, campaign_id=second.pk, steps=message, look={"style": "p { color: red }"}
    )
    yield "a funnel is made"
    delete_funnel(funnel=Funnel.objects.get(campaign=second))
    yield "a funnel is deleted"
    popup = placement_objects.save_popup(
        popup=Popup(application=scene.application, campaign=first, page_location="*", show_close=True)
    )
    yield "a popup is made"
    popup.campaign, popup.application = second, application
    placement_objects.save_popup(popup=popup)
    yield "a popup moves"
    event = placement_objects.save_business_event(event=BusinessEvent(application=application, name="new"))
    yield "a business event is made"
    binding = placement_objects.save_event_binding(binding=EventBinding(event=event, campaign=first, filter=[]))
    yield "a binding is made"
    binding.event, binding.campaign = scene.event, second
    placement_objects.save_event_binding(binding=binding)
    yield "a binding moves"
    event.name = "renamed"
    placement_objects.save_business_event(event=event)
    yield "a business event is renamed"
    for row in (popup, banner, binding, event, placeholder, scene.placeholder, scene.event):
        placement_objects.delete_placement_object(row=row)
        yield f"{type(row).__name__} is deleted"


def _walk_spend(scene: Scene) -> Iterator[str]:
    campaign = scene.campaign()
    for limit in (
        Limit("capped", "daily", Decimal(5)),
        Limit("capped", "daily", Decimal(7)),
        Limit("uncapped", "undefined", None),
        Limit("capped", "lifetime", Decimal(9)),
    ):
        spend_limits.set_spend_limit(organization=scene.organization, campaign_id=campaign.pk, limit=limit, now=NOW)
        yield f"a spend limit is set: {limit}"


def _walk_schema(scene: Scene) -> Iterator[str]:
    organizations.save_organization(organization=scene.organization, time_zone="Europe/Vienna")
    yield "an organization is changed"
    field = save_field(field=CustomerField(organization=scene.organization, name="city", type="string"))
    yield "whole: a field is made"
    delete_field(field=field)
    yield "whole: a field is deleted"
    bump_version(organization=scene.organization)
    yield "whole: nobody says what changed"
    Organization.objects.filter(pk=scene.organization.pk).update(version=scene.organization.version + 1000)
    yield "whole: nobody has marked anything"
    bump_version(organization=scene.organization, changed={CustomerField: [1]})
    yield "whole: what definitions can't say where it is"
    bump_version(organization=scene.organization, changed={Offer: range(2000)})
    yield "whole: more than is told one by one"


def test_every_write_is_seen_and_loads_only_what_changed(
    scene: Scene, whole_loads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    callers = _noted_callers(monkeypatch)
    for step in walk(scene):
        whole_loads.clear()
        keep(scene.organization)
        assert bool(whole_loads) == step.startswith("whole"), step
        assert_exact(scene.organization)
    assert callers >= _callers_in_source() - BESIDE


def _noted_callers(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """Who has raised a version since: pairs of a module's path and a function's name."""
    callers: set[tuple[str, str]] = set()
    rows = organizations.BUMP_VERSION.rows

    def noted(arguments: Any) -> Any:
        frame: Any = sys._getframe(2)
        callers.add((str(Path(frame.f_code.co_filename).relative_to(ROOT)), frame.f_code.co_name))
        return rows(arguments)

    monkeypatch.setattr(organizations.BUMP_VERSION, "rows", noted)
    return callers


def _callers_in_source() -> set[tuple[str, str]]:
    """Every function of ours that calls `bump_version`."""
    found = set()
    for path in sorted(path for app in APPS for path in (ROOT / app).rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef) and _calls_bump_version(function):
                found.add((str(path.relative_to(ROOT)), function.name))
    return found


def _calls_bump_version(function: ast.FunctionDef) -> bool:
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return any(isinstance(called, ast.Name) and called.id == "bump_version" for called in calls)


def test_every_bump_of_the_version_names_what_changed() -> None:
    """Without it nothing is forgotten, but every process loads the whole organization."""
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted(path for app in APPS for path in (ROOT / app).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "bump_version"
        and "changed" not in {keyword.arg for keyword in node.keywords}
    ]
    assert not wrong


def test_changing_the_amount_of_a_spend_limit_bumps_no_version(scene: Scene, whole_loads: list[str]) -> None:
    campaign = scene.campaign()
    set_to = {"organization": scene.organization, "campaign_id": campaign.pk, "now": NOW}
    spend_limits.set_spend_limit(**set_to, limit=Limit("capped", "daily", Decimal(5)))
    before = keep(scene.organization)
    spend_limits.set_spend_limit(**set_to, limit=Limit("capped", "lifetime", Decimal(500)))
    after = keep(scene.organization)
    assert all(after[name] is kept for name, kept in before.items())
    spend_limits.set_spend_limit(**set_to, limit=Limit("uncapped", "undefined", None))
    turned = keep(scene.organization)["definitions"]
    assert (campaign.pk in before["definitions"].capped, campaign.pk in turned.capped) == (True, False)
    assert turned.by_id is before["definitions"].by_id
    assert turned.index is before["definitions"].index
    assert not whole_loads


def test_an_edit_recompiles_only_what_it_changed(scene: Scene) -> None:
    campaign = scene.campaign()
    scene.banner(campaign)
    before = keep(scene.organization)
    campaigns.update_campaign(organization=scene.organization, campaign_id=campaign.pk, changes={"priority": 3})
    after = keep(scene.organization)
    old, new = before["definitions"].by_id, after["definitions"].by_id
    assert {key for key in new if new[key] is not old[key]} == {campaign.pk}
    placeholders = [one["channel"].placeholders[scene.placeholder.pk] for one in (before, after)]
    places = [{key: several[0].candidate for key, several in one.index.placed.items()} for one in placeholders]
    assert {key for key in places[1] if places[1][key] is not places[0][key]} == {campaign.pk}
    assert placeholders[0].rendered is placeholders[1].rendered
    assert before["definitions"].by_id[campaign.pk].candidate.priority == 0


def test_a_reader_with_a_very_old_version_loads_everything(scene: Scene, whole_loads: list[str]) -> None:
    for _ in range(organizations.REMEMBERED):
        bump_version(organization=scene.organization, changed={})
    keep(scene.organization)
    assert not whole_loads
    for _ in range(organizations.REMEMBERED + 1):
        bump_version(organization=scene.organization, changed={})
    keep(scene.organization)
    assert set(whole_loads) == {"definitions", "channel", "rules"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM customers_definitionchange")
        assert cursor.fetchone() == (organizations.REMEMBERED,)
    forget(scene.organization)
