"""Files and mails as they go out, each beside the barest way to do the same, as requests of the bench's own.

The bare COPY runs the same statement and writes what comes to a file, without staging, counting and hashing. The bare
smtplib loop sends mails that were composed before, over one connection: no template, no person, no signature.
"""

import resource
import smtplib
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from psycopg import sql

from campaigns.delivery.channels.audience_file import audience_columns, select_audience
from campaigns.delivery.channels.base import ClaimedRecipient, Message, Outcome
from campaigns.delivery.channels.email import EmailChannel
from campaigns.delivery.channels.file import FileExport
from campaigns.delivery.messages import get_message
from campaigns.delivery.rendering import template_of
from campaigns.models import Delivery, Destination
from tests.bench.requests import RunFailedError

MAILS = 1_000
# How much more a process may hold after a file than before it, whatever the file's size.
MEMORY_KIB = 50 * 1024


def csv(_request: HttpRequest, delivery_id: int) -> HttpResponse:
    """The file of a delivery, in the product's own way."""
    message = _message(delivery_id)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    file = FileExport(_destination(message, "file")).export(message, iter(()))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    if grown > MEMORY_KIB:
        raise RunFailedError(f"a file of {file.rows} rows took {grown} KiB of memory")
    return HttpResponse(f"{file.rows}")


def bare_copy(_request: HttpRequest, delivery_id: int) -> HttpResponse:
    """The same lines, as COPY gives them."""
    message = _message(delivery_id)
    select = select_audience(delivery_id, audience_columns(message, _destination(message, "file").attributes))
    with connection.cursor() as cursor, Path(settings.EXPORT_ROOT, "bare.csv").open("wb") as file:
        raw: Any = cursor.cursor
        with raw.copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(select)) as lines:
            file.writelines(lines)
        return HttpResponse(f"{raw.rowcount}")


def mail(_request: HttpRequest, delivery_id: int) -> HttpResponse:
    """MAILS people, through the channel."""
    message = _message(delivery_id)
    channel, people = EmailChannel(_destination(message, "email"), template_of(message)), _people()
    parts = (people[first : first + channel.batch_size] for first in range(0, MAILS, channel.batch_size))
    results = [result for part in parts for result in channel.send(message, part)]
    return HttpResponse(f"{sum(result.outcome == Outcome.SENT for result in results)}")


def bare_mail(_request: HttpRequest, delivery_id: int) -> HttpResponse:
    """As many mails of the same size, composed before, over one connection."""
    message = _message(delivery_id)
    destination, people = _destination(message, "email"), _people()
    composed = (
        EmailChannel(destination, template_of(message)).mail(message, people[0]).message().as_bytes(linesep="\r\n")
    )
    with smtplib.SMTP(destination.option("host"), destination.option("port")) as server:
        refused = [server.sendmail("shop@example.org", [str(each.attributes["email"])], composed) for each in people]
    return HttpResponse(f"{sum(not each for each in refused)}")


def _message(delivery_id: int) -> Message:
    delivery = Delivery.objects.get(pk=delivery_id)
    return get_message(creative_id=delivery.creative_id, delivery=delivery)


def _destination(message: Message, kind: str) -> Destination:
    return Destination.objects.get(organization_id=message.organization_id, kind=kind)


def _people() -> list[ClaimedRecipient]:
    attributes = ({"first_name": "Ada", "email": f"customer{number}@example.org"} for number in range(MAILS))
    return [
        ClaimedRecipient(uuid.uuid4(), number, uuid.uuid4(), f"C{number}", told)
        for number, told in enumerate(attributes)
    ]
