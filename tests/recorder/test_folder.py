"""A recording is whole or absent, and nobody else's file is touched."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from mock_ares.recorder import folder as module
from mock_ares.recorder.exchange.payload import UnrecordableError
from mock_ares.recorder.exchange.secrets import Secrets
from mock_ares.recorder.folder import FolderError, RecordingFolder
from mock_ares.scenario.model import Reply, Scenario

ONE = Scenario((Reply(text="x"),), name="one")


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
    assert folder.save(ONE, "text: x\n").name == "one-2.yaml"
    assert folder.save(ONE, "text: y\n").name == "one-2.yaml"
    assert folder.doubles == {"one-2.yaml": "one.yaml"}
    assert [(tmp_path / name).read_text() for name in ("one.yaml", "one-2.yaml")] == [
        "text: of another day\n", "text: y\n",
    ]  # fmt: skip
    folder.close()


def test_what_somebody_edits_meanwhile_stays_too(tmp_path: Path) -> None:
    folder = RecordingFolder(tmp_path)
    folder.save(ONE, "text: x\n").write_text("text: edited\n")
    assert folder.save(ONE, "text: y\n").name == "one-2.yaml"
    assert (tmp_path / "one.yaml").read_text() == "text: edited\n"
    folder.close()


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = RecordingFolder(tmp_path)
    folder.save(ONE, "text: x\n")

    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UnrecordableError, match=r"cannot be written to .*: No space left on device"):
        folder.save(ONE, "text: y\n")
    assert names(tmp_path) == {"one.yaml"}
    assert (tmp_path / "one.yaml").read_text() == "text: x\n"
    folder.close()


def test_files_are_bounded_in_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_FILES", 1)
    folder = RecordingFolder(tmp_path)
    folder.save(ONE, "text: x\n")
    folder.save(ONE, "text: y\n")
    with pytest.raises(UnrecordableError, match="1 files have been written, which is the most"):
        folder.save(Scenario((Reply(text="x"),), name="two"), "text: x\n")
    folder.close()


def test_what_turns_out_to_be_secret_is_taken_out_at_the_end(tmp_path: Path) -> None:
    folder, secrets = RecordingFolder(tmp_path), Secrets()
    folder.save(ONE, "text: the word is hunter22\n")
    assert folder.sweep(secrets) == []
    secrets.learn(["hunter22"])
    assert folder.sweep(secrets) == [tmp_path / "one.yaml"]
    assert (tmp_path / "one.yaml").read_text() == "text: the word is xxxxxxxx\n"
    folder.close()


def test_a_long_text_is_a_file_of_its_own(tmp_path: Path) -> None:
    folder = RecordingFolder(tmp_path)
    folder.save(ONE, "text: {file: one.txt}\n", "x" * 200_000)
    assert names(tmp_path) == {"one.yaml", "one.txt"}
    folder.close()
