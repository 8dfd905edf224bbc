"""The demo's credentials, in `$DATA_DIR/demo.env`, because the database has only hashes of them."""

import os
from pathlib import Path

from django.conf import settings
from rich.console import Console
from rich.table import Table


def path() -> Path:
    """The file of the credentials."""
    directory: Path = settings.DATA_DIR
    return directory / "demo.env"


def read() -> dict[str, str]:
    """The stored credentials; empty if there are none."""
    try:
        lines = path().read_text().splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line)


def write(credentials: dict[str, str]) -> None:
    """Store the credentials readable by this user only; the file is replaced atomically."""
    draft = path().with_suffix(".env.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in credentials.items())
    draft.replace(path())


def show(credentials: dict[str, str]) -> None:
    """Print the credentials as a table."""
    table = Table(title=f"Demo credentials (kept in {path()})", title_justify="left")
    table.add_column("name", no_wrap=True)
    table.add_column("value", overflow="fold")
    for name, value in credentials.items():
        table.add_row(name, value)
    Console().print(table)
