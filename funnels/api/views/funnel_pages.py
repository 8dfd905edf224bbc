"""GET /api/campaigns/:campaign/funnel?d=&t=&a=&popup= (contract 3, Banners and Popups; contract 4, "the funnel page").

The address is the capability: it holds the visit's and the offer's tokens, and the forms post to it. There is no
cookie that another site could make a browser send, so there is nothing to forge (docs/decisions/0041).
"""

from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from customers.models.identifier import as_uuid
from funnels.api.base import CustomerPage
from funnels.api.form_fields import shown_fields, step_data_of
from funnels.funnels.page import (
    Place,
    Submission,
    current_fields,
    current_step,
    dismiss,
    find_place,
    submit_step,
)

SEE_OTHER = 303


class FunnelPage(CustomerPage):
    """A campaign's funnel for a customer: usable without JavaScript, and a little smoother with it."""

    def get(self, request: HttpRequest, campaign_id: str) -> HttpResponse:
        """The landing page or the current step."""
        place = self._place(request, campaign_id)
        if place.opens_with_landing and "begun" not in request.GET:
            return self._show(place, "funnels/landing.html", {"landing_page": place.funnel.landing_page})
        return self._step(place)

    def post(self, request: HttpRequest, campaign_id: str) -> HttpResponse:
        """What a form of the page asks for: go on, leave, or not interested."""
        place = self._place(request, campaign_id)
        action = request.POST.get("action", "next")
        if action == "dismiss" and place.funnel.allow_dismiss:
            dismiss(place=place, now=timezone.now())
            return self._note(place, "Thank you", "We won't show you this offer again.", "dismissed")
        if action in {"cancel", "close"}:
            return self._note(place, "See you soon", "Your answers are kept. You can close this window.", "closed")
        if action == "next":
            submission = submit_step(
                place=place,
                step_id=request.POST.get("step-id", ""),
                step_data=step_data_of(request.POST),
                now=timezone.now(),
            )
            if submission.errors:
                return self._step(place, submission)
        return self._again(request)

    def _place(self, request: HttpRequest, campaign_id: str) -> Place:
        return find_place(
            trail_id=as_uuid(request.GET.get("t", "")),
            campaign_id=int(campaign_id),
            token=as_uuid(request.GET.get("d", "")),
        )

    def _again(self, request: HttpRequest) -> HttpResponse:
        """After a form the step is got anew, so that reloading the page sends nothing twice."""
        query = request.GET.copy()
        query["begun"] = "1"
        response = HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
        response.status_code = SEE_OTHER
        response["Referrer-Policy"] = "no-referrer"
        return response

    def _step(self, place: Place, submission: Submission | None = None) -> HttpResponse:
        answer = current_step(place=place, now=timezone.now())
        if answer["type"] == "end":
            return self._note(place, "Thank you", "That was all. You can close this window.", "end")
        config = answer["config"]
        context = {"config": config, "step_id": config["step-id"], **_progress(config)}
        if answer["type"] == "redirect":
            return self._redirect(place, context)
        errors = submission.errors if submission else {}
        given = step_data_of(self.request.POST) if errors else {}
        context["fields"] = shown_fields(config.get("fields", []), current_fields(place=place), given, errors)
        context["errors"] = [field for field in context["fields"] if field["error"]]
        return self._show(place, "funnels/step.html", context, status=400 if errors else 200)

    def _redirect(self, place: Place, context: dict[str, Any]) -> HttpResponse:
        config, target = context["config"], _target(place, context["config"])
        frame = "_blank" if config["new-window"] else "_top" if self._is_popup else "_self"
        parts = urlsplit(target)
        shown = context | {"target": target, "frame": frame, "host": parts.netloc, "method": config["method"]}
        origin = f"{parts.scheme}://{parts.netloc}"
        return self._show(place, "funnels/redirect.html", shown, form_target=origin)

    @property
    def _is_popup(self) -> bool:
        return self.request.GET.get("popup") == "true"

    def _note(self, place: Place, heading: str, sentence: str, state: str) -> HttpResponse:
        return self._show(place, "funnels/note.html", {"heading": heading, "sentence": sentence, "state": state})

    def _show(
        self, place: Place, template: str, context: dict[str, Any], *, status: int = 200, form_target: str = ""
    ) -> HttpResponse:
        shown = {"funnel": place.funnel, "style": place.funnel.style, "popup": self._is_popup, **context}
        return self.page(template, shown, status=status, frames=place.allowed_origins, form_target=form_target)


def _progress(config: dict[str, Any]) -> dict[str, int]:
    """Which step of how many this is, on the path that the answers so far select."""
    number = int(config["step-id"].rpartition("-")[2]) + 1
    return {"number": number, "of": number + config["remaining-steps"]}


def _target(place: Place, config: dict[str, Any]) -> str:
    """The redirect's address with its parameters in the query string (contract 3, Redirect Step)."""
    pairs = [(each["name"], each["value"]) for each in config["parameters"]]
    if config["include-system-params"]:
        system = {"campaign-id": place.campaign_id, "trail-id": place.trail_id, "tracking-token": place.token}
        pairs += [(name, str(value)) for name, value in system.items()]
    parts = urlsplit(config["url"])
    query = "&".join(filter(None, [parts.query, urlencode(pairs)]))
    return str(parts._replace(query=query).geturl())
