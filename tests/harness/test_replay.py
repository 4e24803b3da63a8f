"""Counterexamples to files and back, and what is no counterexample."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_ares import faults
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.checks.rows import Check, playable, speaking
from mock_ares.harness.model import Case, HarnessError, UsageError
from mock_ares.harness.run.replay import file_name, load, save
from mock_ares.harness.settings import RunSettings
from mock_ares.scenario.model import Content, Reply, Segments
from tests.harness.report.samples import HOSTILE, INFO, SMALLEST


def saved(tmp_path: Path, case: Case, **words: Any) -> Path:
    return save(case, INFO, replace(SMALLEST, case=case, **words), tmp_path, client="node client.mjs")


def test_a_case_is_the_same_after_it_was_saved(tmp_path: Path) -> None:
    case = Case(
        (Reply(status=503), Reply(chunks=("0", "\0\r"), segments=Segments(at=(1,)))),
        message="Hello\n\u2028",
        path="/v1/chat/stream",
        outcome="either",
        judged=1,
        cancel_after=3,
        withhold=True,
    )
    path = saved(tmp_path, replace(case, replies=(case.replies[0], replace(case.replies[1], chunks=("0", "a")))))
    assert path == tmp_path / "node-client.mjs-read-line.yaml"
    assert load(path) == (
        INFO.id,
        replace(case, replies=(case.replies[0], replace(case.replies[1], chunks=("0", "a")))),
    )


def test_the_file_is_small_and_says_what_it_is(tmp_path: Path) -> None:
    assert saved(tmp_path, SMALLEST.case).read_text() == (
        "# read-line (documented): A read that ends inside a line loses nothing\n"
        "# lost; a correct client returns exactly the text that was sent (the body is complete)\n"
        'summary: "node client.mjs: text is lost from the first read that ends inside a line: no line buffer"\n'
        "check: {id: read-line}\n"
        'chunks: ["0"]\n'
        "segments: {at: [1]}\n"
    )


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_every_example_of_every_check_can_be_saved(check: Check, tmp_path: Path) -> None:
    for case in check.examples:
        case = next(spoken for name in check.info.dialects if playable(spoken := speaking(case, name)))
        path = save(case, check.info, replace(SMALLEST, case=case), tmp_path)
        assert load(path) == (check.id, case)
        assert path.stat().st_size < 20_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("failures")


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_generated_case_can_be_saved(folder: Path, data: st.DataObject) -> None:
    check = data.draw(st.sampled_from([check for check in CHECKS.values() if check.cases and check.id != "everything"]))
    assert check.cases is not None
    case = speaking(data.draw(check.cases(RunSettings())), check.info.dialects[0])
    saved(folder, case)


def test_a_client_may_say_anything(tmp_path: Path) -> None:
    path = saved(tmp_path, SMALLEST.case, diagnosis=HOSTILE)
    assert load(path)[1] == SMALLEST.case


@pytest.mark.parametrize(
    ("client", "name"),
    [
        ("node client.mjs", "node-client.mjs"),
        ("/usr/bin/python ./a/b.py --x", "usr-bin-python-.-a-b.py-x"),
        ("../../etc/passwd", "etc-passwd"),
        ("字", "client"),
        ("-._", "client"),
        ("x" * 60, "x" * 60),
    ],
)
def test_a_name_of_a_client_is_a_name_of_a_file(client: str, name: str) -> None:
    assert file_name(client) == name


def test_a_long_name_keeps_its_beginning_and_its_end() -> None:
    name = file_name("node --experimental-strip-types " + "x/" * 50 + "client.mjs")
    assert name.startswith("node-experimental-strip-types-") and name.endswith("-client.mjs") and len(name) <= 60


def test_long_names_that_differ_in_the_middle_are_two_files() -> None:
    one, other = (file_name(f"python {'a' * 40}{n}{'b' * 40}") for n in (1, 2))
    assert one != other and one.startswith("python-aaa") and one.endswith("bbb")


def test_what_no_file_can_say_is_the_harness_to_blame(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="cannot be written as a scenario"):
        saved(tmp_path, Case((Reply(content=Content(json=10**60)),)))
    with pytest.raises(HarnessError, match=r"cannot be saved: [^!]*lone surrogate"):
        saved(tmp_path, Case((Reply(text="\ud800"),)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("text: a\n", "is a scenario, but no saved counterexample: it has no `check:`"),
        ("text: [a\n", "it is no scenario file"),
        ("", "it is no scenario file"),
        ("check: {id: bom}\nthen: cycle\nreplies: [{text: a}, {text: b}]\n", "repeats its last reply"),
    ],
)
def test_a_file_that_is_none_says_so(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        load(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*: No such file or directory"):
        load(tmp_path / "x.yaml")
    with pytest.raises(UsageError, match=r"cannot read .*: "):
        load(tmp_path)


def test_a_long_text_lies_beside_the_file(tmp_path: Path) -> None:
    case = Case((Reply(text="ab\r\n\ufeff字" * 100_000, chunks="whole", dialect="delta"),))
    path = saved(tmp_path, case)
    assert path.stat().st_size < 1000
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "node-client.mjs-read-line-1.txt", "node-client.mjs-read-line.yaml",
    ]  # fmt: skip
    assert load(path)[1] == case


def test_a_case_that_was_edited_keeps_its_seed(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("text: a\nchunks: {random: {max: 3}}\nseed: 7\ncheck: {id: chunk-split}\n")
    assert load(path)[1].replies[0].seed == 7


def test_faults_are_saved_with_their_places(tmp_path: Path) -> None:
    case = Case((Reply(text="Neural networks", faults=(faults.reset_peer(after="Neural"),)),))
    assert load(saved(tmp_path, case))[1] == case
