"""Audiences as files: in this installation's own storage, or in a bucket (`issue_audience_csv`, `audience-export-s3`).

Beside each file stands `<name>.manifest.json`, written last: who sees it may fetch the file.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from storages.backends.s3 import S3Storage

from campaigns.delivery.channels.audience_file import (
    StagedFile,
    audience_columns,
    manifest_of,
    require_delivery,
    select_audience,
    staged,
    without_formulas,
)
from campaigns.delivery.channels.base import (
    AudienceExport,
    ClaimedRecipient,
    DeliveryFailedError,
    ExportedFile,
    Message,
)
from campaigns.delivery.channels.failure_messages import describe_failure, describe_unavailable, host_and_port
from campaigns.delivery.channels.http import SLOWEST_BYTES_A_SECOND
from campaigns.delivery.channels.outgoing import Guarded, secured, within
from campaigns.models import Destination
from customers.private_files import FILE, make_private_folder

MANIFEST = ".manifest.json"
MAXIMUM_CODE = 100
# What trying again doesn't change.
LASTING = frozenset(
    {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket", "403", "404", "AllAccessDisabled"}
)


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

    def export(self, message: Message, batches: Iterator[Sequence[ClaimedRecipient]]) -> ExportedFile:  # noqa: ARG002 (COPY reads them)
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

    def url(self, name: str) -> str:  # noqa: ARG002 (of this storage, files are served by our own endpoint)
        """Where it can be fetched; empty where our own endpoint serves it."""
        return ""


class _Connection(Guarded, AWSHTTPConnection):  # type: ignore[misc]  # it has no types
    pass


class _TLSConnection(Guarded, AWSHTTPSConnection):  # type: ignore[misc]  # it has no types
    pass


class _Pool(AWSHTTPConnectionPool):  # type: ignore[misc]  # it has no types
    ConnectionCls = _Connection


class _TLSPool(AWSHTTPSConnectionPool):  # type: ignore[misc]  # it has no types
    ConnectionCls = _TLSConnection


class _Storage(S3Storage):  # type: ignore[misc]  # it has no types
    """Django's storage in a bucket, whose requests keep to deadlines and lead into no private network."""

    @property
    def connection(self) -> Any:
        """boto3's resource of this thread."""
        made = super().connection
        manager = made.meta.client._endpoint.http_session._manager  # noqa: SLF001 (it has no other door)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TLSPool}
        secured(manager.connection_pool_kw["ssl_context"])
        return made


class S3Export(FileExport):
    """Files in a bucket: an object is there when its upload is complete, not before.

    One connection after the other: a thread of the library's own would know of no deadline.
    """

    def __init__(self, destination: Destination) -> None:
        super().__init__(destination)
        self.bucket: str = destination.option("bucket")
        self.prefix: str = (destination.option("prefix") or "").strip("/")
        self.timeout: float = destination.option("timeout_seconds")
        endpoint = destination.option("endpoint_url")
        self.where = host_and_port(endpoint) if endpoint else "S3"
        secrets = destination.secrets
        self.storage: Any = _Storage(
            bucket_name=self.bucket,
            location=self.prefix,
            region_name=destination.option("region"),
            endpoint_url=endpoint,
            access_key=secrets.get("access_key"),
            secret_key=secrets.get("secret_key"),
            client_config=Config(
                retries={"mode": "standard", "total_max_attempts": 5},
                connect_timeout=min(self.timeout, 10),
                read_timeout=self.timeout,
                proxies={},
            ),
            file_overwrite=True,
            default_acl=None,
            transfer_config=TransferConfig(use_threads=False),
        )

    def publish(self, name: str, file: StagedFile) -> None:
        """Upload the file, in parts where it is large."""
        with file.path.open("rb") as content:
            self._save(name, File(content))

    def publish_manifest(self, name: str, content: bytes) -> None:
        """Upload the manifest."""
        self._save(name, ContentFile(content))

    def url(self, name: str) -> str:
        """The object's address as S3's tools write it."""
        return f"s3://{self.bucket}/{f'{self.prefix}/' if self.prefix else ''}{name}"

    def _save(self, name: str, content: File[bytes]) -> None:
        try:
            with within(self.timeout + content.size / SLOWEST_BYTES_A_SECOND):
                self.storage.save(name, content)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            told = f"{code} ({error.response.get('ResponseMetadata', {}).get('HTTPStatusCode', 'no status')})"
            raise DeliveryFailedError(f"S3 refuses: {told[:MAXIMUM_CODE]}", is_lasting=code in LASTING) from error
        except (BotoCoreError, Boto3Error, OSError) as error:
            trouble = describe_failure(self.where, error, seconds=self.timeout)
            raise DeliveryFailedError(describe_unavailable("S3", trouble)) from error


def _replace(storage: Any, name: str, path: Path) -> None:
    storage.delete(name)
    with path.open("rb") as content:
        storage.save(name, File(content))


def _settle(folder: Path) -> None:
    """Have the folder's entry on disk too: a power cut takes away no file that was said to stand."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
