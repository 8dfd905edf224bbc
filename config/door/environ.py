"""Translates an ASGI request into a WSGI environment (PEP 3333)."""

import sys
from functools import lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

Scope = dict[str, Any]
Environ = dict[str, Any]
CONSTANT: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}


def environ_of(scope: Scope) -> Environ:
    """The environment of a request without its body, which `set_body` adds."""
    server, client = scope.get("server") or ("", None), scope.get("client") or ("", None)
    environ = CONSTANT | {
        "REQUEST_METHOD": scope["method"],
        "PATH_INFO": _path(scope),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or ""),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1] or ""),
        "wsgi.url_scheme": scope["scheme"],
    }
    for name, written in scope["headers"]:
        key = _key(name)
        value = written.decode("latin-1").strip(" \t")
        if key in environ:
            separator = "; " if key == "HTTP_COOKIE" else ","
            environ[key] = f"{environ[key]}{separator}{value}"
        elif key:
            environ[key] = value
    return environ


def set_body(environ: Environ, body: bytes) -> None:
    """Add the complete body and its length."""
    environ["wsgi.input"] = BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)


def _path(scope: Scope) -> str:
    """The path's bytes, decoded as PEP 3333 demands."""
    raw: bytes | None = scope.get("raw_path")
    path = scope["path"].encode() if raw is None else unquote_to_bytes(raw.partition(b"?")[0])
    return path.decode("latin-1")


@lru_cache(maxsize=1024)
def _key(name: bytes) -> str:
    """The variable of a header; empty for a name with an underscore, which could be mistaken for another header."""
    if b"_" in name:
        return ""
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
