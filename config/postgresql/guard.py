"""Stops the embedded PostgreSQL when `manage.py serve` is killed: run as `python -m config.postgresql.guard DIRECTORY`.

The server is nobody's child (it outlives the process that started it), so somebody must be left to stop it. This
process has a share of its own and lives as long as `serve`; told to end, it gives the share back as every process does.
"""

import signal
import sys
from pathlib import Path

from config.postgresql import embedded


def main() -> None:
    """Hold a share until SIGTERM, which `embedded` turns into an ordinary exit."""
    embedded.start(Path(sys.argv[1]))
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
