"""GET and POST /api/campaigns/:campaign/funnel: plain HTML, strict headers, and nothing a customer writes runs."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from campaigns.models import AdCampaign
from customers.models import Customer
from funnels.funnels.definitions import save_funnel
from funnels.models import FunnelEntry
from tests.dialects.trace.caller import Answer, Caller
from tests.dialects.trace.test_advance_funnel import DETAILS, Walk
from tests.funnels.card_upgrade import make_card_upgrade, steps
from traces.models import Trace

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'onfocus='alert(1)",
    "</textarea><svg/onload=x>",
]


class Visitor:
    """A browser without JavaScript in front of the page."""

    def __init__(self, walk: Walk, more: str = "") -> None:
        self.walk = walk
        self.path = f"/api/campaigns/{walk.campaign.pk}/funnel?d={walk.token}&t={walk.trail}{more}"

    def get(self, path: str = "") -> Answer:
        """Open the page, or another address."""
        return self.walk.caller.client.get(path or self.path)

    def post(self, page: Answer, action: str = "next", **fields: object) -> Answer:
        """Send the page's form with these fields; follows the redirect to the next page."""
        step_id = re.search(r'name="step-id" value="([^"]*)"', page.content.decode())
        form = {f"field.{name}": str(value) for name, value in fields.items()}
        form |= {"action": action, "step-id": step_id[1] if step_id else ""}
        answer = self.walk.caller.client.post(self.path, form)
        return self.get(answer["Location"]) if answer.status_code == 303 else answer


@pytest.fixture
def walk(caller: Caller) -> Walk:
    """A new customer in front of the card upgrade."""
    return Walk.of(caller, "json", make_card_upgrade(caller.organization))


def _text(answer: Answer, status: int = 200) -> str:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    text: str = answer.content.decode()
    return text


def test_the_whole_funnel_works_without_javascript(walk: Walk) -> None:
    visitor = Visitor(walk, "&a=x&popup=true")
    page = visitor.get()
    assert "A better card" in _text(page)
    page = visitor.post(page)
    assert 'type="email" id="field-email" name="field.email"' in _text(page)
    page = visitor.post(page, "next", **DETAILS)
    assert "Do you travel?" in _text(page)
    assert "Step 3 of 4" in _text(page)
    text = _text(visitor.post(page, wants_travel="true"))
    link = unescape(re.search(r'href="(https://bank[^"]*)" target="_top"', text)[1])  # type: ignore[index]
    parts = urlsplit(link)
    assert parse_qs(parts.query) == {
        "from": ["funnel"],
        "card": ["gold & more"],
        "campaign-id": [str(walk.campaign.pk)],
        "trail-id": [walk.trail],
        "tracking-token": [walk.token],
    }
    assert walk.attributes() == DETAILS | {"wants_travel": True}


def test_the_page_may_be_named_by_its_campaigns_name(walk: Walk) -> None:
    AdCampaign.objects.filter(pk=walk.campaign.pk).update(name="Card upgrade 2")
    path = f"/api/campaigns/Card%20upgrade%202/funnel?d={walk.token}&t={walk.trail}"
    assert _text(walk.caller.client.get(path)) == _text(Visitor(walk).get())
    assert walk.caller.client.get(path.replace("upgrade", "nobody")).status_code == 404


def test_wrong_values_come_back_with_what_was_typed(walk: Walk) -> None:
    visitor = Visitor(walk)
    page = visitor.post(visitor.get())
    text = _text(visitor.post(page, first_name="Ana", email="nowhere", income="5"), 400)
    assert 'value="nowhere" required autocomplete="email" aria-invalid="true"' in text
    assert "An email address is expected." in text
    assert 'role="alert"' in text
    assert walk.entry().step == "details"


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_customers_write_is_only_text(walk: Walk, attack: str) -> None:
    visitor = Visitor(walk)
    page = visitor.post(visitor.get())
    wrong = _text(visitor.post(page, first_name=attack, email=attack, income=attack), 400)
    visitor.post(page, "next", **DETAILS | {"first_name": attack, "income": 1})
    Customer.objects.filter(pk=walk.customer.pk).update(attributes={"first_name": attack})
    FunnelEntry.objects.all().delete()
    kept = _text(visitor.post(visitor.get()))
    for text in (wrong, kept):
        assert attack not in text
        assert not re.search(r"<(?:img|svg|script(?! src=\"/static/funnels/funnel.js\" defer>))", text)


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_operators_write_is_only_text(walk: Walk, attack: str) -> None:
    changed = steps()
    changed[0] |= {"title": attack, "message": attack}
    changed[1]["fields"][0]["label"] = attack
    look = {"style": f"p {{ color: red }} {attack} </style>{attack}", "landing_page": f"<p>{attack}</p>"}
    save_funnel(organization=walk.caller.organization, campaign_id=walk.campaign.pk, steps=changed, look=look)
    visitor = Visitor(walk)
    landing = visitor.get()
    message = visitor.post(landing, "begin")
    for answer in (landing, message, visitor.post(message)):
        text = _text(answer)
        body = re.sub(r"<style nonce.*?</style>", "", text, count=1, flags=re.DOTALL)
        assert text.count("</style>") == 1
        assert not re.search(r"<[^>]*\son\w+\s*=|<svg|<script(?! src=\"/static/funnels/funnel.js\" defer>)", body)


def test_the_page_has_strict_headers(caller: Caller) -> None:
    caller.application.allowed_origins = ["https://shop.example", "https://evil.example; script-src *"]
    caller.application.save()
    walk = Walk.of(caller, "json", make_card_upgrade(caller.organization, style="main { color: navy }"))
    answer = Visitor(walk).get()
    policy = dict(part.strip().split(" ", 1) for part in answer["Content-Security-Policy"].split(";"))
    nonce = re.search(r'<style nonce="([^"]+)">main { color: navy }</style>', _text(answer))
    assert nonce
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'self' 'nonce-{nonce[1]}'",
        "script-src": "'self'",
        "img-src": "'self' https: data:",
        "form-action": "'self'",
        "frame-ancestors": "'self' https://shop.example",
        "base-uri": "'none'",
    }
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
    assert not answer.cookies
    assert nonce[1] not in _text(Visitor(walk).get())


def test_not_interested_dismisses_the_campaign(walk: Walk) -> None:
    visitor = Visitor(walk)
    assert "Thank you" in _text(visitor.post(visitor.get(), "dismiss"))
    assert Trace.objects.get().closed_by == "dismiss"
    assert "already answered" in _text(visitor.get(), 400)


def test_not_interested_only_where_it_is_offered(caller: Caller) -> None:
    walk = Walk.of(caller, "json", make_card_upgrade(caller.organization, allow_dismiss=False, show_progress_bar=False))
    visitor = Visitor(walk)
    page = visitor.get()
    assert "not interested" not in _text(page)
    assert "<progress" not in _text(page)
    visitor.post(page, "dismiss")
    assert Trace.objects.get().closed_by is None


def test_the_landing_page_comes_first(caller: Caller) -> None:
    campaign = make_card_upgrade(caller.organization, landing_page="<h1>Gold!</h1>")
    visitor = Visitor(Walk.of(caller, "json", campaign))
    page = visitor.get()
    assert "<h1>Gold!</h1>" in _text(page)
    assert not FunnelEntry.objects.exists()
    assert "A better card" in _text(visitor.post(page, "begin"))
    assert "A better card" in _text(visitor.get())
    make_always: dict[str, Any] = {"always_use_landing": True}
    save_funnel(organization=caller.organization, campaign_id=campaign.pk, steps=steps(), look=make_always)
    assert "<h1>Gold!</h1>" in _text(visitor.get())


def test_cancel_keeps_the_current_step(walk: Walk) -> None:
    visitor = Visitor(walk)
    page = visitor.post(visitor.get())
    assert "Your answers are kept" in _text(visitor.post(page, "cancel"))
    assert "First name" in _text(visitor.get())


def test_a_form_sent_twice_advances_once(walk: Walk) -> None:
    visitor = Visitor(walk)
    first = visitor.get()
    visitor.post(first)
    assert "First name" in _text(visitor.post(first))
    assert walk.entry().revision == 2


def test_a_foreign_trail_token_or_campaign_is_a_page_with_404(walk: Walk, rival: Caller) -> None:
    stranger = Walk.of(rival, "json", make_card_upgrade(rival.organization))
    for path in (
        f"/api/campaigns/{walk.campaign.pk}/funnel",
        f"/api/campaigns/{walk.campaign.pk}/funnel?d=x&t=y",
        f"/api/campaigns/{stranger.campaign.pk}/funnel?d={walk.token}&t={walk.trail}",
        f"/api/campaigns/{walk.campaign.pk}/funnel?d={stranger.token}&t={walk.trail}",
        f"/api/campaigns/{walk.campaign.pk}/funnel?d={walk.token}&t={stranger.trail}",
        f"/api/campaigns/{'9' * 19}/funnel?d={walk.token}&t={walk.trail}",
    ):
        assert "can&#x27;t be found" in _text(Visitor(walk).get(path), 404)
    assert not FunnelEntry.objects.exists()
