"""Funnels when they are saved: versions, sanitising, and errors that name everything."""

import pytest

from customers.errors import DomainError
from customers.models import Organization
from funnels.funnels.definitions import save_funnel
from funnels.funnels.lookup import NO_FUNNEL, funnel_summary
from funnels.models import FunnelVersion
from tests.factories import make_campaign, make_organization
from tests.funnels.card_upgrade import funnel_of, make_card_upgrade, steps

pytestmark = pytest.mark.django_db


def test_steps_that_did_not_change_keep_their_version_and_others_make_a_new_one() -> None:
    campaign = make_card_upgrade(make_organization())
    organization, first = campaign.organization, funnel_of(campaign).version
    save_funnel(organization=organization, campaign_id=campaign.pk, steps=steps(), look={"new_window": True})
    assert funnel_of(campaign).version == first
    changed = steps()
    changed[0]["title"] = "Another title"
    save_funnel(organization=organization, campaign_id=campaign.pk, steps=changed)
    assert funnel_of(campaign).new_window
    assert (funnel_of(campaign).version.number, FunnelVersion.objects.count()) == (2, 2)


def test_saving_raises_the_version_stamp() -> None:
    campaign = make_campaign(make_organization())
    before = campaign.organization.version
    message = [{"name": "only", "type": "message", "title": "T", "message": "M"}]
    save_funnel(organization=campaign.organization, campaign_id=campaign.pk, steps=message)
    assert Organization.objects.get(pk=campaign.organization.pk).version == before + 1


def test_everything_wrong_is_named_at_once() -> None:
    campaign = make_campaign(make_organization())
    with pytest.raises(DomainError) as caught:
        save_funnel(
            organization=campaign.organization,
            campaign_id=campaign.pk,
            steps=[],
            look={"allow_dismiss": 1, "style": 5, "colour": "red"},
        )
    assert caught.value.fields.keys() == {"steps", "allow_dismiss", "style", "colour"}
    with pytest.raises(DomainError) as caught:
        save_funnel(organization=make_organization(), campaign_id=campaign.pk, steps=[])
    assert caught.value.code == "not_found"


def test_the_funnel_object_of_a_banner_has_the_contracts_members() -> None:
    campaign = make_card_upgrade(make_organization(), style="main { color: navy }", landing_page="<p>Hi</p>")
    summary = funnel_summary(funnel_of(campaign)).as_members()
    assert summary == NO_FUNNEL.as_members() | {"style": "main { color: navy }", "landing-page": True}
    assert summary.keys() >= {"new-widow", "new-window", "always-use-landing", "show-progress-bar", "allow-dismiss"}


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        "<svg onload=alert(1)>",
        "<iframe src=https://evil.example></iframe>",
        "<form action=https://evil.example><input name=a></form>",
        "<style>@import 'x'</style>",
        "<base href=https://evil.example>",
        "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    ],
)
def test_nothing_in_a_landing_page_runs(attack: str) -> None:
    campaign = make_card_upgrade(make_organization(), landing_page=f"<p>Hello</p>{attack}")
    kept = funnel_of(campaign).landing_page
    assert kept.startswith("<p>Hello</p>")
    for trace in ("script", "onerror", "onload", "javascript:", "data:", "iframe", "form", "style", "base", "meta"):
        assert trace not in kept
