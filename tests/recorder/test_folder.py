"""A recording is whole or absent, and nobody else's file is touched."""

from __future__ import annotations

import errno
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from mock_ares.authoring.dump import dump
from mock_ares.authoring.load import load_all
from mock_ares.recorder import folder as module
from mock_ares.recorder.exchange.payload import Asked, UnrecordableError
from mock_ares.recorder.exchange.response import ResponseReader
from mock_ares.recorder.exchange.scenarios import Recorded, _long_name, name_of, recorded, when_of
from mock_ares.recorder.exchange.secrets import Secrets
from mock_ares.recorder.folder import FolderError, RecordingFolder
from mock_ares.scenario.model import Reply, Scenario, Text, When

COMMENT = ": Hunter22%21\n\ndata: a\n\n"


def small(text: str, long_text: str | None = None, *, name: str = "one") -> Recorded:
    return Recorded(Scenario((Reply(text="x"),), name=name), text, long_text, Counter(), 0)


def heard(message: str, reply: Reply, long_text: str | None = None) -> Recorded:
    """As a recorder without a secret has it."""
    when = When(endpoint="/api/chat/stream", message=message)
    first = replace(reply, text=Text(file=file)) if (file := long_text and _long_name(long_text)) else reply
    scenario = Scenario((first,), when=when, name=name_of(when))
    return Recorded(scenario, dump(replace(scenario, name="")), long_text, Counter(), 0)


def answered(text: str, secrets: Secrets, before: Recorded | None = None, *, number: int = 1) -> Recorded:
    """As the recorder has it, behind or before what was answered already."""
    reader, asked = ResponseReader("POST", 1_000_000), Asked("POST", "/api/chat/stream", "hi", credentials=True)
    reader.feed(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: %b\n\n" % text.encode(), 0.0)
    reader.end()
    return recorded(before, number, when_of(asked, secrets), asked, reader, "complete", 0.0, secrets)


def names(path: Path) -> set[str]:
    return {file.name for file in path.iterdir()}


def test_a_folder_is_made_and_has_one_recorder(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    first = RecordingFolder(path)
    with pytest.raises(FolderError, match=r"another recorder writes to .*give this one a folder of its own with --out"):
        RecordingFolder(path)
    first.close()
    RecordingFolder(path).close()
    assert names(path) == set()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(FolderError, match=r"cannot write to .*x: File exists"):
        RecordingFolder(tmp_path / "x")


def test_a_folder_that_cannot_be_written_is_told_at_once() -> None:
    with pytest.raises(FolderError, match="cannot write to /proc"):
        RecordingFolder(Path("/proc/nothing"))


def test_what_was_there_stays_and_the_new_one_stands_beside_it(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("text: of another day\n")
    folder = RecordingFolder(tmp_path)
    assert folder.save(small("text: x\n")).name == "one-2.yaml"
    assert folder.save(small("text: y\n")).name == "one-2.yaml"
    assert folder.doubles == {"one-2.yaml": "one.yaml"}
    assert [(tmp_path / name).read_text() for name in ("one.yaml", "one-2.yaml")] == [
        "text: of another day\n", "text: y\n",
    ]  # fmt: skip
    folder.close()


def test_what_somebody_edits_meanwhile_stays_too(tmp_path: Path) -> None:
    folder = RecordingFolder(tmp_path)
    folder.save(small("text: x\n")).write_text("text: edited\n")
    assert folder.save(small("text: y\n")).name == "one-2.yaml"
    assert (tmp_path / "one.yaml").read_text() == "text: edited\n"
    folder.close()


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RecordingFolder(tmp_path)
    folder.save(small("text: x\n"))

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UnrecordableError, match=r"cannot be written to .*: No space left on device"):
        folder.save(small("text: y\n"))
    assert names(tmp_path) == {"one.yaml"}
    assert (tmp_path / "one.yaml").read_text() == "text: x\n"
    folder.close()


def test_files_are_bounded_in_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 1)
    folder = RecordingFolder(tmp_path)
    folder.save(small("text: x\n"))
    folder.save(small("text: y\n"))
    with pytest.raises(UnrecordableError, match="1 files have been written, which is the most"):
        folder.save(small("text: x\n", name="two"))
    folder.close()


@pytest.mark.parametrize(
    "kept",
    [
        pytest.param(heard("my word is Hunter22!", Reply(text="ok")), id="in what was asked, and so in its name"),
        pytest.param(heard("hi", Reply(text="the word is Hunter22!")), id="in the answer"),
        pytest.param(heard("hi", Reply(chunks=("the word is Hun", "ter", "22!"))), id="in several chunks of it"),
        pytest.param(
            heard("hi", Reply(text=Text(recorded=(COMMENT,)), dialect="text", chunks="recorded")),
            id="spelled otherwise",
        ),
        pytest.param(heard("hi", Reply(text="-"), "x" * 200_000 + "Hunter22!"), id="in a text with a file of its own"),
        pytest.param(heard("Hunter22!", Reply(text="-"), "x" * 200_000 + "Hunter22!"), id="in both"),
    ],
)
def test_what_turns_out_to_be_secret_is_taken_out_at_the_end(kept: Recorded, tmp_path: Path) -> None:
    folder, secrets = RecordingFolder(tmp_path), Secrets()
    before = folder.save(kept)
    assert folder.sweep(secrets) == ([], 0)
    secrets.learn(["Hunter22!"])
    (changed,), removed = folder.sweep(secrets)
    assert removed == 0
    files = {file.name: file.read_text() for file in tmp_path.iterdir()}
    said = "".join([*files, *files.values()]).lower()
    assert not [part for part in ("hunter", "ter22", "22!", "22%21") if part in said]
    assert len(files) == (1 if kept.long_text is None else 2) and changed.name in files
    assert (changed == before) == ("unter" not in kept.text.partition("text:")[0])
    (found,) = load_all([tmp_path])
    assert found.name == changed.stem
    assert folder.sweep(secrets) == ([], 0)
    folder.close()


def test_an_answer_from_before_it_was_known_is_swept_though_another_came_behind_it(tmp_path: Path) -> None:
    folder, secrets = RecordingFolder(tmp_path), Secrets()
    first = answered("the word is Hunter22!", secrets)
    folder.save(first)
    secrets.learn(["Hunter22!"])
    folder.save(answered("the word is Hunter22!", secrets, first, number=2))
    (changed,), _ = folder.sweep(secrets)
    assert "Hunter" not in changed.read_text() and changed.read_text().count("xxxxxxxx") == 2
    folder.close()


def test_answers_stand_as_they_were_asked_for_though_they_ended_otherwise(tmp_path: Path) -> None:
    folder, secrets = RecordingFolder(tmp_path), Secrets()
    kept = None
    for number, text in ((4, "x" * 200_000 + "Hunter22!"), (2, "the first"), (9, "the last"), (3, "the second")):
        kept = answered(text, secrets, kept, number=number)
        folder.save(kept)
    secrets.learn(["Hunter22!"])
    folder.sweep(secrets)
    (scenario,) = load_all([tmp_path])
    texts = [str(reply.text) for reply in scenario.replies]
    assert [*texts[:2], texts[3]] == ["the first", "the second", "the last"]
    assert texts[2].startswith("xxx") and len(texts[2]) == 200_009 and "Hunter" not in texts[2]
    assert len(names(tmp_path)) == 2
    folder.close()


def test_two_that_differ_in_what_is_secret_are_both_kept(tmp_path: Path) -> None:
    folder, secrets = RecordingFolder(tmp_path), Secrets()
    for word in ("Hunter22!", "Hunter23!"):
        folder.save(heard(f"my word is {word}", Reply(text=f"not {word}")))
    secrets.learn(["Hunter22!", "Hunter23!"])
    changed, _ = folder.sweep(secrets)
    assert len(changed) == 2 and len(names(tmp_path)) == 2 and len(folder.doubles) == 1
    folder.close()


def test_what_cannot_be_taken_out_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, secrets = RecordingFolder(tmp_path), Secrets()
    folder.save(heard("hi", Reply(text="the word is Hunter22!")))
    secrets.learn(["Hunter22!"])

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert folder.sweep(secrets) == ([], 1)
    assert names(tmp_path) == set()
    folder.close()


def test_a_long_text_is_a_file_of_its_own_and_may_be_recorded_again(tmp_path: Path) -> None:
    for number in range(2):
        folder = RecordingFolder(tmp_path)
        folder.save(heard("hi", Reply(text="-"), "x" * 200_000))
        folder.close()
        assert len(names(tmp_path)) == 2 + number
