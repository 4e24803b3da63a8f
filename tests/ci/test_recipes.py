"""The recipes of ``contracts/ci``: held against their hosts' schemas, and run as a runner would, step after step."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from mock_ares._version import __version__
from mock_ares.paths import CONTRACTS
from mock_ares.server.hosting.in_thread import FakeServer
from tests.documents import examples

CI = CONTRACTS / "ci"
SCHEMAS = {
    "github/action.yml": ["vendor.github-actions"],
    "github/workflow.yml": ["vendor.github-workflows"],
    "gitlab.yml": ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
    "image/compose.yaml": ["vendor.compose-spec"],
}
CLIENT = """
import json, os, sys, urllib.request

env = os.environ
headers = {"Authorization": f"Bearer {env['ARES_TOKEN']}", "Content-Type": "application/json"}
body = json.dumps({"message": env["ARES_MESSAGE"]}).encode()
request = urllib.request.Request(env["ARES_URL"] + env["ARES_PATH"], body, headers)
with urllib.request.urlopen(request, timeout=20) as response:
    for line in response.read().decode().split("\\n"):
        if line.startswith("data:"):
            text = line[5:]
            sys.stdout.buffer.write(CUT.encode())
"""
SPACE = CLIENT.replace("CUT", "text.removeprefix(' ').rstrip(' ')")
"""Loses the space at the end of a chunk."""
WORSE = CLIENT.replace("CUT", "text.removeprefix('  ').rstrip(' ')")
RIGHT = CLIENT.replace("CUT", "text.removeprefix(' ')")
CHECK = "--quick --examples 0 --only no-space --only chunk-spaces --only plain --name app -- python3 client.py"


def document(name: str) -> Any:
    return yaml.safe_load((CI / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_what_its_host_reads(name: str) -> None:
    from check_jsonschema import main  # type: ignore[import-untyped]

    ran = CliRunner().invoke(main, ["--builtin-schema", *SCHEMAS[name], str(CI / name)])
    assert ran.exit_code == 0, ran.output


@pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="there is no hadolint for it")
def test_the_image_is_as_hadolint_wants_it() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    ran = subprocess.run([hadolint, CI / "image" / "Dockerfile"], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_the_image_is_not_root_and_has_a_health_check() -> None:
    lines = (CI / "image" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "USER 10001" in lines and any(line.startswith("HEALTHCHECK") for line in lines)


def test_every_file_is_told_of() -> None:
    readme = (CI / "README.md").read_text(encoding="utf-8")
    files = {str(path.relative_to(CI)) for path in CI.rglob("*") if path.is_file() and path.name != "README.md"}
    assert {name for name in files if f"]({name})" in readme} == files


@pytest.mark.parametrize("name", ["github/action.yml", "github/workflow.yml", "gitlab.yml", "image/Dockerfile"])
def test_nothing_is_installed_by_a_name_that_is_anybodys(name: str) -> None:
    """No index has mock-ares, so whoever registers it there is a stranger."""
    text = (CI / name).read_text(encoding="utf-8")
    assert not re.search(r"PACKAGE[:=] *[\"']?mock|package: *[\"']?mock", text)
    if name == "github/action.yml":
        assert "default" not in document(name)["inputs"]["package"]


@pytest.mark.parametrize("name", ["github/action.yml", "gitlab.yml"])
def test_without_a_package_it_says_what_to_name(name: str, tmp_path: Path) -> None:
    if name == "gitlab.yml":
        job = document(name)[".mock-ares"]
        code, given = "\n".join(job["before_script"]), job["variables"]["PACKAGE"]
    else:
        action = document(name)
        (install,) = [step for step in action["runs"]["steps"] if step.get("name") == "Install"]
        code, given = install["run"], action["inputs"]["package"].get("default", "")
    refused = Runner(tmp_path).run(code, PACKAGE=given)
    assert refused.returncode == 2 and "name a wheel of mock-ares" in refused.stdout, refused.stderr
    assert not (tmp_path / "temp" / "mock-ares").exists()


def test_the_examples_name_this_version_s_wheel() -> None:
    wheel = f"mock_ares-{__version__}-py3-none-any.whl"
    for name in ("README.md", "github/action.yml", "github/workflow.yml", "gitlab.yml"):
        named = set(re.findall(r"mock_ares-[\w.-]+\.whl", (CI / name).read_text(encoding="utf-8")))
        assert named == {wheel}, name


def test_the_step_that_comments_fits_into_the_workflow(tmp_path: Path) -> None:
    (example,) = examples("contracts/ci/README.md", "yaml")
    whole = (CI / "github" / "workflow.yml").read_text(encoding="utf-8") + example.code
    (tmp_path / "workflow.yml").write_text(whole, encoding="utf-8")
    from check_jsonschema import main

    schema = ["--builtin-schema", *SCHEMAS["github/workflow.yml"]]
    ran = CliRunner().invoke(main, [*schema, str(tmp_path / "workflow.yml")])
    assert ran.exit_code == 0, ran.output
    runner = Runner(tmp_path)
    (runner.checkout / "mock-ares").mkdir()
    (runner.checkout / "mock-ares" / "summary.md").write_text("x" * 500_000)
    gh = runner.temp / "gh"
    gh.write_text('#!/bin/sh\necho "$@"\n')
    gh.chmod(0o755)
    step = yaml.safe_load(whole)["jobs"]["contract"]["steps"][-1]
    code = step["run"].replace("${{ github.event.pull_request.number }}", "7")
    said = runner.run(code, PATH=f"{runner.temp}:{runner.env['PATH']}")
    assert said.stdout == "pr comment 7 --body-file comment.md\n", said.stderr
    assert (runner.checkout / "comment.md").stat().st_size < 65_536


class Runner:
    """Does what a host's runner does with the lines of a recipe: a shell each, in the checkout's folder."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "my checkout"
        self.checkout.mkdir()
        self.temp = folder / "temp"
        self.temp.mkdir()
        self.summary = folder / "summary"
        self.summary.touch()
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "RUNNER_TEMP": str(self.temp),
            "TMPDIR": str(self.temp),
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }

    def client(self, code: str) -> None:
        (self.checkout / "client.py").write_text(code)

    def run(self, code: str, **env: str) -> subprocess.CompletedProcess[str]:
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", code]
        return subprocess.run(words, cwd=self.checkout, env=self.env | env, capture_output=True, text=True, timeout=300)

    def installed(self) -> None:
        """In the place of the step that installs: this checkout's environment, which has been paid for."""
        (self.temp / "mock-ares").symlink_to(Path(sys.prefix), target_is_directory=True)

    def action(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        """All steps of the composite action but the installation; what the step that checks came to."""
        action = document("github/action.yml")
        values = {name: str(given.get("default", "")) for name, given in action["inputs"].items()} | inputs
        steps = {step["name"]: step for step in action["runs"]["steps"] if "name" in step}
        ran = {}
        for name in ("Check", "Summary"):
            env = {key: _filled(value, values) for key, value in steps[name]["env"].items()}
            ran[name] = self.run(steps[name]["run"], GITHUB_ACTIONS="true", **env)
        assert ran["Summary"].returncode == 0, ran["Summary"].stderr
        return ran["Check"]

    def job(self, **variables: str) -> subprocess.CompletedProcess[str]:
        """The job of GitLab's template, in one shell, as its runner has it."""
        job = document("gitlab.yml")[".mock-ares"]
        lines = [*job["before_script"][3:], *job["script"]]
        return self.run("\n".join(lines), **{**job["variables"], **variables})


def _filled(value: str, inputs: dict[str, str]) -> str:
    for name, given in inputs.items():
        value = value.replace("${{ inputs." + name + " }}", given)
    assert "${{" not in value
    return value


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    made = Runner(tmp_path)
    made.installed()
    yield made


@pytest.mark.slow
def test_the_action_is_green_with_a_baseline_and_red_for_what_is_new_or_mended(runner: Runner) -> None:
    runner.client(SPACE)
    written = runner.run(
        f'"$RUNNER_TEMP/mock-ares/bin/mock-ares" check --baseline ares-baseline.toml --write-baseline {CHECK}'
    )
    assert written.returncode == 0, written.stdout + written.stderr
    green = runner.action(check=CHECK, baseline="ares-baseline.toml")
    assert green.returncode == 0, green.stdout + green.stderr
    assert "::error" not in green.stdout and "## ✓" in runner.summary.read_text()

    runner.client(WORSE)
    runner.summary.write_text("")
    red = runner.action(check=CHECK, baseline="ares-baseline.toml")
    assert red.returncode == 1, red.stdout + red.stderr
    errors = [line for line in red.stdout.splitlines() if line.startswith("::error")]
    assert len(errors) == 1, red.stdout
    summary = runner.summary.read_text()
    assert "## ✗" in summary and summary.count("### ✗") == 1
    folder = runner.checkout / "mock-ares"
    assert {path.name for path in folder.iterdir()} == {
        "report.html", "report.json", "report.xml", "summary.md", "failures",
    }  # fmt: skip
    checks = json.loads((folder / "report.json").read_text())["clients"][0]["checks"]
    failed = [check for check in checks if check["verdict"] == "failed"]
    assert failed and all((runner.checkout / check["replay"]).is_file() for check in failed)

    runner.client(RIGHT)
    mended = runner.action(check=CHECK, baseline="ares-baseline.toml")
    assert mended.returncode == 1 and "take it out of ares-baseline.toml:2 (" in mended.stdout, mended.stdout


@pytest.mark.slow
def test_the_step_that_installs_needs_nothing_but_the_wheel(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path),
        str(CONTRACTS.parent),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (wheel,) = tmp_path.glob("*.whl")
    runner = Runner(tmp_path)
    (install,) = [step for step in document("github/action.yml")["runs"]["steps"] if step.get("name") == "Install"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    installed = runner.run(install["run"], PACKAGE=str(wheel), PATH=path)
    assert installed.returncode == 0, installed.stderr
    runner.client(RIGHT)
    ran = runner.action(check=CHECK)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert not (runner.temp / "mock-ares").is_symlink()


@pytest.mark.slow
def test_gitlabs_job_leaves_what_the_merge_request_shows(runner: Runner) -> None:
    runner.client(SPACE)
    red = runner.job(CHECK=CHECK)
    assert red.returncode == 1, red.stdout + red.stderr
    job = document("gitlab.yml")[".mock-ares"]
    for name in job["artifacts"]["reports"].values():
        assert (runner.checkout / name.replace("$FOLDER", "mock-ares")).stat().st_size
    (entry, *_) = json.loads((runner.checkout / "mock-ares" / "gl.codequality.json").read_text())
    assert entry["location"]["path"].startswith("mock-ares/failures/")
    runner.client(RIGHT)
    assert runner.job(CHECK=CHECK).returncode == 0


@pytest.mark.slow
def test_the_hook_refuses_a_file_with_a_mistake(runner: Runner) -> None:
    (hook,) = document("pre-commit.yaml")["repos"][0]["hooks"]
    scenarios = runner.checkout / "scenarios"
    scenarios.mkdir()
    (scenarios / "good.yaml").write_text("text: Hello\n")
    (scenarios / "bad.yaml").write_text("txet: Hello\n")
    path = {"PATH": f"{runner.temp}/mock-ares/bin:{runner.env['PATH']}"}
    assert runner.run(f"{hook['entry']} scenarios/good.yaml", **path).returncode == 0
    refused = runner.run(f"{hook['entry']} scenarios/good.yaml scenarios/bad.yaml", **path)
    assert refused.returncode != 0 and "did you mean 'text'" in refused.stdout + refused.stderr


def test_the_image_s_health_check_tells_a_fake_that_answers() -> None:
    lines = (CI / "image" / "Dockerfile").read_text(encoding="utf-8").splitlines()
    (words,) = [
        json.loads(line.strip().removeprefix("CMD ")) for line in lines if line.strip().startswith('CMD ["python')
    ]
    with FakeServer() as fake:
        program = words[-1].replace("http://127.0.0.1:3000", fake.url)
        assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0
    gone = subprocess.run([sys.executable, "-c", program], timeout=60, stderr=subprocess.DEVNULL)
    assert gone.returncode != 0
