"""Stops the embedded PostgreSQL when nobody needs it any more: run as `python -m config.postgresql.guard DIRECTORY`.

`embedded` leaves one behind before it starts a server, in a session of its own: a process that is killed while it
starts the server, or later, can't stop it, and nobody else would. It holds the file `DIRECTORY.guard`, its standard
error, as long as it lives.
"""

import os
import sys
import time
from pathlib import Path

from config.postgresql import embedded
from config.postgresql.shares import beside, is_free, one_at_a_time

LOOK_SECONDS = 0.2


def main() -> None:
    """Look until nobody has a share, and end what runs then."""
    directory = Path(sys.argv[1])
    while directory.parent.is_dir():
        with one_at_a_time(beside(directory, "lock")):
            if is_free(beside(directory, "shares")):
                embedded.end(directory)
                # Lets go of both files at once: whoever starts the server next leaves a guard of its own.
                os._exit(0)
        time.sleep(LOOK_SECONDS)
    embedded.end(directory)


if __name__ == "__main__":
    main()
