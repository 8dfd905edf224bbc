"""`audience-export-s3`: audiences as objects in a bucket."""

from collections.abc import Collection
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
from django.core.files import File
from django.core.files.base import ContentFile
from storages.backends.s3 import S3Storage

from campaigns.delivery.channels.audience_file import StagedFile
from campaigns.delivery.channels.base import DeliveryFailedError, ExportDeclaration
from campaigns.delivery.channels.failure_messages import describe_failure, describe_unavailable, host_and_port
from campaigns.delivery.channels.file import FileExport, publish_trial
from campaigns.delivery.channels.http import SLOWEST_BYTES_A_SECOND
from campaigns.delivery.channels.outgoing import Guarded, secured, within
from campaigns.models import Destination
from campaigns.models.ad_type import CreativeType
from campaigns.models.destination_kind import ESCAPE_FORMULAS, TIMEOUT, URL, DestinationKind, Member, Secret, Settings
from campaigns.models.setting_checks import is_bucket, is_folder, matches, trouble_of_bucket

MAXIMUM_CODE = 100
# What trying again doesn't change.
LASTING = frozenset(
    {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket", "403", "404", "AllAccessDisabled"}
)


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

    def url(self, _name: str) -> str:
        """The object's address as S3's tools write it."""
        return f"s3://{self.bucket}/{f'{self.prefix}/' if self.prefix else ''}{_name}"

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


def _further_secrets(_settings: Settings, secrets: Collection[str]) -> Collection[str]:
    """Both, or none."""
    return KEYS if KEYS & set(secrets) else ()


KEYS = frozenset({"access_key", "secret_key"})
EXPORT = ExportDeclaration(
    kind=DestinationKind(
        name="s3",
        label="S3",
        members={
            "bucket": Member(is_bucket, "The name of a bucket is expected.", required=True, trouble=trouble_of_bucket),
            "prefix": Member(is_folder, "A place in the bucket is expected."),
            "region": Member(matches(r"[a-z0-9-]{1,63}"), "The name of a region is expected."),
            "endpoint_url": URL,
            "timeout_seconds": TIMEOUT,
            "escape_formulas": ESCAPE_FORMULAS,
        },
        secrets={name: Secret() for name in sorted(KEYS)},
        further_secrets=_further_secrets,
    ),
    serves=(CreativeType.AUDIENCE_EXPORT_S3,),
    make=S3Export,
    test=lambda destination, message, _to: publish_trial(S3Export(destination), message),
)
