"""`audience-export-cheetah`: the audience as a file for a Cheetahmail list.

Cheetahmail documents its loaders for its customers only, and each account has its own address. So this is the common
form of an upload: `multipart/form-data` with the fields `list_id` and `file` (CSV with a header line, as in
`issue_audience_csv`), HTTP Basic. The whole file goes each time; the `Idempotency-Key` is the delivery's key.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.conf import settings

from campaigns.delivery.channels.audience_file import (
    StagedFile,
    audience_columns,
    require_delivery,
    select_audience,
    staged,
)
from campaigns.delivery.channels.base import AudienceExport, ClaimedRecipient, ExportedFile, Message
from campaigns.delivery.channels.http import Body, Exchange
from campaigns.delivery.channels.uploads import basic, speaking_http
from campaigns.models import Destination


class CheetahExport(AudienceExport):
    """Uploads a file in one request."""

    def __init__(self, destination: Destination, exchange: Exchange | None = None) -> None:
        self.destination = destination.name
        self.address: str = destination.option("url")
        self.list_id: str = destination.option("list_id")
        self.attributes = destination.attributes
        self.authorization = basic(destination.option("user"), destination.secrets["password"])
        self.exchange = exchange or Exchange(timeout=destination.option("timeout_seconds"))

    def export(self, message: Message, batches: Iterator[Sequence[ClaimedRecipient]]) -> ExportedFile:  # noqa: ARG002 (COPY reads them)
        """Upload the audience of the message's delivery."""
        columns = audience_columns(message, self.attributes)
        with staged(
            select_audience(require_delivery(message), columns), Path(settings.EXPORT_ROOT), header=True
        ) as file:
            self.upload(message, file)
        return ExportedFile("", file.rows, file.sha256, reference=self.list_id)

    def upload(self, message: Message, file: StagedFile) -> None:
        """Send a file to the list."""
        boundary = f"campaigns-{message.delivery_key}"
        headers = {"Authorization": self.authorization, "Content-Type": f"multipart/form-data; boundary={boundary}"}
        body = _form(boundary, self.list_id, f"creative-{message.creative_id}.csv", file.body())
        with speaking_http("Cheetahmail"):
            self.exchange.send("POST", self.address, key=str(message.delivery_key), headers=lambda: headers, body=body)


def _form(boundary: str, list_id: str, file_name: str, file: Body) -> Body:
    """A form with a file in it, of which only a block at a time is in memory."""
    before = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="list_id"\r\n\r\n{list_id}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file_name}"\r\n'
        "Content-Type: text/csv\r\n\r\n"
    ).encode()
    after = f"\r\n--{boundary}--\r\n".encode()

    def chunks() -> Iterator[bytes]:
        yield before
        yield from file.chunks()
        yield after

    return Body(len(before) + file.length + len(after), chunks)
