"""The npm package in use, as docs/frontend-tests.md has it: suites, a driver, and how the Python part is found."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from shlex import quote
from typing import Any

import pytest

from mock_ares import FakeServer, __version__
from tests.documents import ROOT, WHEEL, examples, text
from tests.npm.conftest import BUILT, CONSUMER, PAGE, Consumer
from tests.ports import lasting_port
from tests.toolchains import require_tool

PACKAGE = ROOT / "contracts" / "npm"
SYSTEM = "/usr/bin:/bin"


def test_the_version_is_ours() -> None:
    assert json.loads((PACKAGE / "package.json").read_text())["version"] == __version__
    assert f"mock-ares-{__version__}.tgz" in text(PAGE)


@pytest.mark.parametrize("folder", [PACKAGE, CONSUMER])
def test_lock_files_name_no_registry(folder: Path) -> None:
    lock = (folder / "package-lock.json").read_text()
    assert "://" not in lock
    packages = json.loads(lock)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
    wanted = json.loads((folder / "package.json").read_text())
    assert packages[""]["devDependencies"] == wanted["devDependencies"], "npm install --package-lock-only"


@pytest.mark.slow
def test_two_workers_of_playwright(consumer: Consumer) -> None:
    """The configuration of the page starts the fake, by `npx mock-ares`; each test has a script of its own on it."""
    chromium = require_tool("chromium")
    app, ares = (f"http://127.0.0.1:{port}" for port in (lasting_port(), lasting_port()))
    if app == ares:
        ares = f"http://127.0.0.1:{int(app.rpartition(':')[2]) + 1}"
    served = subprocess.Popen(["node", "app.mjs", app.rpartition(":")[2], ares], cwd=consumer.folder)
    try:
        said = consumer.run(
            *("npx", "playwright", "test", "--workers=2", "--reporter=line", "--config=patient.config.mjs"),
            ARES_URL=ares, APP_URL=app, CHROMIUM=chromium,
        )  # fmt: skip
    finally:
        served.terminate()
        served.wait()
    assert "9 passed" in said and "using 2 workers" in said


@pytest.mark.slow
def test_two_workers_of_vitest(consumer: Consumer) -> None:
    """The global set-up starts the fake."""
    said = consumer.run("npx", "vitest", "run", "--maxWorkers=2", "--testTimeout=60000")
    assert "Tests  25 passed (25)" in said


@pytest.mark.slow
def test_vitest_joins_a_fake_that_is_up(consumer: Consumer) -> None:
    with FakeServer() as fake:
        consumer.run("npx", "vitest", "run", "--testTimeout=60000", "chat.test.mjs", ARES_URL=fake.url)
        assert [request.message for request in fake.requests()] == ["hi"]
    said = consumer.run("npx", "vitest", "run", "chat.test.mjs", ARES_URL="http://127.0.0.1:1", status=1)
    assert "no fake answers at http://127.0.0.1:1" in said


@pytest.mark.slow
def test_its_types(consumer: Consumer) -> None:
    tsc = str(BUILT / "node_modules" / "typescript" / "bin" / "tsc")
    options = ("--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022")
    assert consumer.run("node", tsc, *options, "types.ts") == ""


@pytest.mark.slow
def test_the_drivers_loop_in_a_line(consumer: Consumer) -> None:
    _, line = examples(PAGE, "sh")
    for check in ("plain", "cancel"):
        assert f"✓ {check}" in consumer.run("sh", "-c", line.code.replace("--quick", f"--only {check}"))


@pytest.mark.slow
def test_how_it_is_installed(consumer: Consumer, tmp_path: Path) -> None:
    """The lines of the page, but that it serves nothing, and takes the Python part that is on PATH."""
    lines, _ = examples(PAGE, "sh")
    code = lines.code.replace("make npm", f"make -C {quote(str(ROOT))} npm")
    code = code.replace("/path/to/build", quote(str(ROOT / "build")))
    code = code.replace("export MOCK_ARES_WHEEL=", "export ELSEWHERE=").replace("serve", "--version")
    assert f"mock-ares, version {__version__}" in Consumer(tmp_path).run("sh", "-ec", code)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "how"), [("", 0), ("process.kill(process.pid, 'SIGKILL');", -9)], ids=["ends", "killed"]
)
def test_what_jest_calls(end: str, how: int, consumer: Consumer) -> None:
    """Its global set-up, as Jest imports it; the fake ends with the process, however that ends."""
    code = f"""
        const {{ default: setUp }} = await import("mock-ares/jest");
        await setUp();
        const {{ status }} = await fetch(process.env.ARES_URL + "/_mock/api/health");
        (await import("node:fs")).writeSync(1, `${{process.env.ARES_URL}} ${{status}}`);
        {end}
    """
    url, status = consumer.run("node", "--input-type=module", "--eval", code, status=how).split()
    assert status == "200"
    code = f'await fetch("{url}").then(() => process.exit(1), () => process.exit(0))'
    consumer.run("node", "--input-type=module", "--eval", code)


@pytest.mark.slow
def test_cypress(consumer: Consumer) -> None:
    """The page's commands and its test, by a stand-in for Cypress, which brings a browser of its own."""
    with FakeServer() as fake:
        assert consumer.run("node", "cypress.mjs", ARES_URL=fake.url) == "passed\n"
        assert [request.ending for request in fake.requests()] == ["complete"]


class TestThePythonPart:
    @pytest.mark.slow
    def test_on_path(self, consumer: Consumer) -> None:
        assert consumer.run("npx", "mock-ares", "--version") == f"mock-ares, version {__version__}\n"
        assert "No such command" in consumer.run("npx", "mock-ares", "nonsense", status=2)

    @pytest.mark.slow
    def test_it_is_nowhere(self, consumer: Consumer) -> None:
        said = consumer.run("npx", "mock-ares", "serve", status=1, path=_node(SYSTEM))
        assert "MOCK_ARES_WHEEL=/path/to/the/checkout npx mock-ares serve" in said and "    at " not in said
        for wheel, told in (("/nonexistent", "there is no /nonexistent"), ("package.json", "is no wheel (.whl)")):
            assert told in consumer.run("npx", "mock-ares", "serve", status=1, MOCK_ARES_WHEEL=wheel)

    @pytest.mark.slow
    @pytest.mark.parametrize("tool", ["uv", "pipx"])
    def test_set_up_with(self, consumer: Consumer, tmp_path: Path, tool: str) -> None:
        """By programs that write down how they were called, and make what they would."""
        (tmp_path / tool).write_text(STAND_IN)
        (tmp_path / tool).chmod(0o755)
        environment: dict[str, Any] = {
            "MOCK_ARES_WHEEL": str(ROOT),
            "XDG_CACHE_HOME": str(tmp_path),
            "LOG": str(tmp_path / "log"),
        }
        path = _node(f"{tmp_path}:{SYSTEM}")
        first = consumer.run("npx", "mock-ares", "serve", "--port", "1", path=path, **environment)
        assert f"setting up the Python part from {ROOT} with {tool}, in {tmp_path}" in first
        assert consumer.run("npx", "mock-ares", "again", path=path, **environment) == "mock-ares again\n"
        asked = (tmp_path / "log").read_text()
        assert f"--editable {ROOT}" in asked and "again" not in asked

    @pytest.mark.slow
    def test_set_up_with_pip(self, consumer: Consumer, tmp_path: Path) -> None:
        """For real, from a wheel; what that needs is lent by the tests' own environment, which saves half a minute."""
        if (given := os.environ.get(WHEEL)) is not None:
            shutil.copy(given, tmp_path)
        else:
            build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
            subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
        (wheel,) = tmp_path.glob("*.whl")
        (tmp_path / "python3").symlink_to(sys.executable)
        environment: dict[str, Any] = {
            "MOCK_ARES_WHEEL": str(wheel),
            "XDG_CACHE_HOME": str(tmp_path),
            "PIP_NO_DEPS": "1",
        }
        path, lent = _node(f"{tmp_path}:{SYSTEM}"), sysconfig.get_path("purelib")
        said = consumer.run("npx", "mock-ares", "--version", status=1, path=path, **environment)
        assert f"setting up the Python part from {wheel} with pip, in {tmp_path}" in said
        said = consumer.run("npx", "mock-ares", "--version", path=path, PYTHONPATH=lent, **environment)
        assert said == f"mock-ares, version {__version__}\n"

    @pytest.mark.slow
    def test_what_fails_leaves_nothing(self, consumer: Consumer, tmp_path: Path) -> None:
        (tmp_path / "uv").write_text("#!/bin/sh\necho no room >&2\nexit 3\n")
        (tmp_path / "uv").chmod(0o755)
        environment: dict[str, Any] = {"MOCK_ARES_WHEEL": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        said = consumer.run("npx", "mock-ares", status=1, path=_node(f"{tmp_path}:{SYSTEM}"), **environment)
        assert "no room" in said and "failed (exit status 3); what it said is above" in said
        assert list((tmp_path / "cache" / "mock-ares" / "npm").iterdir()) == []


STAND_IN = """#!/bin/sh
echo "$0 $@" >> "$LOG"
for folder in "$XDG_CACHE_HOME"/mock-ares/npm/*; do
    mkdir -p "$folder/bin"
    printf '#!/bin/sh\\necho mock-ares "$@"\\n' > "$folder/bin/mock-ares"
    chmod +x "$folder/bin/mock-ares"
done
"""


def _node(path: str) -> str:
    """A PATH on which Node is, too, and no Python part."""
    return f"{path}:{Path(require_tool('node')).parent}"


def test_each_example_is_run() -> None:
    names = {example.name for example in examples(PAGE, "js")}
    run = {"playwright.config.mjs", "chat.spec.mjs", "vitest.config.mjs", "chat.test.mjs", "driver.mjs"}
    assert names == run | {"cypress/support/commands.js", "cypress/e2e/chat.cy.js"}
