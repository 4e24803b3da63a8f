"""Pages on checks: each has a text, each quote stands in its client, and wrong clients do what is said of them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from mock_ares.cli import main
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.handbook import mends
from mock_ares.harness.handbook.check_page import page
from mock_ares.harness.handbook.check_texts import texts
from mock_ares.harness.handbook.example import example
from mock_ares.harness.handbook.trial import NO_TRIAL, Trial, badges, grid, slug
from mock_ares.harness.handbook.write import write
from mock_ares.harness.model import Failure, HarnessError, UsageError
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.report.json import as_json
from mock_ares.harness.report.write import with_blank
from mock_ares.harness.run.checks_in_order import run_contract
from mock_ares.harness.run.clients_file import read_grid
from mock_ares.harness.settings import RunSettings, Transport
from mock_ares.paths import CONTRACTS
from tests.harness.report.samples import REPORT
from tests.mutants.by_http2 import BY_HTTP2
from tests.mutants.over_tls import OVER_TLS
from tests.mutants.parsers import CAPABILITIES, PARSERS
from tests.mutants.table import TABLE
from tests.pages.rig import BUGS

WRONG = {name: text.wrong for name, text in texts().items() if text.wrong is not None}
SAMPLED = {"read-line", "text-newlines", "drop-fin", "certificate", "h2-goaway", "json-records", "retry", "request"}
"""Those that are played in a quick run of the tests."""
PLAYED = [
    pytest.param(name, marks=[] if name in SAMPLED else [pytest.mark.slow]) for name, wrong in WRONG.items() if wrong.by
]


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the authority is kept that a fake over TLS has."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def test_each_check_has_a_text_and_each_text_a_check() -> None:
    todo = [f"docs/checks/: {name}: what a person writes of it" for name in CHECKS if name not in texts()]
    todo += [f"docs/checks/: {name}: there is no such check" for name in texts() if name not in CHECKS]
    assert not todo, "\n".join(["", *todo])


def test_each_kind_of_mend_is_some_check_s() -> None:
    assert {kind for text in texts().values() for kind in text.mends} == set(mends.names())


def test_each_hazard_is_mended_in_each_language() -> None:
    """Or in words that hold for all; on a whole page there is JavaScript alone."""
    for name, text in texts().items():
        found = [mends.mends(kind) for kind in text.mends]
        general = any(map(mends.in_general, text.mends))
        wanted = ["JavaScript"] if name.startswith("page-") else list(mends.LANGUAGES)
        assert general or all(any(kind[language] for kind in found) for language in wanted), name


@pytest.mark.parametrize("name", texts())
def test_its_page_is_whole(name: str) -> None:
    """Every example can be planned, every quote is found, and what a wrong client gives is wrong."""
    made = page(name)
    assert made.startswith(f"# {name}\n\n**{CHECKS[name].info.title}.**\n")
    assert CHECKS[name].info.advice in made and CHECKS[name].info.clause in made
    assert made.count("```") % 2 == 0
    assert max(map(len, texts()[name].text.splitlines())) <= 120


def test_the_command_of_each_page_is_understood() -> None:
    """Its options and values; what is behind the dashes is the reader's."""
    for name in CHECKS:
        (line,) = (line for line in page(name).splitlines() if line.startswith("mock-ares check "))
        words = shlex.split(line)[2:]
        with main.make_context("mock-ares", ["check", *words], resilient_parsing=True) as context:
            command = main.get_command(context, "check")
            assert command is not None
            options = command.make_context("check", words, parent=context).params
        assert options["only"] == (name,)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # wrong clients leave sockets open
@pytest.mark.parametrize("name", PLAYED)
def test_a_wrong_client_does_what_its_page_says(name: str) -> None:
    wrong, check = WRONG[name], CHECKS[name]
    transport = Transport(check.row.over_tls, check.row.http or "1.1")
    case = example(check, wrong.example)
    dialect = case.replies[0].dialect or "text"
    settings = RunSettings(dialect=dialect, only=(name,), examples=0, strict=True, budget=0.0, transport=transport)
    client = _client(wrong.by, name)
    if wrong.said is not None and wrong.gives is None:
        failure = _failure(client, name, settings)
        assert failure.diagnosis.startswith(wrong.said)
        return
    if check.row.over_tls:
        seen = _failure(client, name, settings).observation
    else:
        with client, ExampleRunner(transport=transport) as arena:
            seen = arena.observe(client, case).observation
    if wrong.gives is not None:
        assert (seen.text, seen.error) == (wrong.gives, None)
    else:
        assert wrong.reports and wrong.reports in (seen.error or "") and seen.shown_text == wrong.shows


def _failure(client: PythonClient, name: str, settings: RunSettings) -> Failure:
    (failure,) = (
        result.failure for result in run_contract(client, settings).checks if result.info.id == name and result.failure
    )
    return failure


def _client(name: str, check: str) -> PythonClient:
    """A client of tests/mutants that the check is to fail, by its name."""
    for mutant in (*TABLE, *BY_HTTP2, *OVER_TLS):
        if mutant.name == name and check in mutant.failed_by:
            can = ("timeout=1",) if CHECKS[check].info.capability == "timeout" else mutant.kind.capabilities
            return PythonClient(mutant.kind().stream_chat, name, can)
    (parser,) = (parser for parser in PARSERS if parser.name == name and check in parser.told_by)
    return PythonClient(parser.stream_chat(), name, CAPABILITIES)


def test_a_wrong_page_is_one_of_those_that_have_the_bug() -> None:
    without = {name for name, wrong in WRONG.items() if not wrong.by}
    assert without == {name for name in CHECKS if name.startswith("page-")}
    assert without <= {check for bugs in BUGS.values() for check in bugs.values()}


# What a mend quotes


@pytest.mark.parametrize(
    ("source", "begins", "quote"),
    [
        ("go", "defer response.Body.Close()", "defer response.Body.Close()"),
        ("go", "if s.data != nil {", 'if s.data != nil {\n\ts.show(strings.Join(s.data, "\\n"))\n}'),
        ("node", "const [field] = …", 'const [field] = line.split(":", 1);'),
        ("httpx", "class AnswerError", 'class AnswerError(Exception):\n    """The server answered, but not with an '
                                         'event stream."""'),
    ],
)  # fmt: skip
def test_a_quote_ends_where_its_indentation_does(source: str, begins: str, quote: str) -> None:
    assert mends.quoted(source, begins) == quote


def test_lines_that_follow_on_each_other_are_one_quote() -> None:
    lines = ("ctx, cancel :=", "defer cancel()", "defer patience.Stop()")
    assert mends.quoted("go", *lines) == (
        "ctx, cancel := context.WithCancel(context.Background())\ndefer cancel()\n\ndefer patience.Stop()"
    )


def test_a_quote_has_its_comment_in_front_and_what_closes_it_behind() -> None:
    assert mends.quoted("node", "class LineCutter").startswith("// WHATWG HTML, 9.2.5")
    assert mends.quoted("node", "} finally {").endswith("\n}")


@pytest.mark.parametrize(("source", "begins"), [("go", "no such line"), ("go", "}"), ("perl", "x")])
def test_a_quote_that_is_not_to_be_found_is_told(source: str, begins: str) -> None:
    with pytest.raises(HarnessError, match=r"begin with|no client is named"):
        mends.quoted(source, begins)


def test_pages_are_written_where_they_are_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_ares.harness.handbook.write.pages", lambda trial: [("bom", page("bom", trial))])
    written = write(tmp_path)
    assert {path.name for path in written} == {"index.md", "grid.md", "bom.md"}
    before = {path: path.stat().st_mtime_ns for path in written}
    (tmp_path / "grid.md").write_text("old", encoding="utf-8")
    assert write(tmp_path) == written
    assert [path.name for path in written if path.stat().st_mtime_ns != before[path]] == ["grid.md"]


# What a trial found


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    path = tmp_path / "trial.json"
    path.write_text(as_json(REPORT, with_blank), encoding="utf-8")
    path.with_suffix(".versions.json").write_text(json.dumps({"node client.mjs": "Node 20.1.2"}), encoding="utf-8")
    return Trial.of(path)


def test_a_page_says_who_fails(trial: Trial) -> None:
    made = page("read-line", trial)
    (failed,) = (line for line in made.splitlines() if line.startswith("- node client.mjs (Node 20.1.2), "))
    assert failed.endswith(": Text is lost from the first read that ends inside a line: no line buffer")
    assert f"## Who fails it\n\n{failed}\n" in made
    assert "None of the clients [on trial](grid.md)." in page("chunk-split", trial)
    assert "## Who fails it" not in page("read-line")
    known = page("drop-gzip")
    assert "These fail whatever a client on top of them does:\n\n- Chromium" in known


@pytest.mark.parametrize("text", ["", "[1]", "{"])
def test_versions_that_are_none_are_told_in_a_line(tmp_path: Path, trial: Trial, text: str) -> None:
    (tmp_path / "trial.versions.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"trial\.versions\.json says no versions \(.*\): make trial"):
        Trial.of(tmp_path / "trial.json")


def test_a_sign_in_the_grid_leads_to_its_page(trial: Trial) -> None:
    made = grid(trial)
    assert "| 1 | node client.mjs (Node 20.1.2) | 1 passed" in made
    assert "| [`read-line`](read-line.md) | [✗](read-line.md#who-fails-it) | [✗](read-line.md#who-fails-it) |" in made
    assert "| [`eol-cr`](eol-cr.md) | ! |  |" in made
    assert "[`chunk-split`](chunk-split.md)." in made.partition("## Passed by all")[2]
    assert "\n- ✗ failed: a counterexample was found\n" in made
    assert "make trial" in grid(NO_TRIAL)


def test_nothing_that_a_client_said_is_markup(trial: Trial) -> None:
    for made in (grid(trial), page("text-nul", trial)):
        assert "<script" not in made.replace("\\<script", "") and "\x1b" not in made


def test_each_client_has_a_badge(trial: Trial) -> None:
    (name, badge), _ = badges(trial)
    assert name == "node-client-mjs.badge.json"
    said = json.loads(badge)
    assert list(said) == ["schemaVersion", "label", "message", "color"]
    assert said["color"] == "red" and said["message"].startswith("1 passed")
    names = [slug(entry.title) for entry in read_grid(CONTRACTS / "trial.toml")]
    assert len({*names}) == len(names)


# What is written by hand


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("bom: a", "a mapping with a text is wanted"),
        ("bom: {text: a, mend: [bom]}", "it has mend, beside text, wrong and mends"),
        ("bom: {text: a, wrong: {does: b, give: c}}", "wrong has give, beside"),
        ("bom: {text: a, wrong: {does: b}}", "what the client gives or reports, or what is said of it"),
        ("bom: {text: a, wrong: {does: b, gives: c, reports: d}}", "gives a text or reports a failure, not both"),
        ("bom: [", "node content"),
        ("bom", "dictionary update sequence"),
    ],
)
def test_a_mistake_in_a_text_is_told_in_a_line(
    row: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mock_ares.harness.handbook.check_texts.FOLDER", tmp_path)
    (tmp_path / "framing.yaml").write_text(row, encoding="utf-8")
    with pytest.raises(HarnessError, match=re.escape("docs/checks/framing.yaml: ")) as caught:
        texts.__wrapped__()
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_a_text_that_is_there_twice_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_ares.harness.handbook.check_texts.FOLDER", tmp_path)
    for name in ("framing", "text"):
        (tmp_path / f"{name}.yaml").write_text("bom: {text: a}", encoding="utf-8")
    with pytest.raises(HarnessError, match=r"docs/checks/text\.yaml: bom has a text in framing\.yaml already"):
        texts.__wrapped__()
