"""`python -m config.door --host HOST --port PORT --workers N TARGET`: uvicorn for an ASGI application, as we run it."""

import argparse
import resource
import signal
import sys

import uvicorn

# Connections that wait to be accepted, and open files that the web server asks the system for: sockets, nearly all.
BACKLOG = 2_048
OPEN_FILES = 65_536
# Longer than proxies keep an idle connection to us, or they would write into one that we have just closed.
KEEP_ALIVE_SECONDS = 75
GRACE_SECONDS = 5


def main() -> None:
    """Serve until a signal asks to stop."""
    given = _options()
    _raise_limit_of_files()
    # uvicorn ends in order and then raises the signal again, which would look like an accident.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        given.target,
        host=given.host,
        port=given.port,
        workers=given.workers,
        loop="uvloop",
        http="config.door.connections:Connection",
        ws="none",
        lifespan="off",
        interface="asgi3",
        # The application configures logging; of the scheme and the address only BEHIND_TLS_PROXY may say anything.
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _options() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m config.door", description=__doc__)
    options.add_argument("--host", required=True)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--workers", type=int, required=True)
    options.add_argument("target")
    return options.parse_args()


def _raise_limit_of_files() -> None:
    """Sockets that stand still must not use up the files of a shell's usual 1 024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


if __name__ == "__main__":
    main()
