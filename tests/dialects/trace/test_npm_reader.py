"""An EDN reader that is nobody's of ours (edn-data, from the npm registry) reads our answers.

It is installed once, as its lock says, into a folder beside the other data. Without node the test is skipped, but never
where CI is set.
"""

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.dialects.trace.caller import MEDIA_TYPES, Answer, Caller
from tests.factories import make_customer, make_interaction, make_trail

NPM = Path(__file__).parent / "npm"
IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
# One worker installs and reads; the others have nothing to do with it.
pytestmark = pytest.mark.xdist_group("npm")


@pytest.fixture(scope="module")
def installed() -> Path:
    """The folder with the reader, as the lock names it: another lock is another folder."""
    if not (shutil.which("node") and shutil.which("npm")):
        if IN_CI:
            pytest.fail("node and npm are missing, and CI must not go without this test")
        pytest.skip("node is not installed")
    lock = (NPM / "package-lock.json").read_bytes()
    folder = Path(settings.DATA_DIR) / "npm" / hashlib.sha256(lock).hexdigest()[:16]
    if not (folder / "node_modules" / "edn-data").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(NPM / name, folder)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
        found = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
        assert found.returncode == 0, found.stderr
    return folder


def _read(folder: Path, *answers: Answer) -> list[Any]:
    """What the other reader makes of our answers: its own rich form, in which a keyword is `{"key": name}`."""
    documents = []
    for answer in answers:
        assert answer["Content-Type"] == "application/edn; charset=utf-8"
        documents.append(answer.content.decode())
    command = ["node", str(NPM / "read.cjs"), str(folder / "package.json")]
    found = subprocess.run(
        command, input=json.dumps(documents), capture_output=True, text=True, timeout=60, check=False
    )
    assert found.returncode == 0, found.stderr
    read: list[Any] = json.loads(found.stdout)
    return read


def _map(**members: object) -> dict[str, Any]:
    return {"map": [[{"key": name.replace("_", "-")}, value] for name, value in members.items()]}


def test_the_other_reader_reads_our_answers(caller: Caller, installed: Path) -> None:
    customer = make_customer(caller.organization, external_id='a "b" \\ c\nd é 🎈')
    trail, token = make_trail(customer, caller.application), str(make_interaction(customer).token)
    visit = f"traces/trail/{trail.uuid}/action"
    answers = [
        caller.post("traces/trace", {"app-token": caller.token, "customer-id": customer.external_id}),
        caller.post(f"traces/{trail.trace.uuid}/trail", {"channel": "atm"}),
        caller.post(visit, {"name": "x", "type": "event"}),
        caller.act(str(trail.uuid), "conversion", tracking_token=token),
        caller.post("customers", {"app-token": caller.token, "customer": {"id": 51}}),
        caller.post(visit, {"name": "x", "type": "event"}),
        caller.post("customers", {"app-token": caller.token, "customer": {"id": 51, "nobody": 1}}),
        caller.post("traces/trace", b'{:a "\\x"}'),
        caller.post("nowhere", {}),
        caller.post("traces/trace", b"{", "json", Accept=MEDIA_TYPES["edn"]),
    ]
    read = _read(installed, *answers)
    ids = [dict(_pairs(each)) for each in read[:4]]
    assert read[0] == _map(trace_id=ids[0]["trace-id"], customer_id=customer.external_id)
    assert [list(each) for each in ids[1:]] == [["trail-id"], ["action-id"], ["action-id"]]
    assert all(isinstance(value, str) for each in ids for value in each.values())
    assert read[4] == _map(customer_id="51")
    codes = ["trace-closed", "invalid-fields", "malformed-body", "not-found", "malformed-body"]
    for each, code in zip(read[5:], codes, strict=True):
        (error,) = dict(_pairs(each)).values()
        members = dict(_pairs(error))
        assert members == {"code": {"key": code}, "message": members["message"]}
        assert isinstance(members["message"], str)


def _pairs(read: Any) -> list[tuple[str, Any]]:
    return [(key["key"], value) for key, value in read["map"]]


def test_the_lock_pins_the_reader_and_names_no_place() -> None:
    lock = json.loads((NPM / "package-lock.json").read_text())
    (package,) = (each for name, each in lock["packages"].items() if name)
    assert package["version"] == json.loads((NPM / "package.json").read_text())["dependencies"]["edn-data"]
    assert package["integrity"].startswith("sha512-")
    assert "://" not in (NPM / "package-lock.json").read_text()
