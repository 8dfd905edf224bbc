"""An audience as a file: the database writes the lines (COPY), which are streamed through.

The file is staged completely beside its place before it is published, so it is either complete or not there, and no
more than a few hundred kilobytes of it are in memory.
"""

import hashlib
import io
import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from django.db import connection
from psycopg import sql

from campaigns.delivery.channels.base import DeliveryFailedError, Message
from campaigns.delivery.channels.http import Body
from campaigns.models import Recipient
from campaigns.models.recipient import RecipientState
from customers.private_files import make_private_folder

BLOCK = 262_144
SUFFIX = ".part"
FORGOTTEN_SECONDS = 86_400
OFFERS_SEPARATOR = ";"
# What a program for tables takes for the beginning of a formula (OWASP, CSV Injection).
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")
# The same recipients in the same order for every attempt: they are pending until the file is complete.
AUDIENCE = sql.SQL(
    "SELECT {columns} FROM campaigns_recipient recipient"
    " JOIN customers_customer customer ON customer.id = recipient.customer_id"
    " WHERE recipient.delivery_id = {delivery} AND recipient.state = 'pending' ORDER BY recipient.customer_id"
)


@dataclass(frozen=True)
class StagedFile:
    """A complete file that nobody knows of yet."""

    path: Path
    rows: int
    size: int
    sha256: str

    def body(self) -> Body:
        """The file as a request's body."""
        return Body(self.size, self._blocks)

    def _blocks(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block


def audience_columns(message: Message, attributes: Sequence[str]) -> dict[str, sql.Composable]:
    """What a line of an audience file holds, by the names of its columns."""
    columns: dict[str, sql.Composable] = {
        "external_id": sql.SQL("customer.external_id"),
        "user_id": sql.SQL("customer.uuid::text"),
    }
    for name in attributes:
        columns.setdefault(name, customer_column(name))
    columns.setdefault("offer_ids", sql.Literal(OFFERS_SEPARATOR.join(message.offer_ids)))
    columns.setdefault("template_id", sql.Literal(message.template_id or ""))
    return columns


def without_formulas(columns: dict[str, sql.Composable]) -> dict[str, sql.Composable]:
    """The same columns for people: a cell that a program for tables would calculate has an apostrophe before it."""
    begins = sql.SQL(", ").join(map(sql.Literal, FORMULA_BEGINS))
    harmless = sql.SQL("CASE WHEN left({0}, 1) IN ({1}) THEN concat({2}, {0}) ELSE {0} END")
    return {
        f"'{name}" if name.startswith(FORMULA_BEGINS) else name: harmless.format(column, begins, sql.Literal("'"))
        for name, column in columns.items()
    }


def customer_column(name: str) -> sql.Composable:
    """The SQL of one of a customer's values: the external id, our own id, or an attribute."""
    own = {"external_id": sql.SQL("customer.external_id"), "user_id": sql.SQL("customer.uuid::text")}
    return own.get(name) or sql.SQL("customer.attributes ->> {}").format(sql.Literal(name))


def has_any(names: Iterable[str]) -> sql.Composed:
    """The condition over `customer` that at least one of these values is there."""
    columns = [sql.Literal(""), *map(customer_column, names)]
    return sql.SQL("concat({}) <> ''").format(sql.SQL(", ").join(columns))


def select_audience(delivery_id: int, columns: dict[str, sql.Composable]) -> sql.Composed:
    """The statement whose rows are an audience."""
    named = [sql.SQL("{} AS {}").format(value, sql.Identifier(name)) for name, value in columns.items()]
    return AUDIENCE.format(columns=sql.SQL(", ").join(named), delivery=sql.Literal(delivery_id))


def require_delivery(message: Message) -> int:
    """The delivery whose audience is asked for; DeliveryFailedError for a triggered message, which has none."""
    if message.delivery_id is None:
        raise DeliveryFailedError(
            f"A triggered message has no audience: {message.ad_type} must be scheduled.", is_lasting=True
        )
    return message.delivery_id


class _Hashing(io.RawIOBase):
    """Writes through to a file and keeps count; a buffer before it gathers lines to blocks."""

    def __init__(self, file: io.FileIO) -> None:
        self.file, self.digest, self.size = file, hashlib.sha256(), 0

    def writable(self) -> bool:
        return True

    def write(self, block: Any, /) -> int:
        written = self.file.write(block)
        self.digest.update(memoryview(block)[:written])
        self.size += written
        return written


@contextmanager
def staged(select: sql.Composable, folder: Path, *, header: bool) -> Iterator[StagedFile]:
    """The rows of a statement as CSV, in a file of `folder` that is gone afterwards unless it was moved."""
    make_private_folder(folder)
    _remove_forgotten(folder)
    handle, name = tempfile.mkstemp(prefix=".", suffix=SUFFIX, dir=folder)
    path = Path(name)
    try:
        with io.FileIO(handle, "wb") as file:
            complete = _copy(select, path, file, header=header)
        yield complete
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def staged_text(text: str, folder: Path) -> Iterator[StagedFile]:
    """A few lines in a file of `folder`, as `staged` has the rows of a statement."""
    make_private_folder(folder)
    handle, name = tempfile.mkstemp(prefix=".", suffix=SUFFIX, dir=folder)
    path, content = Path(name), text.encode()
    try:
        with io.FileIO(handle, "wb") as file:
            file.write(content)
        yield StagedFile(path, text.count("\n"), len(content), hashlib.sha256(content).hexdigest())
    finally:
        path.unlink(missing_ok=True)


def _remove_forgotten(folder: Path) -> None:
    """What a worker that was killed has left there, once nobody can be at it any more."""
    for path in folder.glob(f".*{SUFFIX}"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > FORGOTTEN_SECONDS:
                path.unlink()


def _copy(select: sql.Composable, path: Path, file: io.FileIO, *, header: bool) -> StagedFile:
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER {})").format(select, sql.SQL(str(header)))
    through = _Hashing(file)
    with connection.wrap_database_errors, connection.cursor() as cursor, io.BufferedWriter(through, BLOCK) as lines:
        raw: Any = cursor.cursor
        with raw.copy(statement) as copied:
            lines.writelines(copied)
        rows = raw.rowcount
    os.fsync(file.fileno())
    return StagedFile(path, rows, through.size, through.digest.hexdigest())


def require_everybody(delivery_id: int, file: StagedFile) -> None:
    """DeliveryFailedError if a recipient lost their identifier meanwhile: then the file is made anew."""
    if file.rows != Recipient.objects.filter(delivery_id=delivery_id, state=RecipientState.PENDING).count():
        raise DeliveryFailedError("Recipients were changed while their file was written.")


def manifest_of(message: Message, name: str, staged_file: StagedFile, columns: Sequence[str]) -> bytes:
    """What stands beside a file, so that who fetches it can check it."""
    scheduled_for = message.scheduled_for
    document = {
        "file": name,
        "rows": staged_file.rows,
        "bytes": staged_file.size,
        "sha256": staged_file.sha256,
        "columns": list(columns),
        "campaign_id": message.campaign_id,
        "creative_id": message.creative_id,
        "scheduled_for": scheduled_for and scheduled_for.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "template_id": message.template_id,
        "offer_ids": list(message.offer_ids),
    }
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
