"""Frontends of our own: the right one passes, and each bug is named by the check that is about it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner, Result

from mock_ares.cli import main
from mock_ares.harness.handbook.check_texts import texts
from tests import programs
from tests.pages.rig import BUGS, SELECTORS, served
from tests.ports import lasting_port
from tests.toolchains import require_tool

EACH = [
    pytest.param(page, bug, check, id=f"{page}-{bug}") for page, bugs in BUGS.items() for bug, check in bugs.items()
]


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    for tool in ("chromium", "npm"):
        require_tool(tool)
    with served(programs.pages(tmp_path_factory)) as origin:
        yield origin


def checked(origin: str, page: str, *words: str, bug: str = "") -> Result:
    port = str(lasting_port())
    url = f"{origin}/{page}/?{urlencode({'ares': f'http://localhost:{port}', 'bug': bug})}"
    selectors = (word for name, selector in SELECTORS.items() for word in (f"--{name}", selector))
    how = ["--as", "markdown"] if page == "markdown" else []
    line = ["check", "--name", page, "--page", url, "--port", port, *selectors, *how, *words]
    return CliRunner().invoke(main, line, catch_exceptions=False)


@pytest.mark.slow
@pytest.mark.toolchain("chromium")
@pytest.mark.parametrize(("page", "bug", "check"), EACH)
def test_each_bug_is_named_by_its_check(
    origin: str, page: str, bug: str, check: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = (
        "--strict",
        "--only",
        "plain",
        "--only",
        check,
        "--examples",
        "0",
        "--report",
        "report.json",
        "--report",
        "r.html",
    )
    ran = checked(origin, page, *words, bug=bug)
    (client,) = json.loads(Path("report.json").read_text())["clients"]
    verdicts = {found["id"]: found["verdict"] for found in client["checks"]}
    assert verdicts == {"plain": "passed", check: "failed"}, ran.output
    wrong = texts()[check].wrong
    if page == "plain" and wrong is not None and not wrong.by:  # its page in docs/checks tells of this very bug
        (said,) = (found["diagnosis"] for found in client["checks"] if found["id"] == check)
        assert wrong.said and said.startswith(re.split(r"['\d]", wrong.said)[0])
    if bug == "freeze":
        return  # it draws nothing
    picture = Path(".mock-ares/failures") / f"{page}-{check}.jpg"
    assert picture.read_bytes().startswith(b"\xff\xd8\xff")
    assert base64.b64encode(picture.read_bytes()).decode() in Path("r.html").read_text()


@pytest.mark.slow
@pytest.mark.toolchain("chromium")
@pytest.mark.parametrize("page", BUGS)
def test_the_right_one_passes(origin: str, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    about = {check for bugs in BUGS.values() for check in bugs.values()} - {"long-line"}  # megabytes of markdown
    words = [word for check in sorted({*about, "plain", "status", "drop-fin"}) for word in ("--only", check)]
    ran = checked(origin, page, *words, "--strict", "--examples", "0")
    assert ran.exit_code == 0, ran.output
