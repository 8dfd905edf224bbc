"""The trace dialect: what clients call at every visit, in JSON and in EDN as real clients write it."""

from dataclasses import replace

from django.db import connection, transaction

from customers.applications.applications import create_application
from customers.organizations.organizations import get_or_create_organization
from tests.bench.database import settle
from tests.bench.harness import Scenario, statements_of
from tests.bench.requests import Ids, Request

# Enough for every run of the longest bench; each is used once, as visitors differ.
ROWS = 150_000
# Ids of twelve digits, so that they are the last group of a uuid.
FIRST = 100_000_000_000
UUID = "00000000-0000-4000-8000-{id}"
CUSTOMERS_SQL = """
INSERT INTO customers_customer
    (organization_id, uuid, external_id, is_anonymous, attributes, consent, email_consent, push_consent, last_channel,
     last_platform, last_language)
SELECT %(organization)s, gen_random_uuid(), number, false, '{"state": "NY"}', true, true, true, 'atm',
    'Chrome Browser', 'en-US'
FROM generate_series(%(first)s::bigint, %(last)s::bigint) number
"""
TRACES_SQL = """
INSERT INTO traces_trace (organization_id, application_id, customer_id, uuid)
SELECT organization_id, %(application)s, id, ('00000000-0000-4000-8000-' || external_id)::uuid
FROM customers_customer WHERE organization_id = %(organization)s ORDER BY id
"""
TRAILS_SQL = """
INSERT INTO traces_trail (organization_id, trace_id, uuid, channel, platform, language)
SELECT organization_id, id, uuid, 'atm', '', '' FROM traces_trace WHERE organization_id = %(organization)s ORDER BY id
"""
# What `scenarios` returns: known before any data is made.
NAMES = (
    "trace POST",
    "trace POST in EDN",
    "trail POST",
    "trail POST in EDN",
    "action POST",
    "action POST in EDN",
)


def scenarios() -> list[Scenario]:
    """Make the data, and describe what is measured: each call in JSON, then in EDN against the same call in JSON."""
    token = _make_data()
    trace = Request(
        "/api/traces/trace", "POST", f'{{"app-token":"{token}","customer-id":"{{id}}"}}', good='{"trace-id":"'
    )
    trail = Request(
        f"/api/traces/{UUID}/trail",
        "POST",
        '{"language":"en-US","platform":"Chrome Browser","channel":"atm"}',
        good='{"trail-id":"',
    )
    action = Request(
        f"/api/traces/trail/{UUID}/action",
        "POST",
        '{"name":"home","type":"location","data":[{"name":"field1","value":"value1"},{"name":"field2","value":"value2"}]}',
        good='{"action-id":"',
    )
    bodies = {
        "trace": f'{{:app-token "{token}" :customer-id "{{id}}"}}',
        "trail": '{:language "en-US" :platform "Chrome Browser" :channel :atm}',
        "action": '{:name "home" :type :trail-action/location '
        ':data [{:name "field1" :value "value1"} {:name "field2" :value "value2"}]}',
    }
    return [
        *_pair("trace POST", trace, bodies["trace"], goal=0.15),
        *_pair("trail POST", trail, bodies["trail"], goal=0.15),
        *_pair("action POST", action, bodies["action"], goal=0.12, stretch=0.22),
    ]


def _pair(name: str, in_json: Request, body: str, *, goal: float, stretch: float | None = None) -> list[Scenario]:
    good = in_json.good.replace('{"', "{:").replace('":"', ' "')
    in_edn = replace(in_json, body=body, good=good, content_type="application/edn")
    ids = Ids(FIRST, FIRST + ROWS - 1)
    queries = statements_of(in_json, ids.first)
    statements_of(in_edn, ids.first + 2)
    ids.take(4)
    return [
        Scenario(name, in_json, goal, stretch, ids=ids, queries=queries),
        Scenario(f"{name} in EDN", in_edn, 0.85, None, in_json, "the same in JSON", ids=ids, queries=queries),
    ]


def _make_data() -> str:
    """An application with customers, a trace and a trail of each; its app-token."""
    with transaction.atomic():
        organization = get_or_create_organization(name="Bench of the trace dialect")
        application, _ = create_application(organization=organization, name="Bench", platforms=["rest"])
        values = {"organization": organization.pk, "application": application.pk, "first": FIRST}
        with connection.cursor() as cursor:
            for statement in (CUSTOMERS_SQL, TRACES_SQL, TRAILS_SQL):
                cursor.execute(statement, values | {"last": FIRST + ROWS - 1})
    settle()
    return str(application.app_token)
