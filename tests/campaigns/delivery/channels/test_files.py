"""Audience files: the same lines as the reference, whole or not there, in a folder and in a bucket."""

import csv
import hashlib
import io
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.db import DataError
from moto.server import ThreadedMotoServer
from psycopg import sql

from campaigns.delivery.channels.audience_file import staged
from campaigns.delivery.channels.base import DeliveryFailedError
from campaigns.delivery.channels.file import MANIFEST, FileExport
from campaigns.delivery.channels.registry import export_for
from tests.campaigns.delivery.audience import Audience

ATTRIBUTES = ["first_name", "email", "points_of_2021", "vip", "it's \"odd\", isn't it"]


def _lines(audience: Audience) -> list[list[str]]:
    """The reference: what the file must say, from the recipients themselves."""
    header = ["external_id", "user_id", *ATTRIBUTES, "offer_ids", "template_id"]
    told = [
        [json.dumps(value) if isinstance(value, bool | int) else str(value) for value in values]
        for values in ([each.attributes.get(name, "") for name in ATTRIBUTES] for each in audience.recipients)
    ]
    return [header] + [
        [each.external_id or "", str(each.customer_uuid), *values, "ten-off;coffee", "welcome"]
        for each, values in zip(audience.recipients, told, strict=True)
    ]


def _read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def test_a_file_has_a_manifest(audience: Audience, exports: Path) -> None:
    audience.destination("file", attributes=ATTRIBUTES)
    export = export_for(audience.message)
    file = export.export(audience.message, audience.batches())
    path = exports / file.name
    content = path.read_bytes()
    assert _read(content) == _lines(audience)
    assert (
        file.name == f"{audience.organization.pk}/creative-{audience.message.creative_id}"
        f"/20220102T050000Z-{audience.delivery.key}.csv"
    )
    assert (file.rows, file.url, file.sha256) == (3, "", hashlib.sha256(content).hexdigest())
    assert json.loads((exports / (file.name + MANIFEST)).read_bytes()) == {
        "file": file.name,
        "rows": 3,
        "bytes": len(content),
        "sha256": file.sha256,
        "columns": _lines(audience)[0],
        "campaign_id": audience.message.campaign_id,
        "creative_id": audience.message.creative_id,
        "scheduled_for": "2022-01-02T05:00:00Z",
        "template_id": "welcome",
        "offer_ids": ["ten-off", "coffee"],
    }
    # A second attempt replaces the first one's file, and nothing is left of either.
    assert export.export(audience.message, audience.batches()) == file
    assert sorted(each.name for each in exports.rglob("*") if each.is_file()) == [path.name, path.name + MANIFEST]


def test_a_file_without_a_destination_has_no_attributes(audience: Audience, exports: Path) -> None:
    export = export_for(audience.message)
    file = export.export(audience.message, audience.batches())
    assert _read((exports / file.name).read_bytes())[0] == ["external_id", "user_id", "offer_ids", "template_id"]


def test_a_triggered_message_has_no_audience(audience: Audience, exports: Path) -> None:
    with pytest.raises(DeliveryFailedError) as end:
        FileExport(None).export(audience.says(delivery_id=None, delivery_key=None), audience.batches())
    assert end.value.is_lasting
    assert not list(exports.rglob("*.csv"))


@pytest.mark.usefixtures("transactional_db")
def test_a_partial_file_is_never_published(tmp_path: Path) -> None:
    broken = sql.SQL("SELECT 1 / (5000 - n) FROM generate_series(1, 10000) n")
    with pytest.raises(DataError), staged(broken, tmp_path, header=False):
        pass
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cant_be_written_fails_the_delivery(audience: Audience, exports: Path) -> None:
    (exports / str(audience.organization.pk)).write_text("in the way")
    with pytest.raises(DeliveryFailedError, match="can't be written") as end:
        FileExport(None).export(audience.message, audience.batches())
    assert not end.value.is_lasting


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, str]]:
    """A bucket on an S3-compatible server, as a destination's settings."""
    server = ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield {
            "bucket": "audiences",
            "prefix": "of/shop",
            "region": "us-east-1",
            "endpoint_url": f"http://{host}:{port}",
        }
    finally:
        server.stop()


KEYS = {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "a secret"}


@pytest.mark.usefixtures("exports")
def test_a_file_is_uploaded_to_a_bucket(audience: Audience, bucket: dict[str, str]) -> None:
    client: Any = boto3.client(
        "s3",
        endpoint_url=bucket["endpoint_url"],
        aws_access_key_id="x",
        aws_secret_access_key="x",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="audiences")
    audience.destination("s3", settings=bucket, secrets=KEYS, attributes=ATTRIBUTES)
    export = _export_to(audience, "s3")
    for _ in range(2):
        file = export.export(audience.message, audience.batches())
    assert file.url == f"s3://audiences/of/shop/{file.name}"
    content = client.get_object(Bucket="audiences", Key=f"of/shop/{file.name}")["Body"].read()
    assert _read(content) == _lines(audience)
    assert hashlib.sha256(content).hexdigest() == file.sha256
    manifest = client.get_object(Bucket="audiences", Key=f"of/shop/{file.name}{MANIFEST}")["Body"].read()
    assert json.loads(manifest)["sha256"] == file.sha256
    assert len(client.list_objects_v2(Bucket="audiences")["Contents"]) == 2


@pytest.mark.usefixtures("exports")
def test_a_missing_bucket_fails_the_delivery_for_good(audience: Audience, bucket: dict[str, str]) -> None:
    audience.destination("s3", settings=bucket | {"bucket": f"none-{uuid.uuid4()}"}, secrets=KEYS)
    with pytest.raises(DeliveryFailedError, match=r"^S3 refuses: ") as end:
        _export_to(audience, "s3").export(audience.message, audience.batches())
    assert end.value.is_lasting


def _export_to(audience: Audience, kind: str) -> Any:
    return export_for(audience.says(ad_type="audience_export", creative_type=f"audience-export-{kind}"))
