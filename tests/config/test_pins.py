"""What an installation is made of is named so that it can't become something else."""

import os
import re
import subprocess
import sys

import yaml

from tests.config.served import PROJECT

DIGEST = re.compile(r"^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$")
PACKAGE = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[\w,-]+\])?==([^\s;]+)(?: ; .+)? \\$")


def test_images_are_pinned_by_digest() -> None:
    built = re.findall(r"^FROM (\S+)", (PROJECT / "Dockerfile").read_text(), re.MULTILINE)
    services = yaml.safe_load((PROJECT / "compose.yaml").read_text())["services"].values()
    pulled = [service["image"] for service in services if "build" not in service]
    assert (len(built), len(pulled)) == (1, 2)
    assert all(DIGEST.match(image) for image in built + pulled), built + pulled


def test_packages_are_installed_by_their_hashes() -> None:
    assert "pip install --require-hashes" in (PROJECT / "Dockerfile").read_text()
    for name in ("runtime", "development"):
        lines = (PROJECT / "requirements" / f"{name}.txt").read_text().splitlines()
        packages = [line for line in lines if line and not line.startswith((" ", "#", "-"))]
        assert len(packages) > 40
        for line, following in zip(lines, [*lines[1:], ""], strict=True):
            if line in packages:
                assert PACKAGE.match(line), line
                assert following.strip().startswith("--hash=sha256:"), line


def test_an_audit_without_a_database_says_so() -> None:
    nowhere = {"PYTHON": sys.executable, "https_proxy": "http://127.0.0.1:1", "no_proxy": ""}
    asked = subprocess.run(
        [PROJECT / ".ci" / "audit"], env=os.environ | nowhere, capture_output=True, text=True, check=False
    )
    assert (asked.returncode, asked.stderr) == (0, "")
    assert asked.stdout.startswith("skipped: no network")
    assert "Nobody has looked" in asked.stdout


def test_packages_to_look_at_by_hand_are_those_that_are_installed() -> None:
    listed = re.findall(r"^\| `([\w.-]+)` \|", (PROJECT / "docs" / "packages.md").read_text(), re.MULTILINE)
    text = (PROJECT / "requirements" / "runtime.txt").read_text()
    installed = set(re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==", text, re.MULTILINE))
    assert len(listed) > 10
    assert set(listed) <= installed
