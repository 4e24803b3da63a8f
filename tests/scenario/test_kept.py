"""What is kept is what would be read, and nothing is kept that could be wrong."""

from __future__ import annotations

import errno
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mock_ares.authoring import load, scenario_cache
from mock_ares.paths import FIXTURES
from mock_ares.scenario.diagnostics import ScenarioError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(scenario_cache, "_opened", None)
    yield tmp_path / "mock-ares"


def opened_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenario_cache, "_opened", None)
    scenario_cache.use()


def unread(*_: object) -> None:
    raise AssertionError("the file was read again")


def test_the_second_start_has_the_same_scenarios_without_reading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted(FIXTURES.glob("when-*.yaml"))
    read = load.load_all(files)
    opened_anew(monkeypatch)
    assert load.load_all(files) == read
    scenario_cache.done()
    opened_anew(monkeypatch)
    monkeypatch.setattr(load, "_read", unread)
    assert load.load_all(files) == read


def test_another_text_or_other_code_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario_cache.use()
    load.loads("replies: [text: a]", name="x")
    scenario_cache.done()
    opened_anew(monkeypatch)
    assert load.loads("replies: [text: b]", name="x").replies[0].text == "b"
    monkeypatch.setattr(scenario_cache, "_code", lambda: "another")
    opened_anew(monkeypatch)
    monkeypatch.setattr(load, "_read", unread)
    with pytest.raises(AssertionError, match="read again"):
        load.loads("replies: [text: a]", name="x")


def test_mistakes_are_not_kept_and_files_that_are_named_count(folder: Path) -> None:
    scenario_cache.use()
    (folder.parent / "a.txt").write_text("one")
    for _ in range(2):
        with pytest.raises(ScenarioError):
            load.loads("replies: 3")
    for text in ("one", "two"):
        (folder.parent / "a.txt").write_text(text)
        for spelled in ("file", r'"\x66ile"'):
            scenario = load.loads(f"replies: [text: {{{spelled}: a.txt}}]", base=folder.parent)
            assert scenario.replies[0].text == text


@pytest.mark.parametrize("harm", ["others may write", "garbage"])
def test_what_others_could_have_written_is_not_believed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    scenario_cache.use()
    load.loads("replies: [text: a]")
    scenario_cache.done()
    if harm == "garbage":
        (folder / "scenarios.pickle").write_bytes(b"no pickle")
    else:
        folder.chmod(0o777)
    opened_anew(monkeypatch)
    assert load.loads("replies: [text: a]").replies[0].text == "a"
    store = scenario_cache.opened()
    assert store is not None and len(store._known) == 1


def _damaged(path: Path) -> None:
    code, known = pickle.loads(path.read_bytes())
    path.write_bytes(pickle.dumps((code, {key: value[: len(value) // 2] for key, value in known.items()})))


def _another_kind(path: Path) -> None:
    code, known = pickle.loads(path.read_bytes())
    path.write_bytes(pickle.dumps((code, dict.fromkeys(known, pickle.dumps("no scenario")))))


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _link_in_a_ring(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


IN_ITS_PLACE: dict[str, Callable[[Path], object]] = {
    "half of it": lambda path: path.write_bytes(path.read_bytes()[:-10]),
    "nothing": lambda path: path.write_bytes(b""),
    "something else": lambda path: path.write_bytes(b"cos\nsystem\n"),
    "damaged entries": _damaged,
    "entries of another kind": _another_kind,
    "a pipe": _pipe,
    "a folder": _folder,
    "a ring of links": _link_in_a_ring,
    "another's": lambda path: path.chmod(0o666),
    "a sparse terabyte": lambda path: os.truncate(path, 1 << 40),
}


@pytest.mark.parametrize("name", IN_ITS_PLACE)
def test_whatever_stands_in_its_place_files_are_read(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    scenario_cache.use()
    scenario = load.loads("replies: [text: a]", name="x")
    scenario_cache.done()
    IN_ITS_PLACE[name](folder / "scenarios.pickle")
    opened_anew(monkeypatch)
    assert load.loads("replies: [text: a]", name="x") == scenario
    scenario_cache.done()
    assert [path.name for path in folder.iterdir()] == ["scenarios.pickle"], "no start leaves a file behind"


def test_a_full_disk_is_left_as_it_was(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    scenario_cache.use()
    load.loads("replies: [text: a]", name="x")
    monkeypatch.setattr(Path, "replace", full)
    scenario_cache.done()
    assert list(folder.iterdir()) == []


def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(scenario_cache, "_opened", None)
    monkeypatch.setattr(Path, "home", homeless)
    scenario_cache.use()
    assert scenario_cache.opened() is None and load.loads("replies: [text: a]", name="x").name == "x"
