"""Paths that lead nowhere: a row is one, and what is said of it. Nothing ends with a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_ares.cli import main
from mock_ares.paths import is_file, is_folder, is_there, program, resolved
from mock_ares.server.hosting import foreground
from mock_ares.whole_file import write_whole

LONG = "x" * 300 + ".yaml"
RING = "Too many levels of symbolic links"
TOO_LONG = "File name too long"
FILES = {"ring.yaml": "text: {file: ring}", "long.yaml": f"text: {{file: {LONG}}}", "deep.yaml": "text: {file: ring/x}"}
ROWS: tuple[tuple[str, int, str], ...] = (
    (f"validate {LONG}", 2, TOO_LONG),
    (f"validate {LONG}/x.yaml", 2, TOO_LONG),
    ("validate ring", 2, RING),
    ("validate ring/x.yaml", 2, RING),
    ("validate ring.yaml", 2, f"the file 'ring' cannot be read: {RING}"),
    ("validate deep.yaml", 2, f"the file 'ring/x' cannot be read: {RING}"),
    ("validate long.yaml", 2, TOO_LONG),
    (f"show {LONG}", 2, "neither a file nor a scenario"),
    ("show ring", 2, "neither a file nor a scenario"),
    ("show ring.yaml", 2, RING),
    (f"serve {LONG}", 2, TOO_LONG),
    (f"serve {LONG}/x.yaml", 2, TOO_LONG),
    ("serve ring", 2, RING),
    ("serve ring/x.yaml", 2, RING),
    ("serve ring.yaml", 0, ""),
    (f"check -- ./{LONG}", 2, "there is no"),
    (f"check -- {LONG}", 2, "no command"),
    (f"check --browser {LONG}", 2, "is not there"),
    (f"check --page {LONG}", 2, "write the address of the page"),
    ("check --page ring", 2, "write the address of the page"),
)


@pytest.fixture(autouse=True)
def nothing_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreground, "run", lambda *_, **__: None)


@pytest.mark.parametrize(("line", "status", "said"), ROWS, ids=lambda value: str(value)[:30])
def test_a_path(line: str, status: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "ring").symlink_to("ring")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, line.split())
    assert (done.exit_code, said in done.output) == (status, True), done.output


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("serve", 0, ""),
        ("serve x.yaml", 2, "x.yaml: the folder that this was started in is no more"),
        ("serve .", 2, "the folder that this was started in is no more"),
        ("validate x.yaml", 2, "No such file or directory"),
        ("show read-utf8", 0, "read-utf8"),
    ],
)
def test_a_folder_that_was_removed(
    line: str, status: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert Path(program().split()[0]).name
    done = CliRunner().invoke(main, line.split())
    assert (done.exit_code, said in done.output) == (status, True), done.output


@pytest.mark.parametrize("name", ["ring", "ring/x", LONG, "\0"])
def test_what_no_path_leads_to_is_not_there(name: str, tmp_path: Path) -> None:
    (tmp_path / "ring").symlink_to("ring")
    path = tmp_path / name
    assert not is_there(path) and not is_file(path) and not is_folder(path)
    if name != "\0":
        assert resolved(path).is_relative_to(resolved(tmp_path))


def test_a_ring_is_not_written_over(tmp_path: Path) -> None:
    ring = tmp_path / "ring"
    ring.symlink_to("ring")
    with pytest.raises(OSError, match=RING):
        write_whole(ring, "a")
    assert ring.is_symlink() and [*tmp_path.iterdir()] == [ring]
