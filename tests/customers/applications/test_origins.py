"""The origins of an application: kept as browsers spell them, or refused beside their field."""

from typing import Any

import pytest

from customers.applications.applications import create_application, update_application
from customers.applications.origins import is_allowed_origin
from customers.errors import DomainError
from customers.models import Application
from tests.admin.browser import address, errors_of, opened, superuser
from tests.factories import make_application, make_organization, unique

pytestmark = pytest.mark.django_db
# What people write, and what their browser says.
READ = {
    "https://shop.example": "https://shop.example",
    " https://shop.example/ ": "https://shop.example",
    "HTTPS://Shop.Example:443": "https://shop.example",
    "http://shop.example:80/": "http://shop.example",
    "http://shop.example:443": "http://shop.example:443",
    "https://shop.example:8443": "https://shop.example:8443",
    "https://bücher.example": "https://xn--bcher-kva.example",
    "https://xn--bcher-kva.example": "https://xn--bcher-kva.example",
    "http://localhost:3000": "http://localhost:3000",
    "http://127.0.0.1:8000": "http://127.0.0.1:8000",
    "http://[0:0:0:0:0:0:0:1]:8000/": "http://[::1]:8000",
    f"https://{'x' * 60}.{'y' * 60}.example": f"https://{'x' * 60}.{'y' * 60}.example",
}
REFUSED = [
    *("shop.example", "//shop.example", "*", "https://*.shop.example", "https://shop.example/path", "null", "https://"),
    *("https://shop.example/?", "https://shop.example#top", "http://[", "https://a@shop.example", "ftp://shop.example"),
    *("https://shop.example:0", "https://shop.example:99999", "https://shop.example:x", "https://sh op.example"),
    *("https://sh\nop.example", "https://127.1", "https://shop.1", "https://straße.example", "https://a..example"),
    *("https://[fe80::1%25eth0]", "https://-shop.example", f"https://{'x' * 64}.example", "https:shop.example"),
    *(f"https://{'.'.join(['x' * 60] * 4)}.example", "https://shop.example\\path", "https://shop.example; x", "\ud800"),
]


@pytest.mark.parametrize("written", READ)
def test_unambiguous_origins_are_stored_in_the_spelling_of_browsers(written: str) -> None:
    made, _ = create_application(
        organization=make_organization(), name="Shop", allowed_origins=[written, READ[written]]
    )
    made.refresh_from_db()
    assert made.allowed_origins == [READ[written]]
    assert is_allowed_origin(READ[written], named=made.app_token)


@pytest.mark.parametrize("written", REFUSED)
def test_texts_that_are_no_origin_are_refused(written: str) -> None:
    organization, application = make_organization(), make_application().application
    with pytest.raises(DomainError) as made:
        create_application(organization=organization, name="Shop", allowed_origins=["https://shop.example", written])
    with pytest.raises(DomainError) as changed:
        update_application(application=application, allowed_origins=[written])
    for refused in (made, changed):
        (sentence,) = refused.value.fields["allowed_origins"]
        assert sentence.startswith(f"{written}: ")
    assert not Application.objects.filter(organization=organization).exists()


def test_a_stored_origin_that_is_now_invalid_does_not_block_other_changes() -> None:
    application = make_application(allowed_origins=["shop.example"]).application
    update_application(application=application, name="Renamed")
    application.refresh_from_db()
    assert (application.name, application.allowed_origins) == ("Renamed", ["shop.example"])


def test_operators_see_the_error_beside_the_field() -> None:
    client, organization = superuser(), make_organization()
    add = f"{address(Application, 'add')}?organization={organization.pk}"
    form: dict[str, Any] = {"name": unique("shop"), "platforms": "web", "is_active": "on"}
    wrong = {"allowed_origins": "https://shop.example/, shop.example"}
    assert errors_of(client.post(add, form | wrong)) == {
        "allowed_origins": ["shop.example: https:// or http:// is expected before the host."]
    }
    assert client.post(add, form | {"allowed_origins": "https://shop.example/"}).status_code == 200
    made = Application.objects.get(organization=organization)
    assert made.allowed_origins == ["https://shop.example"]
    page = address(Application, made.pk, "change")
    changed = opened(client, page) | {"allowed_origins": ["https://*"]}
    assert errors_of(client.post(page, changed)).keys() == {"allowed_origins"}
