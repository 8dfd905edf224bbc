"""`issue_audience_csv`: audiences as files in this installation's own storage.

Beside each file stands `<name>.manifest.json`, written last: who sees it may fetch the file.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages

from campaigns.delivery.channels.audience_file import (
    StagedFile,
    audience_columns,
    manifest_of,
    require_delivery,
    select_audience,
    staged,
    staged_text,
    without_formulas,
)
from campaigns.delivery.channels.base import (
    AudienceExport,
    ClaimedRecipient,
    DeliveryFailedError,
    ExportDeclaration,
    ExportedFile,
    Message,
)
from campaigns.delivery.channels.failure_messages import one_line
from campaigns.models import Destination
from campaigns.models.ad_type import CreativeType
from campaigns.models.destination_kind import ESCAPE_FORMULAS, DestinationKind
from customers.private_files import FILE, make_private_folder

MANIFEST = ".manifest.json"


def file_name(message: Message) -> str:
    """Where a message's file stands: one name an occurrence, so that a second attempt replaces the first one's file."""
    day = f"{message.scheduled_for:%Y%m%dT%H%M%SZ}-" if message.scheduled_for else ""
    return f"{message.organization_id}/creative-{message.creative_id}/{day}{message.delivery_key}.csv"


def remove_file(name: str) -> None:
    """Delete a file of the storage `audiences`, and its manifest; what is gone already is no error."""
    for each in (name, name + MANIFEST):
        storages["audiences"].delete(each)


class FileExport(AudienceExport):
    """Files in Django's storage `audiences`; they appear at once and whole (renamed) where that is a folder."""

    def __init__(self, destination: Destination | None) -> None:
        self.destination = destination.name if destination else "file"
        self.attributes: list[str] = destination.attributes if destination else []
        self.is_for_people: bool = destination.option("escape_formulas") if destination else True

    def export(self, message: Message, _batches: Iterator[Sequence[ClaimedRecipient]]) -> ExportedFile:
        """Write the audience of the message's delivery."""
        columns = audience_columns(message, self.attributes)
        if self.is_for_people:
            columns = without_formulas(columns)
        name, folder = file_name(message), Path(settings.EXPORT_ROOT)
        try:
            with staged(select_audience(require_delivery(message), columns), folder, header=True) as file:
                self.publish(name, file)
                self.publish_manifest(name + MANIFEST, manifest_of(message, name, file, list(columns)))
        except OSError as error:
            raise DeliveryFailedError(f"The file can't be written: {error}") from error
        return ExportedFile(name, file.rows, file.sha256, url=self.url(name))

    def publish(self, name: str, file: StagedFile) -> None:
        """Put the file in its place."""
        storage = storages["audiences"]
        if not isinstance(storage, FileSystemStorage):
            _replace(storage, name, file.path)
            return
        place = Path(storage.path(name))
        make_private_folder(place.parent)
        file.path.chmod(FILE)
        file.path.rename(place)
        _settle(place.parent)

    def publish_manifest(self, name: str, content: bytes) -> None:
        """Put the manifest beside it."""
        storage = storages["audiences"]
        storage.delete(name)
        storage.save(name, ContentFile(content))

    def url(self, _name: str) -> str:
        """Where it can be fetched; empty where our own endpoint serves it."""
        return ""


def _replace(storage: Storage, name: str, path: Path) -> None:
    storage.delete(name)
    with path.open("rb") as content:
        storage.save(name, File(content))


def _settle(folder: Path) -> None:
    """Sync the folder's entry to disk too, so that a power cut loses no file that was reported."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def trial_name(message: Message) -> str:
    """Where the file of a test stands."""
    return f"{message.organization_id}/test-{message.delivery_key}.csv"


def publish_trial(export: FileExport, message: Message) -> str:
    """Write a file of one line; what was done."""
    name = trial_name(message)
    try:
        with staged_text("external_id\n", Path(settings.EXPORT_ROOT)) as file:
            export.publish(name, file)
    except OSError as error:
        raise DeliveryFailedError(f"The file can't be written: {one_line(error)}") from error
    return f"A file was written: {export.url(name) or name}"


def _test(destination: Destination, message: Message, _to: str) -> str:
    told = publish_trial(FileExport(destination), message)
    try:
        remove_file(trial_name(message))
    except OSError as error:
        raise DeliveryFailedError(f"The file can't be written: {one_line(error)}") from error
    return told


EXPORT = ExportDeclaration(
    kind=DestinationKind(name="file", label="File", members={"escape_formulas": ESCAPE_FORMULAS}),
    serves=(CreativeType.ISSUE_AUDIENCE_CSV,),
    consent="email_consent",
    make=FileExport,
    # A file needs no destination; one says which attributes stand in it.
    make_default=lambda: FileExport(None),
    test=_test,
)
