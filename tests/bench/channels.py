"""Handing over: the file of a large audience, and mails to a mail server (see `tests.bench.deliver`)."""

import atexit
import shutil
import socket
import subprocess
import sys
import time

from django.conf import settings
from django.db import connection

from campaigns.models import Delivery, Destination, MessageTemplate
from tests.bench.deliver import MAILS
from tests.bench.harness import Scenario
from tests.bench.requests import Request, RunFailedError
from tests.factories import DELIVERED_AT, make_application, make_hierarchy

PEOPLE = 500_000
PATIENCE_SECONDS = 10
# What `scenarios` returns: known before any data is made.
NAMES = ("CSV of 500 000", "1 000 emails")
PEOPLE_SQL = """
WITH made AS (
    INSERT INTO customers_customer
        (organization_id, uuid, external_id, is_anonymous, attributes, consent, email_consent, push_consent)
    SELECT %(organization)s, gen_random_uuid(), 'customer-' || n, false, jsonb_build_object(
        'state', 'NY', 'email', 'customer' || n || '@example.org', 'first_name', 'Name ' || n), true, true, true
    FROM generate_series(1, %(people)s) n RETURNING id
)
INSERT INTO campaigns_recipient (key, organization_id, customer_id, delivery_id, creative_id)
SELECT gen_random_uuid(), %(organization)s, id, %(delivery)s, %(creative)s FROM made
"""


def scenarios() -> list[Scenario]:
    """An audience in the ledger, and a mail server that takes everything."""
    delivery = _make_delivery()
    port = _start_sink()
    _make_mailing(delivery, port)
    settings.EXPORT_ROOT.mkdir(parents=True, exist_ok=True)
    atexit.register(shutil.rmtree, settings.EXPORT_ROOT, ignore_errors=True)
    csv, mail = NAMES
    return [
        Scenario(
            csv,
            _request("csv", delivery, PEOPLE),
            0.85,
            None,
            _request("bare-copy", delivery, PEOPLE),
            "COPY",
            alone=True,
        ),
        Scenario(
            mail,
            _request("mail", delivery, MAILS),
            0.7,
            None,
            _request("bare-mail", delivery, MAILS),
            "smtplib",
            alone=True,
        ),
    ]


def _request(name: str, delivery: Delivery, number: int) -> Request:
    return Request(f"/bench/{name}/{delivery.pk}", good=str(number))


def _make_delivery() -> Delivery:
    rows = make_hierarchy(make_application().application)
    creative, organization = rows.creative, rows.campaign.organization
    creative.template_id = "welcome"
    creative.save()
    delivery = Delivery.objects.create(
        organization=organization, campaign=rows.campaign, creative=creative, scheduled_for=DELIVERED_AT
    )
    Destination.objects.create(organization=organization, name="file", kind="file", attributes=["state", "email"])
    values = {"organization": organization.pk, "people": PEOPLE, "delivery": delivery.pk, "creative": creative.pk}
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE_SQL, values)
        cursor.execute("ANALYZE customers_customer")
        cursor.execute("ANALYZE campaigns_recipient")
    return delivery


def _make_mailing(delivery: Delivery, port: int) -> None:
    server = {"host": "127.0.0.1", "port": port, "encryption": "none"}
    Destination.objects.create(
        organization=delivery.organization,
        name="email",
        kind="email",
        settings={"from_address": "Shop <shop@example.org>", **server},
    )
    MessageTemplate.objects.create(
        organization=delivery.organization,
        key="welcome",
        subject="Hello {{ customer.first_name }}",
        text="Hello {{ customer.first_name }}\n\n{{ unsubscribe_url }}\n" * 5,
        html="<p>Hello {{ customer.first_name }}</p><a href='{{ unsubscribe_url }}'>Unsubscribe</a>" * 5,
    )


def _start_sink() -> int:
    """A mail server in a process of its own, which ends with this one; its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    sink = subprocess.Popen([sys.executable, "-m", "tests.bench.mail_sink", str(port)])
    atexit.register(sink.terminate)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return port
    raise RunFailedError("the mail server doesn't answer")
