"""GET /api/campaigns/:campaign/funnel?d=&t=&a=&popup= (contract 3, Banners and Popups; contract 4, "the funnel page").

The address is the capability: it holds the visit's and the offer's tokens, and the forms post to it. There is no
cookie that another site could make a browser send, so there is nothing to forge (docs/decisions/0041).
"""

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from customers.models.identifier import as_uuid
from funnels.api.base import CustomerPage
from funnels.api.form_fields import shown_fields, step_data_of
from funnels.funnels.engine import StepConfig
from funnels.funnels.lookup import campaign_id_of
from funnels.funnels.page import (
    OpenedFunnel,
    Submission,
    current_fields,
    current_step,
    dismiss,
    open_funnel,
    submit_step,
)

SEE_OTHER = 303


class FunnelPage(CustomerPage):
    """A campaign's funnel for a customer: usable without JavaScript, and a little smoother with it."""

    def get(self, request: HttpRequest, campaign_id: str) -> HttpResponse:
        """The landing page or the current step."""
        opened = self._open(request, campaign_id)
        if opened.opens_with_landing and "begun" not in request.GET:
            return self._show(opened, "funnels/landing.html", {"landing_page": opened.funnel.landing_page})
        return self._step(opened)

    def post(self, request: HttpRequest, campaign_id: str) -> HttpResponse:
        """What a form of the page asks for: go on, leave, or not interested."""
        opened = self._open(request, campaign_id)
        action = request.POST.get("action", "next")
        if action == "dismiss" and opened.funnel.allow_dismiss:
            dismiss(opened=opened, now=timezone.now())
            return self._note(opened, "Thank you", "We won't show you this offer again.", "dismissed")
        if action in {"cancel", "close"}:
            return self._note(opened, "See you soon", "Your answers are kept. You can close this window.", "closed")
        if action == "next":
            submission = submit_step(
                opened=opened,
                step_id=request.POST.get("step-id", ""),
                step_data=step_data_of(request.POST),
                now=timezone.now(),
            )
            if submission.errors:
                return self._step(opened, submission)
        return self._again(request)

    def _open(self, request: HttpRequest, campaign_id: str) -> OpenedFunnel:
        trail_id = as_uuid(request.GET.get("t", ""))
        named = int(campaign_id) if campaign_id.isascii() and campaign_id.isdigit() else campaign_id
        return open_funnel(
            trail_id=trail_id,
            campaign_id=campaign_id_of(trail_id=trail_id, named=named),
            token=as_uuid(request.GET.get("d", "")),
        )

    def _again(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the step after a form, so that reloading the page sends nothing twice."""
        query = request.GET.copy()
        query["begun"] = "1"
        response = HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
        response.status_code = SEE_OTHER
        response["Referrer-Policy"] = "no-referrer"
        return response

    def _step(self, opened: OpenedFunnel, submission: Submission | None = None) -> HttpResponse:
        answer = current_step(opened=opened, now=timezone.now())
        if answer["type"] == "end":
            return self._note(opened, "Thank you", "That was all. You can close this window.", "end")
        config = answer["config"]
        context: dict[str, object] = {"config": config, "step_id": config["step-id"], **_progress(config)}
        if answer["type"] == "redirect":
            return self._redirect(opened, config)
        errors = submission.errors if submission else {}
        given = step_data_of(self.request.POST) if errors else {}
        fields = shown_fields(config.get("fields", []), current_fields(opened=opened), given, errors)
        context |= {"fields": fields, "errors": [field for field in fields if field["error"]]}
        return self._show(opened, "funnels/step.html", context, status=400 if errors else 200)

    def _redirect(self, opened: OpenedFunnel, config: StepConfig) -> HttpResponse:
        target = _target(opened, config)
        frame = "_blank" if config["new-window"] else "_top" if self._is_popup else "_self"
        parts = urlsplit(target)
        shown = {"target": target, "frame": frame, "host": parts.netloc, "method": config["method"]}
        origin = f"{parts.scheme}://{parts.netloc}"
        return self._show(opened, "funnels/redirect.html", {**_progress(config), **shown}, form_target=origin)

    @property
    def _is_popup(self) -> bool:
        return self.request.GET.get("popup") == "true"

    def _note(self, opened: OpenedFunnel, heading: str, sentence: str, state: str) -> HttpResponse:
        return self._show(opened, "funnels/note.html", {"heading": heading, "sentence": sentence, "state": state})

    def _show(
        self,
        opened: OpenedFunnel,
        template: str,
        context: Mapping[str, object],
        *,
        status: int = 200,
        form_target: str = "",
    ) -> HttpResponse:
        shown = {"funnel": opened.funnel, "style": opened.funnel.style, "popup": self._is_popup, **context}
        return self.page(template, shown, status=status, frames=opened.allowed_origins, form_target=form_target)


def _progress(config: StepConfig) -> dict[str, int]:
    """Which step of how many this is, on the path that the answers so far select."""
    number = int(config["step-id"].rpartition("-")[2]) + 1
    return {"number": number, "of": number + config["remaining-steps"]}


def _target(opened: OpenedFunnel, config: StepConfig) -> str:
    """The redirect's address with its parameters in the query string (contract 3, Redirect Step)."""
    pairs = [(each["name"], each["value"]) for each in config["parameters"]]
    if config["include-system-params"]:
        system = {"campaign-id": opened.campaign_id, "trail-id": opened.trail_id, "tracking-token": opened.token}
        pairs += [(name, str(value)) for name, value in system.items()]
    parts = urlsplit(config["url"])
    query = "&".join(filter(None, [parts.query, urlencode(pairs)]))
    return str(parts._replace(query=query).geturl())
