"""How secrets of applications and passwords of operators are kept and compared."""

import hmac
import re
from typing import Any

import pytest

from customers.applications.applications import rotate_secret
from customers.models import Application, Operator
from marketing_solutions.oauth import SCOPES, check_token, issue_token
from tests.factories import make_application

pytestmark = pytest.mark.django_db


def test_secrets_are_256_random_bits_stored_as_a_hash_and_a_prefix() -> None:
    credentials = [make_application() for _ in range(3)]
    secrets = [each.secret for each in credentials] + [rotate_secret(application=credentials[0].application)]
    assert len(set(secrets)) == 4
    assert all(re.fullmatch(r"[0-9a-f]{64}", secret) for secret in secrets)
    row = str(Application.objects.filter(pk=credentials[1].application.pk).values().get())
    assert credentials[1].secret not in row
    assert credentials[1].secret[:8] in row


def test_secrets_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = make_application()
    token = issue_token(application=credentials.application, scopes=list(SCOPES))
    compared: list[tuple[Any, Any]] = []
    compare = hmac.compare_digest

    def watched(one: Any, other: Any) -> bool:
        compared.append((one, other))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    assert credentials.application.has_secret(credentials.secret)
    assert not credentials.application.has_secret("another")
    assert len(compared) == 2
    check_token(token=token)
    assert len(compared) > 2


def test_passwords_are_hashed_with_argon2() -> None:
    operator = Operator.objects.create_user("ada", password="kfj3-20dl-xx")
    assert operator.password.startswith("argon2$argon2id$")
    assert "kfj3-20dl-xx" not in operator.password
