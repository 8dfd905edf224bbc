"""Two other systems for the workers under test, which keep what they are given in a file each.

One knows a key again, the other doesn't. Both write down every key they see; who deduplicates is the one that reads. A
file `<name>.kill` is a bullet: the next worker that has handed over to `name` takes it and dies, before it has said so.
"""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from campaigns.delivery import couriers
from campaigns.delivery.channel import Message, Outcome, Recipient, Result
from campaigns.models.ad_type import AdType

SECONDS_A_BATCH = float(os.environ.get("PROVIDER_SECONDS", "0"))


class Provider:
    """Keeps every key that it is given in the file `name`."""

    rate: float | None = None
    batch_size = int(os.environ.get("PROVIDER_BATCH", "20"))

    def __init__(self, name: str, *, deduplicates: bool) -> None:
        self.destination, self.deduplicates = name, deduplicates
        self._file = Path(os.environ["PROVIDERS"]) / name

    def send(self, _message: Message, recipients: Sequence[Recipient]) -> list[Result]:
        """Take everybody."""
        lines = "".join(f"{each.key}\n" for each in recipients)
        with self._file.open("a") as file:
            file.write(lines)
        time.sleep(SECONDS_A_BATCH)
        try:
            self._file.with_suffix(".kill").unlink()
        except FileNotFoundError:
            return [Result(each.key, Outcome.SENT) for each in recipients]
        os.kill(os.getpid(), signal.SIGKILL)
        return []


def register() -> None:
    """Put them in the place of email and push."""
    known = Provider("known", deduplicates=True)
    blind = Provider("blind", deduplicates=False)
    couriers.MAKERS[AdType.EMAIL_MESSAGE] = lambda _message: known
    couriers.MAKERS[AdType.PUSH_MESSAGE] = lambda _message: blind
