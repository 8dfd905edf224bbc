"""`audience-export-airship`: the audience as an Airship static list.

`PUT /api/lists/<name>/csv` takes lines of `identifier_type,identifier` and replaces the whole list, so doing it twice
is doing it once. A list that isn't there (404) is made with `POST /api/lists` first. One list a creative.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import orjson
from django.conf import settings
from psycopg import sql

from campaigns.delivery.channels.audience_file import (
    StagedFile,
    customer_column,
    has_any,
    require_delivery,
    require_everybody,
    select_audience,
    staged,
    staged_text,
)
from campaigns.delivery.channels.base import (
    AudienceExport,
    ClaimedRecipient,
    DeliveryFailedError,
    ExportDeclaration,
    ExportedFile,
    Message,
)
from campaigns.delivery.channels.http import Body, Exchange, RefusedError
from campaigns.delivery.channels.uploads import basic, speaking_http
from campaigns.models import Destination
from campaigns.models.ad_type import CreativeType
from campaigns.models.destination_kind import ATTRIBUTE, KEY, TIMEOUT, URL, DestinationKind, Member, Secret
from campaigns.models.setting_checks import matches

MAXIMUM_LINES = 10_000_000
ACCEPT = "application/vnd.urbanairship+json; version=3"
NOT_FOUND = 404


class AirshipExport(AudienceExport):
    """Uploads a list in one request."""

    def __init__(self, destination: Destination, exchange: Exchange | None = None) -> None:
        self.destination = destination.name
        self.address: str = destination.option("url").rstrip("/") + "/api/lists"
        self.identifier_type: str = destination.option("identifier_type")
        self.identifier: str = destination.option("identifier")
        self.reachable = has_any([self.identifier])
        self.authorization = basic(destination.option("app_key"), destination.secrets["master_secret"])
        self.exchange = exchange or Exchange(timeout=destination.option("timeout_seconds"))

    def export(self, message: Message, _batches: Iterator[Sequence[ClaimedRecipient]]) -> ExportedFile:
        """Replace the creative's list by the audience of the message's delivery."""
        columns: dict[str, sql.Composable] = {
            "identifier_type": sql.Literal(self.identifier_type),
            "identifier": customer_column(self.identifier),
        }
        delivery_id = require_delivery(message)
        select = with_identifier(select_audience(delivery_id, columns))
        with staged(select, Path(settings.EXPORT_ROOT), header=False) as file:
            require_everybody(delivery_id, file)
            if file.rows > MAXIMUM_LINES:
                raise DeliveryFailedError(
                    f"A static list has at most {MAXIMUM_LINES} lines, not {file.rows}.", is_lasting=True
                )
            self.upload(message, f"creative-{message.creative_id}", file)
        return ExportedFile("", file.rows, file.sha256)

    def upload(self, message: Message, name: str, file: StagedFile) -> None:
        """Replace a list by the lines of a file."""
        with speaking_http("Airship"):
            self._replace(message, name, file)

    def _replace(self, message: Message, name: str, file: StagedFile) -> None:
        try:
            self._send("PUT", f"/{name}/csv", message, "text/csv", file.body())
        except RefusedError as error:
            if error.answer.status != NOT_FOUND:
                raise
            description = f"{message.campaign_name}: {message.creative_name}"[:500]
            document = orjson.dumps({"name": name, "description": description})
            self._send("POST", "", message, "application/json", Body.of(document))
            self._send("PUT", f"/{name}/csv", message, "text/csv", file.body())

    def _send(self, method: str, path: str, message: Message, content_type: str, body: Body) -> None:
        headers = {"Authorization": self.authorization, "Accept": ACCEPT, "Content-Type": content_type}
        key = f"{message.delivery_key}{'' if method == 'PUT' else '-list'}"
        self.exchange.send(method, self.address + path, key=key, headers=lambda: headers, body=body)


def with_identifier(select: sql.Composable) -> sql.Composed:
    """Only the rows that have an identifier."""
    return sql.SQL("SELECT * FROM ({}) line WHERE identifier <> ''").format(select)


def _test(destination: Destination, message: Message, _to: str) -> str:
    export = AirshipExport(destination)
    export.exchange.attempts = 1
    line = f"{export.identifier_type},test-{message.delivery_key}\n"
    with staged_text(line, Path(settings.EXPORT_ROOT)) as file:
        export.upload(message, "campaigns-test", file)
    return "The list campaigns-test was written."


EXPORT = ExportDeclaration(
    kind=DestinationKind(
        name="airship",
        label="Airship static list",
        members={
            "url": replace(URL, default="https://go.airship.com"),
            "app_key": KEY,
            "identifier_type": Member(
                matches(r"[a-z][a-z0-9_]*"), "A type such as named_user is expected.", default="named_user"
            ),
            "identifier": replace(ATTRIBUTE, default="external_id"),
            "timeout_seconds": TIMEOUT,
        },
        secrets={"master_secret": Secret(required=True)},
    ),
    serves=(CreativeType.AUDIENCE_EXPORT_AIRSHIP,),
    consent="push_consent",
    make=AirshipExport,
    test=_test,
)
