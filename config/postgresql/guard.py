"""Keeps the embedded PostgreSQL for `manage.py serve`: run as `python -m config.postgresql.guard DIRECTORY`.

The server is nobody's child (it outlives the process that started it), so somebody must be left to stop it when `serve`
is killed, and to see when it dies itself. This process has a share of its own; told to end, it gives the share back as
every process does. Where the server has died it ends too: `serve` starts it again, and it the server.
"""

import sys
import time
from pathlib import Path

from config.postgresql import embedded

LOOK_SECONDS = 1.0


def main() -> None:
    """Hold a share until SIGTERM, which `embedded` turns into an ordinary exit, or the end of the server."""
    directory = Path(sys.argv[1])
    embedded.start(directory)
    while embedded.is_running(directory):
        time.sleep(LOOK_SECONDS)
    sys.exit(f"the embedded PostgreSQL in {directory} has ended")


if __name__ == "__main__":
    main()
