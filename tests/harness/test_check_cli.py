"""`mock-ares check` and `mock-ares replay`, as a person runs them."""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mock_ares.cli import main
from mock_ares.harness import commands
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.model import CheckResult, ClientReport
from mock_ares.harness.run.clients_file import ClientEntry
from mock_ares.paths import program

RIGHT = "mock_ares.client:stream_chat"
NAIVE = """
import json, sys, time, urllib.request

def naive(url, token, message):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "text/event-stream"}
    request = urllib.request.Request(url, json.dumps({"message": message}).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as response:
        while data := response.read1(65536):
            for line in data.decode(errors="replace").split("\\n"):
                if line.startswith("data: "):
                    yield line[6:]

def mended(url, token, message):
    from mock_ares.client import stream_chat
    return stream_chat(url, token, message)

def slow(url, token, message):
    time.sleep(60)
"""
FAST = ("--quick", "--examples", "0", "--seed", "7")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "client.py").write_text(NAIVE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def check(*words: str) -> Result:
    return run("check", *FAST, *words)


def only(*names: str) -> tuple[str, ...]:
    return tuple(word for name in names for word in ("--only", name))


def test_a_right_client_passes() -> None:
    ran = check("--client", RIGHT, *only("request", "eol-cr"))
    assert ran.exit_code == 0, ran.output
    assert "✓ eol-cr" in ran.output and "2 passed; " in ran.output and "seed 7" in ran.output


def test_a_wrong_client_fails_with_its_story_and_a_file_to_replay(here: Path) -> None:
    ran = check("--client", "client:naive", *only("read-line"))
    assert ran.exit_code == 1, ran.output
    command = "replay .mock-ares/failures/client-naive-read-line.yaml --client client:naive"
    assert "✗ read-line  lost\n" in ran.output and f"replay    {program()} {command}\n" in ran.output

    again = run(*command.split())
    assert (again.exit_code, again.output.split("\n")[0]) == (1, "STILL FAILS")
    assert "✗ read-line  lost\n" in again.output
    mended = run("replay", ".mock-ares/failures/client-naive-read-line.yaml", "--client", "client:mended")
    assert (mended.exit_code, mended.output[:16]) == (0, "FIXED  read-line")


def test_a_command_is_run_for_each_example() -> None:
    code = "import os; from mock_ares.client import stream_chat; e = os.environ; import sys; "
    code += "sys.stdout.reconfigure(encoding='utf-8', newline=''); sys.stdout.write(''.join(stream_chat("
    code += "e['ARES_URL'] + e['ARES_PATH'], e['ARES_TOKEN'], e['ARES_MESSAGE'])))"
    ran = check(*only("request"), "--name", "mine", "--report", "r.json", "--", sys.executable, "-c", code)
    assert ran.exit_code == 0, ran.output
    assert json.loads(Path("r.json").read_text())["clients"][0]["name"] == "mine"


def test_reports_are_written_by_their_ending() -> None:
    ran = check(
        "--client", "client:naive", *only("no-space"), *(f"--report=r.{end}" for end in ("json", "xml", "html"))
    )
    assert ran.exit_code == 1, ran.output
    (told,) = json.loads(Path("r.json").read_text())["clients"][0]["checks"]
    assert (told["id"], told["verdict"], told["outcome"]) == ("no-space", "failed", "lost")
    assert Path(told["replay"]).is_file()
    assert "<testsuites" in Path("r.xml").read_text() and "replay .mock-ares/" in Path("r.html").read_text()


def test_capabilities_may_stand_in_one_word(here: Path) -> None:
    """As in the help, and as a replay line has them."""
    can = ["--can", "incremental,retry,timeout=5", "--can", "v1"]
    ran = check("--client", "client:naive", *only("read-line"), *can)
    (command,) = re.findall(re.escape(f"replay    {program()} ") + "(replay .*)", ran.output)
    assert "--can incremental,retry,timeout=5,v1 " in command
    again = run(*command.split())
    assert (again.exit_code, again.output.split("\n")[0]) == (1, "STILL FAILS")


def test_a_counterexample_that_cannot_be_saved_is_told_once() -> None:
    Path("taken").touch()
    ran = check("--client", "client:naive", *only("read-line", "no-space"), "--failures", "taken/here")
    assert ran.exit_code == 1 and "replay" not in ran.output
    assert ran.output.count("counterexamples are not saved: ") == 1
    assert "--failures FOLDER names another place\n" in ran.output


def test_another_stream_of_an_earlier_run_is_replaced_and_told() -> None:
    command = ("--client", "client:naive", *only("no-space"))
    check(*command)
    assert "were replaced" not in check(*command).output, "the same stream as before"
    check(*command, "--dialect", "delta", "--name", "client:naive")
    assert "replaced in .mock-ares/failures: client-naive-no-space.yaml; --failures" in check(*command).output


def test_checks_of_pages_are_one_line_for_who_is_none() -> None:
    ran = check("--client", RIGHT, *only("page-inert", "page-stop", "request"))
    assert "– 2 checks             skipped: it is about whole pages, and asked of those alone (--page" in ran.output


def test_whoever_reads_may_leave(here: Path) -> None:
    """As behind ``head``: no word about it."""
    command = [sys.executable, "-m", "mock_ares", "check", "--examples", "0", "--client", "client:naive"]
    with subprocess.Popen([*command, *only("request", "read-line")], stdout=-1, stderr=-1, text=True) as child:
        assert child.stdout is not None and child.stderr is not None
        assert "request" in child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == ""


def test_an_expected_failure_fails_nothing_and_one_that_passes_does() -> None:
    expected = check(
        "--client", "client:naive", *only("no-space"), "--expect", "no-space=there is one", "--report=r.json"
    )
    assert expected.exit_code == 0, expected.output
    (told,) = json.loads(Path("r.json").read_text())["clients"][0]["checks"]
    assert (told["verdict"], told["outcome"]) == ("informational", "lost")
    assert told["diagnosis"].endswith("; expected to fail: there is one")
    passing = check("--client", RIGHT, *only("eol-cr"), "--expect", "eol-cr=why", "--report=r.json")
    assert passing.exit_code == 1
    (told,) = json.loads(Path("r.json").read_text())["clients"][0]["checks"]
    assert (told["verdict"], told["outcome"]) == ("failed", "none") and "passes" in told["diagnosis"]


def test_what_fails_nothing_is_told_uncut_with_its_diagnosis_first() -> None:
    ran = check("--client", "client:naive", *only("no-space"), "--expect", f"no-space={'a long reason ' * 12}")
    row, *story = [line for line in ran.output.splitlines() if line]
    assert row.startswith("i no-space             informational: lost: data lines without a space")
    assert "…" not in "".join(story) and "  Data lines without a space behind the colon are passed over" in ran.output
    assert " ".join(" ".join(story).split()).count("a long reason") == 12


def test_the_profile_is_the_replay_line_s_too() -> None:
    ran = check("--client", "client:naive", "--profile", "server", *only("no-space"))
    assert ran.exit_code == 1
    (line,) = [line for line in ran.output.splitlines() if line.startswith("  replay")]
    assert "--profile server --client client:naive" in line


@pytest.mark.parametrize(
    ("kind", "examples", "seconds", "said"),
    [
        ("exec", 40, 20.0, "40 that passed took 20 s"),
        ("exec", 40, 1.0, None),
        ("exec", 3, 3.0, None),
        ("driver", 40, 20.0, None),
    ],
)
def test_a_command_that_is_slow_to_start_is_pointed_to_drivers(
    kind: Any, examples: int, seconds: float, said: str | None
) -> None:
    checks = (CheckResult(CHECKS["bom"].info, "passed", examples, duration=seconds),)
    found = commands._spent_in_starting(ClientEntry(kind, ("node", "a.mjs")), ClientReport("a", "exact", checks))
    assert (found is None) if said is None else (found is not None and said in found and "--driver" in found)


def test_the_words_of_the_help_are_taken() -> None:
    helped = " ".join(run("check", "--help").output.split())
    found = re.search(r"Such as ([\w,=]+)", helped)
    assert found is not None
    assert check("--client", RIGHT, "--can", found[1], *only("request")).exit_code == 0
    assert "FUNCTION(url, token, message)" in helped


def test_defensive_checks_fail_where_they_are_asked_to() -> None:
    words = ("--client", "client:naive", "--dialect", "delta", *only("short-length"))
    assert check(*words).exit_code == 0
    assert check(*words, "--strict").exit_code == 1


def test_text_lost_on_a_good_stream_fails_whatever_the_check() -> None:
    assert check("--client", "client:naive", *only("long-line")).exit_code == 1


def test_a_grid_of_clients() -> None:
    Path("grid.toml").write_text(
        f'[[client]]\nname = "right"\nclient = "{RIGHT}"\n'
        '[[client]]\nname = "naive"\nclient = "client:naive"\nexpect = { eol-cr = "known" }\n'
    )
    ran = check("--grid", "grid.toml", *only("read-line", "eol-cr"), "--report", "r.json")
    assert ran.exit_code == 1, ran.output
    assert "  read-line           ✓ ✗   lost\n" in ran.output and "  eol-cr              ✓ i\n" in ran.output
    assert [client["name"] for client in json.loads(Path("r.json").read_text())["clients"]] == ["right", "naive"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name one client: -- CMD, --browser FILE"),
        (("--client", RIGHT, "--", "node"), "there are a command and --client"),
        (("--client", RIGHT, "--driver"), "--exec and --driver go with a command"),
        (("--exec", "--driver", "--", "true"), "choose one"),
        (("--client", RIGHT, "--only", "eol-crr"), "no check is named 'eol-crr'; did you mean 'eol-cr"),
        (("--client", RIGHT, "--expect", "bomb=x"), "did you mean 'bom'"),
        (("--client", RIGHT, "--expect", "bom"), "write the check and the reason"),
        (("--client", RIGHT, "--tier", "standrd"), "no tier is named 'standrd'; did you mean 'standard'"),
        (("--client", RIGHT, "--tier", "defensive", "--only", "bom"), "no defensive check is among bom"),
        (("--client", RIGHT, "--can", "incrementl"), "unknown capability 'incrementl'; did you mean 'incremental'"),
        (
            ("--client", RIGHT, "--report", "a.txt"),
            "there are .html, .json, .xml, .md, .badge.json and .codequality.json",
        ),
        (("--client", RIGHT, "--report", "nowhere/a.json"), "there is no folder nowhere"),
        (("--client", "no_such_module:f"), "no_such_module"),
        (("--client", "client:niave"), "did you mean 'naive'"),
        (("--browser", "nothing.js"), "nothing.js is not there"),
        (("--", "no-such-command-here"), "no command 'no-such-command-here' on PATH"),
        (("--driver", "--", "true"), ""),
        (("--grid", "nothing.toml"), "cannot read nothing.toml"),
        (("--dialect", "tex", "--client", RIGHT), "'tex' is not one of"),
    ],
)
def test_wrong_use_is_status_2_and_says_what_to_do(words: tuple[str, ...], said: str) -> None:
    ran = check(*words)
    assert ran.exit_code == 2, ran.output
    assert said in ran.output
    assert "Traceback" not in ran.output


def test_a_grid_names_its_own_clients() -> None:
    Path("grid.toml").write_text(f'[[client]]\nclient = "{RIGHT}"\n')
    ran = check("--grid", "grid.toml", "--can", "retry", "--client", RIGHT)
    assert (ran.exit_code, "--client and --can cannot stand beside it" in ran.output) == (2, True)


def test_a_client_of_a_grid_that_cannot_start_is_told_first() -> None:
    Path("grid.toml").write_text(f'[[client]]\nclient = "{RIGHT}"\n[[client]]\nname = "bad"\ncommand = "no-such-cmd"\n')
    ran = check("--grid", "grid.toml")
    assert (ran.exit_code, "bad: no command 'no-such-cmd'" in ran.output, "✓" in ran.output) == (2, True, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot read x.yaml: No such file"),
        ("text: a\n", "no saved counterexample"),
        ("text: a\ncheck: {id: bomb}\n", "no check is named 'bomb'; did you mean 'bom'"),
        ("[", "it is no scenario file"),
    ],
)
def test_a_file_that_cannot_be_replayed_is_status_2(text: str | None, said: str) -> None:
    if text is not None:
        Path("x.yaml").write_text(text)
    ran = run("replay", "x.yaml", "--client", RIGHT)
    assert (ran.exit_code, said in ran.output) == (2, True), ran.output


def test_the_harness_failing_is_status_3() -> None:
    Path("x.yaml").write_text("text: a\nfaults: [missing_end]\ndialect: typed\ncheck: {id: bom}\n")
    assert run("replay", "x.yaml", "--client", RIGHT).exit_code in (0, 1)
    Path("x.yaml").write_text("error: no-such-error\ncheck: {id: bom}\n")
    ran = run("replay", "x.yaml", "--client", RIGHT)
    assert (ran.exit_code, "Traceback" in ran.output) == (3, False), ran.output


def test_ctrl_c_leaves_what_there_is_by_then(here: Path) -> None:
    words = [
        sys.executable,
        "-u",
        "-m",
        "mock_ares",
        "check",
        "--client",
        "client:naive",
        "--quick",
        "--report",
        "r.json",
    ]
    # A shell that starts the tests in the background has SIGINT ignored, and children would inherit that.
    unignored = functools.partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ}, preexec_fn=unignored
    ) as process:
        assert process.stdout is not None
        assert any(b"request" in line for line in process.stdout)  # there may be a notice before it
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, (out, err)
    assert b"stopped before the end" in err and b"Traceback" not in err
    checks = json.loads((here / "r.json").read_text())["clients"][0]["checks"]
    assert checks[0]["id"] and len(checks) < 50
    assert time.monotonic() - begun < 60


def test_the_checks_are_listed() -> None:
    ran = run("list", "checks")
    assert ran.exit_code == 0 and "read-utf8" in ran.output and "documented" in ran.output


def test_help_names_both_commands() -> None:
    assert {"check", "replay"} <= set(run("--help").output.split())
    assert "-- node client.mjs" in run("check", "--help").output
