"""How many statements each call takes, and which (docs/dialects/trace.md tells the same)."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.behaviors.compiled import get_behavior_rules
from tests.dialects.trace.caller import Caller, Form, accepted
from tests.factories import make_customer, make_interaction, make_trail

APPLICATION = "SELECT customers_application"
CUSTOMER = "SELECT customers_customer"
ALIAS = "SELECT customers_customeralias"
NEW_CUSTOMER = "INSERT INTO customers_customer"
TRACE = "INSERT INTO traces_trace"
KNOWN_TRACE = "WITH traces_trace"
TRAIL = "WITH traces_trail, customers_customer"
ORDINARY = "WITH traces_action, campaigns_event"
VISIT = "SELECT traces_trail FOR NO KEY UPDATE"
ACTION = "INSERT INTO traces_action"
EVENT = "INSERT INTO campaigns_event"
BEGIN, COMMIT = "SAVEPOINT", "RELEASE SAVEPOINT"  # a transaction of its own outside of a test


def _kind(sql: str) -> str:
    """A statement's verb and table."""
    words = sql.replace('"', "").split()
    if words[0] == "WITH":
        tables = [words[place + 1] for place, word in enumerate(words) if word in {"INTO", "UPDATE"}]
        return f"WITH {', '.join(tables)}"
    if words[0] == "SELECT":
        lock = " FOR NO KEY UPDATE" if "FOR NO KEY UPDATE" in sql else ""
        return f"SELECT {words[words.index('FROM') + 1]}{lock}"
    if words[0] in {"INSERT", "UPDATE"}:
        return " ".join(words[: 3 if words[0] == "INSERT" else 2])
    return " ".join(word for word in words if word in {"SAVEPOINT", "RELEASE", "ROLLBACK"})


@pytest.fixture
def calls(caller: Caller) -> dict[str, tuple[str, Any, list[str]]]:
    """For each call its path, its body and the statements it takes."""
    customer = make_customer(caller.organization, external_id="51")
    trail, closing = make_trail(customer, caller.application), make_trail(customer, caller.application)
    token = str(make_interaction(customer).token)
    trace = {"app-token": caller.token}
    conversion = {"name": "x", "type": "conversion", "data": [{"name": "tracking-token", "value": token}]}
    action = f"traces/trail/{trail.uuid}/action"
    price, interaction, participation = (
        "SELECT campaigns_adcampaign",
        "SELECT campaigns_interaction",
        "WITH campaigns_participation, SET",  # DO UPDATE
    )
    close = ["UPDATE campaigns_interaction", "UPDATE traces_trace"]
    return {
        "known": ("traces/trace", trace | {"customer-id": "51"}, [KNOWN_TRACE]),
        "anonymous": ("traces/trace", trace, [APPLICATION, NEW_CUSTOMER, TRACE]),
        "new": (
            "traces/trace",
            trace | {"customer-id": "new"},
            [KNOWN_TRACE, APPLICATION, CUSTOMER, ALIAS, NEW_CUSTOMER, TRACE],
        ),
        "trail": (f"traces/{trail.trace.uuid}/trail", {"channel": "atm"}, [TRAIL]),
        "action": (action, {"name": "x", "type": "action"}, [ORDINARY]),
        "conversion": (
            f"traces/trail/{closing.uuid}/action",
            conversion,
            [BEGIN, price, VISIT, interaction, EVENT, participation, ACTION, *close, COMMIT],
        ),
    }


@pytest.mark.parametrize("name", ["known", "anonymous", "new", "trail", "action", "conversion"])
def test_statements(caller: Caller, form: Form, calls: dict[str, tuple[str, Any, list[str]]], name: str) -> None:
    path, body, expected = calls[name]
    accepted(caller.post("traces/trace", {"app-token": caller.token, "customer-id": "51"}, form))
    # Read once for each version of the organization's definitions.
    get_behavior_rules(organization_id=caller.organization.pk, version=caller.organization.version)
    with CaptureQueriesContext(connection) as captured:
        accepted(caller.post(path, body, form))
    assert [_kind(query["sql"]) for query in captured] == expected
