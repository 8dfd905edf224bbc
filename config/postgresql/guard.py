"""Stops the embedded PostgreSQL when no process needs it: run as `python -m config.postgresql.guard DIRECTORY`.

`embedded` starts one before the server, in a session of its own, because a process that is killed can't stop the
server. The guard holds the lock of the file `DIRECTORY.guard` (its stderr) as long as it lives.
"""

import os
import sys
import time
from pathlib import Path

from config.postgresql import embedded
from config.postgresql.shares import beside, is_free, one_at_a_time

LOOK_SECONDS = 0.2


def main() -> None:
    """Wait until no process has a share, then stop the server."""
    directory = Path(sys.argv[1])
    while directory.parent.is_dir():
        with one_at_a_time(beside(directory, "lock")):
            if is_free(beside(directory, "shares")):
                embedded.end(directory)
                # Releases both locks at once: whoever starts the server next starts another guard.
                os._exit(0)
        time.sleep(LOOK_SECONDS)
    embedded.end(directory)


if __name__ == "__main__":
    main()
