"""Keeps the embedded PostgreSQL up for `manage.py serve`: run as `python -m config.postgresql.keeper DIRECTORY`.

The server is a daemon, so its parent can't notice when it dies. This process has a share like any other, and exits when
the server has ended; `serve` then restarts this process, which restarts the server.
"""

import sys
import time
from pathlib import Path

from config.postgresql import embedded

LOOK_SECONDS = 1.0


def main() -> None:
    """Hold a share until SIGTERM (which `embedded` turns into an ordinary exit) or the end of the server."""
    directory = Path(sys.argv[1])
    embedded.start(directory)
    while embedded.is_running(directory):
        time.sleep(LOOK_SECONDS)
    sys.exit(f"the embedded PostgreSQL in {directory} has ended")


if __name__ == "__main__":
    main()
