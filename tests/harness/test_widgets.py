"""Chat widgets from npm, put on trial as they are: what docs/frontends.md says of them holds."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_ares.cli import main
from mock_ares.harness.checks import CHECKS
from tests import programs
from tests.documents import examples, text
from tests.pages.rig import HERE, WIDGETS, served
from tests.ports import lasting_port
from tests.toolchains import require_tool


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    for tool in ("chromium", "npm"):
        require_tool(tool)
    with served(programs.pages(tmp_path_factory)) as origin:
        yield origin


@pytest.mark.slow
@pytest.mark.parametrize("name", WIDGETS)
def test_what_comes_of_it(origin: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    widget, port = WIDGETS[name], str(lasting_port())
    selectors = [word for option, selector in widget.selectors.items() for word in (f"--{option}", selector)]
    only = [word for check in (*widget.fails, *widget.passes) for word in ("--only", check)]
    words = ["--strict", "--examples", str(widget.examples), "--report", "report.json", "--as", "markdown"]
    page = ["--page", f"{origin}/{name}/?ares=http://localhost:{port}", "--port", port]
    ran = CliRunner().invoke(main, ["check", *page, *selectors, *only, *words], catch_exceptions=False)
    (client,) = json.loads(Path("report.json").read_text())["clients"]
    verdicts = {found["id"]: found["verdict"] for found in client["checks"]}
    expected = dict.fromkeys(widget.fails, "failed") | dict.fromkeys(widget.passes, "passed")
    assert verdicts == expected, ran.output


def test_the_page_names_each_with_its_version_and_what_it_fails() -> None:
    versions = json.loads((HERE / "package.json").read_text())["dependencies"]
    page = text("docs/frontends.md").partition("\n## Chat widgets\n")[2]
    told, name = dict[str, str](), ""
    for first, fails in re.findall(r"^\| ([^|]*)\| ([^|]*) \|", page, re.MULTILINE):
        name = first.strip() or name
        told[name] = told.get(name, "") + fails
    for widget in WIDGETS.values():
        named = re.findall(r"`([a-z0-9-]+)`", told[f"{widget.package} {versions[widget.package]}"])
        assert set(widget.fails) <= set(named) <= set(CHECKS)
        assert not set(widget.passes) & set(named)
    (example,) = [each.code for each in examples("docs/frontends.md", "sh")]
    lines = [shlex.split(line) for line in example.replace("\\\n", "").splitlines()]
    for words, widget in zip(lines, WIDGETS.values(), strict=True):
        said = {word[2:]: value for word, value in pairwise(words) if word.startswith("--")}
        assert {name: said[name] for name in widget.selectors} == widget.selectors
