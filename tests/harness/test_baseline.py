"""Failures that are known: read, held against what comes of a run, and written down."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mock_ares.cli import main
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.model import CheckResult, ClientReport, KnownFailure, UsageError
from mock_ares.harness.run.baseline import MOST_REASON, lines_of, read, update
from mock_ares.harness.run.check_runner import verdict_on
from mock_ares.harness.settings import RunSettings
from tests.harness.report.samples import SMALLEST

FILE = Path("known.toml")
CLIENT = """
from mock_ares.client import stream_chat

def strips(url, token, message):
    for piece in stream_chat(url, token, message):
        yield piece.lstrip()

def mended(url, token, message):
    return stream_chat(url, token, message)
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "client.py").write_text(CLIENT)
    monkeypatch.chdir(tmp_path)


def check(function: str, *words: str, name: str = "ours") -> Result:
    only = ("--only", "no-space", "--only", "eol-cr")
    fast = ("--quick", "--examples", "0", "--name", name, "--baseline", str(FILE))
    return CliRunner().invoke(main, ["check", *only, *fast, "--client", f"client:{function}", *words])


class TestOnTheCommandLine:
    def test_green_today_and_red_for_what_is_new_or_mended(self) -> None:
        FILE.write_text('# of ours\n[clients."theirs"]\nbom = "a proxy"  # TICKET-1\n')
        refused = check("strips")
        assert refused.exit_code == 2 and "known.toml has no client 'ours'" in refused.output
        written = check("strips", "--write-baseline")
        assert written.exit_code == 0, written.output
        assert f"{FILE}: 1 failure in it now: 1 added, 0 taken out" in written.output
        assert FILE.read_text().startswith('# of ours\n[clients."theirs"]\nbom = "a proxy"  # TICKET-1\n')
        (known,) = read(FILE).of("ours").values()
        assert known.why.startswith("lost: ") and not known.sometimes

        green = check("strips")
        assert green.exit_code == 0 and "1 informational" in green.output, green.output
        assert known.why not in " ".join(green.output.split()), "it is the diagnosis, which stands there already"
        other = check("mended", "--write-baseline", name="theirs")
        assert other.exit_code == 0 and "1 failure in it now: 0 added, 0 taken out" in other.output, other.output
        mended = check("mended")
        assert (
            mended.exit_code == 1
            and "it passes, and was expected to fail: take it out of known.toml:6" in mended.output
        )
        assert "0 failures in it now: 0 added, 1 taken out" in check("mended", "--write-baseline").output
        assert read(FILE).of("ours") == {} and "TICKET-1" in FILE.read_text()
        assert check("strips").exit_code == 1, "what is not in the file is new"

    def test_a_reason_put_better_by_hand_stays(self) -> None:
        FILE.write_text('[clients."ours"]\nno-space = "we trim, see TICKET-2"\n')
        assert "0 added" in check("strips", "--write-baseline").output
        assert read(FILE).of("ours") == {"no-space": KnownFailure("we trim, see TICKET-2")}

    @pytest.mark.parametrize("function", ["strips", "mended"])
    def test_what_comes_and_goes_is_told_and_fails_nothing(self, function: str) -> None:
        FILE.write_text('[clients.ours]\nno-space = { why = "a race", sometimes = true }\n')
        ran = check(function)
        assert ran.exit_code == 0 and "now and then" in ran.output and "a race" in ran.output, ran.output
        assert "1 failure in it now: 0 added, 0 taken out" in check(function, "--write-baseline").output

    def test_a_file_that_cannot_be_written_is_as_it_was(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(path: Path, text: str) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("mock_ares.harness.run.baseline.write_whole", full)
        ran = check("strips", "--write-baseline")
        assert ran.exit_code == 3 and "cannot write known.toml: No space left on device; it is as it was" in ran.output
        assert not FILE.exists()

    def test_what_is_written_down_is_no_annotation(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        assert "::error" not in check("strips", "--write-baseline").output
        FILE.write_text("[clients.ours]\n")
        assert "::error" in check("strips").output

    def test_the_words_go_together(self) -> None:
        ran = CliRunner().invoke(main, ["check", "--write-baseline", "--client", "client:mended"])
        assert ran.exit_code == 2 and "needs --baseline FILE.toml" in ran.output
        ran = CliRunner().invoke(main, ["check", "--explore", "--seed", "1", "--client", "client:mended"])
        assert ran.exit_code == 2 and "it cannot stand beside --seed" in ran.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "there is no baseline known.toml; --write-baseline makes it"),
        ("[clients", "the baseline known.toml is no TOML file"),
        ("client = 1", "unknown word 'client'"),
        ("clients = 1", "clients are tables"),
        ("[clients]\nours = 1", "client 'ours': checks and reasons are wanted"),
        ("[clients.ours]\nbmo = 'x'", "client 'ours': no check is named 'bmo'; did you mean 'bom'"),
        ("[clients.ours]\nbom = ''", "client 'ours': bom needs a reason"),
        ("[clients.ours]\nbom = 3", "bom needs a reason"),
        ("[clients.ours]\nbom = { sometimes = true }", "bom needs a reason"),
        ("[clients.ours]\nbom = { why = 'x', sometime = true }", "bom has a word 'sometime'; did you mean 'sometimes'"),
        ("[clients.ours]\nbom = { why = 'x', sometimes = 1 }", "sometimes of bom is true or false, not 1"),
        ("[clients.our]\n", "known.toml has no client 'ours'; did you mean 'our'"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(text: str | None, said: str) -> None:
    if text is not None:
        FILE.write_text(text)
    with pytest.raises(UsageError, match=said.replace(".", r"\.")):
        read(FILE).of("ours")


def test_where_each_line_stands() -> None:
    text = """# of ours
[clients."node client.mjs"]
bom = "why"

'eol-cr' = { why = "x", sometimes = true }
[clients.app]
bom="again"
[ broken
plain = "whose?"
"""
    assert lines_of(text) == {
        ("node client.mjs", "bom"): 3, ("node client.mjs", "eol-cr"): 5, ("app", "bom"): 7, ("", "plain"): 9,
    }  # fmt: skip
    FILE.write_text("clients = { ours = { bom = 'why' } }")
    assert read(FILE).of("ours")["bom"].place == "known.toml"


def test_a_long_diagnosis_is_a_short_reason() -> None:
    failure = replace(SMALLEST, diagnosis="x " * 500)
    update(FILE, [ClientReport("ours", "exact", (CheckResult(CHECKS["bom"].info, "failed", failure=failure),))])
    assert len(read(FILE).of("ours")["bom"].why) == MOST_REASON


def test_a_known_failure_is_known_in_a_strict_run() -> None:
    known = RunSettings(expect={"bom": KnownFailure("why")}, strict=True)
    assert verdict_on(CHECKS["bom"], SMALLEST, known) == ("informational", "expected to fail: why")
