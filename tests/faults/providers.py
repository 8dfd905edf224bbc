"""Two other systems for the workers under test, which keep what they are given in a file each.

One knows a key again, the other doesn't. Both write down every key they see; who deduplicates is the one that reads. A
file `<name>.kill` is a bullet: the next worker that has handed over to `name` takes it and dies, before it has said so.
With a file `<name>.cut` it only loses its connection to the database.
"""

import os
import signal
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from uuid import UUID

import psycopg
from django.db import connection

from campaigns.delivery.channels import registry
from campaigns.delivery.channels.base import ClaimedRecipient, Message, Outcome, Result, Wanted, always
from campaigns.models.ad_type import CreativeType
from tests.faults.worker import database_url

LENGTH_OF_A_KEY = 36
SECONDS_A_BATCH = float(os.environ.get("PROVIDER_SECONDS", "0"))


class Provider:
    """Keeps every key that it is given in the file `name`."""

    rate: float | None = None
    batch_size = int(os.environ.get("PROVIDER_BATCH", "20"))

    def __init__(self, name: str, *, deduplicates: bool) -> None:
        self.destination, self.deduplicates = name, deduplicates
        self._file = Path(os.environ["PROVIDERS"]) / name

    def send(self, _message: Message, recipients: Sequence[ClaimedRecipient], _wanted: Wanted = always) -> list[Result]:
        """Take everybody."""
        # In one piece, or another thread's keys come in between; a kill may still cut the last key short.
        lines = "".join(f"\n{each.key}" for each in recipients) + "\n"
        with self._file.open("ab", buffering=0) as file:
            file.write(lines.encode())
        time.sleep(SECONDS_A_BATCH)
        if self._found(".cut"):
            cut_off(connection.connection.info.backend_pid)
        elif self._found(".kill"):
            os.kill(os.getpid(), signal.SIGKILL)
        return [Result(each.key, Outcome.SENT) for each in recipients]

    def _found(self, suffix: str) -> bool:
        try:
            self._file.with_suffix(suffix).unlink()
        except FileNotFoundError:
            return False
        return True


def keys_given(path: Path) -> list[UUID]:
    """Every key that a provider was given, as often as it was."""
    lines = path.read_text().split() if path.exists() else []
    return [UUID(line) for line in lines if len(line) == LENGTH_OF_A_KEY]


def cut_off(backend: int, address: str = "") -> None:
    """End a connection as a database does that is started again; in a thread without one, `address` is needed."""
    with closing(psycopg.connect(address or database_url(), autocommit=True)) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])


def register() -> None:
    """Put them in the place of email and push."""
    known = Provider("known", deduplicates=True)
    blind = Provider("blind", deduplicates=False)
    registry.CHANNELS[CreativeType.MESSAGING_PLATFORM_EMAIL] = lambda _message: known
    registry.CHANNELS[CreativeType.MESSAGING_PLATFORM_PUSH] = lambda _message: blind
