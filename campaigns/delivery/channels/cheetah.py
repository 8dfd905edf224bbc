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
    staged_text,
)
from campaigns.delivery.channels.base import AudienceExport, ClaimedRecipient, ExportDeclaration, ExportedFile, Message
from campaigns.delivery.channels.http import Body, Exchange
from campaigns.delivery.channels.uploads import basic, speaking_http
from campaigns.models import Destination
from campaigns.models.ad_type import CreativeType
from campaigns.models.destination_kind import REQUIRED_TEXT, REQUIRED_URL, TIMEOUT, USER, DestinationKind, Secret
from campaigns.models.setting_checks import SCHEME, trouble_of_credential


class CheetahExport(AudienceExport):
    """Uploads a file in one request."""

    def __init__(self, destination: Destination, exchange: Exchange | None = None) -> None:
        self.destination = destination.name
        self.address: str = destination.option("url")
        self.list_id: str = destination.option("list_id")
        self.attributes = destination.attributes
        self.authorization = basic(destination.option("user"), destination.secrets["password"])
        self.exchange = exchange or Exchange(timeout=destination.option("timeout_seconds"))

    def export(self, message: Message, _batches: Iterator[Sequence[ClaimedRecipient]]) -> ExportedFile:
        """Upload the audience of the message's delivery."""
        columns = audience_columns(message, self.attributes)
        with staged(
            select_audience(require_delivery(message), columns), Path(settings.EXPORT_ROOT), header=True
        ) as file:
            self.upload(message, file)
        return ExportedFile("", file.rows, file.sha256)

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


def _test(destination: Destination, message: Message, _to: str) -> str:
    export = CheetahExport(destination)
    export.exchange.attempts = 1
    with staged_text(f"external_id\ntest-{message.delivery_key}\n", Path(settings.EXPORT_ROOT)) as file:
        export.upload(message, file)
    return "A file was taken."


def _trouble_of_password(password: str) -> str:
    """People choose it, so it may be any text but one that was pasted with the header's scheme."""
    return trouble_of_credential(password) if SCHEME.match(password) else ""


EXPORT = ExportDeclaration(
    kind=DestinationKind(
        name="cheetah",
        label="Cheetahmail list",
        members={"url": REQUIRED_URL, "list_id": REQUIRED_TEXT, "user": USER, "timeout_seconds": TIMEOUT},
        secrets={"password": Secret(required=True, trouble=_trouble_of_password)},
    ),
    serves=(CreativeType.AUDIENCE_EXPORT_CHEETAH,),
    consent="email_consent",
    make=CheetahExport,
    test=_test,
)
