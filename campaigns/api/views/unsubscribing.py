"""The page behind an email's List-Unsubscribe address (RFC 8058), for people and for their mail programs.

Looking at it changes nothing: programs that scan mail open every address. The button, and the one-click POST of mail
programs, take the consent to email away. The token is all the permission there is, so no session and no CSRF check.
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from campaigns.delivery.unsubscribing import read_token
from customers.customers.consent import withdraw_email_consent
from customers.models import Organization

POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET, do it on POST; a token that isn't ours answers 404."""
    whose = read_token(token)
    if whose is None:
        raise Http404
    organization = get_object_or_404(Organization, pk=whose.organization_id)
    if request.method == "POST":
        withdraw_email_consent(organization=organization, identity=whose.customer_uuid)
    context = {"organization": organization.name, "is_done": request.method == "POST"}
    response = render(request, "campaigns/unsubscribe.html", context)
    response["Content-Security-Policy"] = POLICY
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
