"""The lines of the pages, pasted; in the README's folder they would find what they name, and here it is put there."""

from __future__ import annotations

import math
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mock_ares import __version__
from mock_ares.ares.credentials import Keyring
from mock_ares.ares.errors import NAMES
from mock_ares.authoring.load import load_all, loads
from mock_ares.cli import main
from mock_ares.client import stream_chat
from mock_ares.harness.commands import check
from mock_ares.paths import FIXTURES
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from mock_ares.verify.commands import verify
from mock_ares.verify.questions import TABLE
from tests.documents import ROOT, WHEEL, commands, examples, pages, text
from tests.pasted.conftest import Paste
from tests.programs import RUST

RUN_BY = {
    ("README.md", "sh"): "here",
    ("README.md", "yaml"): "here",
    ("README.md", "python"): "tests/plugin/test_docs.py",
    ("contracts/clients/README.md", "sh"): "here",
    ("contracts/ci/README.md", "yaml"): "tests/ci/test_recipes.py",
    ("contracts/wire/README.md", "yaml"): "tests/test_wire_vectors.py",
    ("docs/check.md", "html"): "here",
    ("docs/check.md", "js"): "here",
    ("docs/check.md", "python"): "here",
    ("docs/check.md", "sh"): "here",
    ("docs/check.md", "toml"): "here",
    ("docs/control-api.md", "js"): "tests/control/test_docs.py",
    ("docs/control-api.md", "sh"): "here",
    ("docs/frontend-tests.md", "js"): "tests/npm/test_package.py",
    ("docs/frontend-tests.md", "python"): "tests/plugin/test_page.py",
    ("docs/frontend-tests.md", "sh"): "tests/npm/test_package.py",
    ("docs/frontends.md", "js"): "tests/pasted/test_frontends.py",
    ("docs/frontends.md", "nginx"): "tests/pasted/test_frontends.py",
    ("docs/frontends.md", "sh"): "tests/harness/test_widgets.py",
    ("docs/frontends.md", "yaml"): "tests/pasted/test_frontends.py",
    ("docs/howto/app-that-starts-once.md", "python"): "tests/plugin/test_howto.py",
    ("docs/howto/coming-from.md", "python"): "tests/plugin/test_howto.py",
    ("docs/howto/coming-from.md", "yaml"): "here",
    ("docs/howto/load-tests.md", "sh"): "here",
    ("docs/howto/load-tests.md", "yaml"): "here",
    ("docs/howto/other-languages.md", "sh"): "tests/pasted/test_scaffold.py",
    ("docs/howto/retries.md", "python"): "tests/plugin/test_howto.py",
    ("docs/howto/time-outs.md", "python"): "tests/plugin/test_howto.py",
    ("docs/howto/time-travel.md", "ini"): "tests/plugin/test_howto.py",
    ("docs/howto/time-travel.md", "python"): "tests/plugin/test_howto.py",
    ("docs/http2.md", "sh"): "here",
    ("docs/pytest.md", "python"): "tests/plugin/test_docs.py",
    ("docs/scenarios.md", "python"): "tests/authoring/test_docs.py",
    ("docs/scenarios.md", "yaml"): "tests/authoring/test_docs.py",
    ("docs/start/any-client.md", "js"): "here",
    ("docs/start/any-client.md", "sh"): "here",
    ("docs/start/first-test.md", "python"): "tests/plugin/test_docs.py",
    ("docs/start/frontend.md", "sh"): "here",
    ("docs/start/frontend.md", "yaml"): "here",
    ("docs/start/install.md", "sh"): "here",
    ("docs/tls.md", "python"): "tests/plugin/test_docs.py",
    ("docs/verify.md", "sh"): "here",
    ("docs/why/ten-lines.md", "python"): "tests/plugin/test_docs.py",
}
SHORTER = """#!{python}
import os, signal, subprocess, sys
real, words = {real!r}, sys.argv[1:]
if words[0] == "check":
    words[1:1] = ["--only", "text-nul", "--examples", "0"]
if words[0] == "serve":
    served = subprocess.Popen([real, *words, "--port", "0"], stdout=subprocess.PIPE, text=True)
    greeted = any("list scenarios" in line for line in served.stdout)
    served.send_signal(signal.SIGINT)
    sys.exit(served.wait() or not greeted)
os.execv(real, [real, *words])
"""
"""The program, but that it serves until it has greeted, and checks one row, the shortest."""
NAIVE = "from mock_ares.client import stream_chat\n"


@pytest.fixture
def shell() -> str:
    """One: nothing in these lines is quoted for what comes from outside."""
    return "sh"


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeServer]:
    with FakeServer(Settings(speed=math.inf, control_token="secret"), load_all((FIXTURES,))) as server:
        yield server


@pytest.fixture
def place(odd: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder such as the examples speak of, with the program in .venv and on PATH."""
    program = odd / ".venv" / "bin" / "mock-ares"
    program.parent.mkdir(parents=True)
    (odd / "run").write_text(SHORTER.format(python=sys.executable, real=str(Path(sys.executable).parent / "mock-ares")))
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$(dirname "$0")/../../run" "$@"\n')
    program.chmod(0o755)
    clients = ROOT / "contracts" / "clients"
    for name, source in (("client.mjs", "node/fixed.mjs"), ("client.js", "browser/fixed.js")):
        (odd / name).write_text((clients / source).read_text())
    driver = (ROOT / "contracts" / "drivers" / "node" / "driver.mjs").read_text()
    driver = driver.replace("../../clients/node/fixed.mjs", "./client.mjs")
    (odd / "driver.mjs").write_text(driver.replace("../../drivers/node/drive.mjs", "./drive.mjs"))
    (odd / "drive.mjs").write_text((ROOT / "contracts" / "drivers" / "node" / "drive.mjs").read_text())
    (odd / "my_module.py").write_text(NAIVE)
    return odd


def lines(page: str, number: int) -> str:
    return examples(page, "sh")[number].code


@pytest.fixture
def search(place: Path) -> str:
    """A PATH that finds the program of the place first."""
    return os.pathsep.join([str(place / ".venv" / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])


def test_each_example_has_a_test() -> None:
    found = {(page, example.language) for page in pages() for example in examples(page)}
    assert found == set(RUN_BY)
    for (page, _), where in RUN_BY.items():
        assert where == "here" or Path(page).name in text(where), (page, where)


def test_the_readmes_first_lines(paste: Paste) -> None:
    assert "mock-ares serve" in paste(lines("README.md", 0), where=ROOT, MAKEFLAGS="n")


@pytest.mark.toolchain("curl")
def test_the_readmes_question(paste: Paste, place: Path, fake: FakeServer) -> None:
    assert "data: " in paste(lines("README.md", 1).replace("http://127.0.0.1:3000", fake.url))
    assert fake.requests()[-1].scenario == "read-utf8"


@pytest.mark.slow
@pytest.mark.toolchain("node")
@pytest.mark.toolchain("chromium")
def test_the_readmes_checks(paste: Paste, place: Path) -> None:
    assert paste(lines("README.md", 2)).count("1 passed") == 3


def test_the_readmes_bad_day(paste: Paste, place: Path) -> None:
    (day,) = examples("README.md", "yaml")
    (place / "bad-day.yaml").write_text(day.code)
    said = paste(lines("README.md", 3))
    assert "1 scenario, no mistakes" in said and "read-utf8" in said


@pytest.mark.slow
@pytest.mark.toolchain("node")
@pytest.mark.toolchain("chromium")
def test_the_checks_page(paste: Paste, place: Path, search: str) -> None:
    for example in examples("docs/check.md", "python", "html", "js", "toml"):
        example.write(place)
    for example in examples("docs/check.md", "sh"):
        paste(example.code, PATH=search)
    assert (place / "grid.html").is_file()


@pytest.mark.slow
def test_it_is_installed_as_its_page_says(paste: Paste, tmp_path: Path) -> None:
    """In a folder whose name pip's scripts bear. What an index gives, dependencies and what builds a wheel, is taken
    from this environment; a wheel that these tests are run with is installed with all that it needs."""
    (plain := tmp_path / "plain").mkdir()
    package = os.environ.get(WHEEL, str(ROOT))
    code = lines("docs/start/install.md", 0).replace("/path/to/mock-ares", shlex.quote(package))
    beside = {"PYTHONPATH": str(Path(pytest.__file__).parents[1]), "PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1"}
    beside |= {"PIP_NO_BUILD_ISOLATION": "0"}
    said = paste(code, where=plain, PIP_DISABLE_PIP_VERSION_CHECK="1", **({} if WHEEL in os.environ else beside))
    assert said.endswith(f"mock-ares, version {__version__}\n")
    assert (plain / ".venv" / "bin" / "mock-ares").is_file()


@pytest.mark.slow
def test_a_frontends_first_page(paste: Paste, place: Path, search: str) -> None:
    for example in examples("docs/start/frontend.md", "yaml"):
        example.write(place)
    said = "".join(paste(example.code, PATH=search) for example in examples("docs/start/frontend.md", "sh"))
    assert "1 scenario, no mistakes" in said and "RST" in said


@pytest.mark.slow
@pytest.mark.toolchain("node")
def test_the_first_page_for_ci(paste: Paste, place: Path, search: str) -> None:
    """With two of the checks, of which the client fails one."""
    for example in examples("docs/start/any-client.md", "js"):
        example.write(place)
    first, baseline, run = (
        example.code.replace("--quick", "--quick --only plain --only eol-crlf")
        for example in examples("docs/start/any-client.md", "sh")
    )
    real = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    assert "1 failed" in paste(first, PATH=real, status=1)
    paste(baseline, PATH=real)
    assert "eol-crlf" in (place / "known.toml").read_text()
    assert "1 passed" in paste(run, PATH=real)
    assert (place / "contract.html").is_file()


def test_a_stub_is_a_scenario() -> None:
    (stub,) = examples("docs/howto/coming-from.md", "yaml")
    assert len(loads(stub.code, errors=NAMES).replies) == 2


@pytest.mark.slow
def test_a_load_test_is_served(place: Path) -> None:
    """Started, asked once and stopped."""
    (load,) = examples("docs/howto/load-tests.md", "yaml")
    load.write(place)
    (line,) = examples("docs/howto/load-tests.md", "sh")
    _, *words = shlex.split(line.code.replace("3000", "0"))
    command = [sys.executable, "-m", "mock_ares", *words]
    with subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout is not None
            greeting = next(said for said in served.stdout if " at http://" in said)
            assert "in 2 processes" in greeting
            (url,) = re.findall(r"http://\S+", greeting)
            assert next(stream_chat(f"{url}/api/chat/stream", Keyring().issue_jwt(), "hi"))
        finally:
            served.terminate()
    assert served.returncode == 0


@pytest.mark.toolchain("curl")
def test_the_control_apis_page(paste: Paste, place: Path, search: str, fake: FakeServer) -> None:
    code = lines("docs/control-api.md", 0).replace("http://ares.test:3000", fake.url)
    assert '"scenarios"' in paste(code, PATH=search, TOKEN="secret")


def test_the_page_of_verify(paste: Paste, place: Path, search: str, fake: FakeServer) -> None:
    code = lines("docs/verify.md", 0).replace("http://127.0.0.1:3000", fake.url)
    assert "profile docs: " in paste(code, PATH=search)


@pytest.mark.slow
@pytest.mark.toolchain("node")
@pytest.mark.toolchain("go")
@pytest.mark.toolchain("javac")
@pytest.mark.toolchain("cargo")
def test_the_clients_page(paste: Paste, place: Path, search: str, fake: FakeServer) -> None:
    code = lines("contracts/clients/README.md", 0).replace("http://127.0.0.1:3000", fake.url)
    said = paste(
        code, PATH=search, where=ROOT / "contracts" / "clients", GOTOOLCHAIN="local", CARGO_TARGET_DIR=str(RUST)
    )
    assert said.count("Neural networks learn by example.") == 4


def test_commands_within_the_text_are_understood() -> None:
    """Their options and values; what they name need not be there."""
    for words in (words for page in pages() for words in commands(page, "mock-ares")):
        command: click.Command = main
        while isinstance(command, click.Group) and words:
            found = command.get_command(click.Context(command), words[0])
            assert found is not None, words
            command, words = found, words[1:]
        if words:
            command.make_context("mock-ares", words)


def test_targets_of_make_within_the_text_are_there() -> None:
    targets = set(re.findall(r"^([\w-]+):", text("Makefile"), re.MULTILINE))
    assert {words[0] for page in pages() for words in commands(page, "make")} <= targets


@pytest.mark.parametrize(("command", "name"), [(check, "docs/check.md"), (verify, "docs/verify.md")])
def test_every_option_is_told(command: click.Command, name: str) -> None:
    options = {word for parameter in command.params for word in parameter.opts if word.startswith("--")}
    page = text(name)
    assert {word for word in options if not re.search(rf"{word}\b", page)} == set()


def test_every_question_is_told() -> None:
    page = text("docs/verify.md")
    assert [question.info.id for question in TABLE if f"`{question.info.id}`" not in page] == []


def test_the_environment_is_told() -> None:
    source = "".join(path.read_text() for path in (ROOT / "mock_ares").rglob("*.py"))
    page = text("docs/check.md")
    read = set(re.findall(r"MOCK_ARES_[A-Z_]+", source)) | set(re.findall(r"environ\.get\(\"(\w+)\"", source))
    assert [name for name in sorted(read) if f"`{name}`" not in page] == []
