"""The browser client as a file, and the demo's shop, which nobody meets who didn't ask for the demo."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client

from funnels.api.views.browser_client import FOLDER, MODULES, SOURCE

NODE = shutil.which("node")
IMPORTED = re.compile(r'from "\./(\w+)\.mjs"')
TOP_LEVEL = re.compile(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)


def _module(name: str) -> str:
    return (FOLDER / f"{name}.mjs").read_text()


def test_the_client_is_served_and_kept_by_browsers() -> None:
    answer = Client().get("/sdk/javascript/prisma.js")
    assert (answer.status_code, answer.content) == (200, SOURCE)
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Access-Control-Allow-Origin"] == "*"
    again = Client().get("/sdk/javascript/prisma.js", headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Client().post("/sdk/javascript/prisma.js").status_code == 405


def test_the_client_needs_nobody_and_evaluates_nothing() -> None:
    text = SOURCE.decode()
    for word in (
        "import ",
        "export ",
        "require(",
        "eval(",
        "new Function",
        "document.write",
        "innerHTML",
        "https://cdn",
    ):
        assert word not in text


def test_each_module_of_the_client_imports_only_from_those_before_it() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(MODULES)
    for index, name in enumerate(MODULES):
        assert set(IMPORTED.findall(_module(name))) <= set(MODULES[:index])


def test_no_two_modules_of_the_client_give_something_the_same_name() -> None:
    names = [found for name in MODULES for found in TOP_LEVEL.findall(_module(name))]
    assert len(names) > 20
    assert len(names) == len(set(names))


@pytest.mark.skipif(NODE is None, reason="no node (apt-get install nodejs)")
def test_the_client_is_valid_as_modules_and_as_the_script_that_is_served(tmp_path: Path) -> None:
    script = tmp_path / "prisma.js"
    script.write_bytes(SOURCE)
    linked = f'import {{ prisma }} from "{(FOLDER / "client.mjs").as_uri()}"; console.log(Object.keys(prisma).join());'
    loaded = "globalThis.window = {}; require(process.argv[1]); console.log(Object.keys(window.prisma).join());"
    calls = "load,syncPage,startFunnel,dismissCampaign,closePopup,conversion\n"
    for arguments in (["--input-type=module", "-e", linked], ["-e", loaded, str(script)]):
        run = subprocess.run([str(NODE), *arguments], capture_output=True, text=True, check=False, timeout=60)
        assert (run.stdout, run.stderr) == (calls, "")


@pytest.mark.parametrize("path", ["/demo/", "/demo/offers/", "/demo/apply/"])
def test_no_shop_without_the_demo(path: str) -> None:
    assert Client().get(path).status_code == 404
