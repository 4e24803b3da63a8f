"""Clients that are commands: whether one can be run, and what to do where it cannot."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mock_ares.harness.clients.adapter import Adapter
from mock_ares.harness.clients.running_example import MOST_TEXT
from mock_ares.harness.model import Boundaries, UsageError
from mock_ares.paths import is_file, is_folder, is_there
from mock_ares.scenario.diagnostics import nearest

LOOPBACK = ("127.0.0.1", "::1", "localhost")
INTERPRETERS = {
    ".py": "python",
    ".js": "node",
    ".mjs": "node",
    ".cjs": "node",
    ".ts": "npx tsx",
    ".sh": "sh",
    ".rb": "ruby",
    ".pl": "perl",
    ".php": "php",
    ".go": "go run",
}
NATIVE = (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"MZ")
"""How programs begin that the system runs by itself: Linux, macOS (one processor, several), Windows."""


class CommandClient(Adapter):
    """A client that a command line starts, in one way or another."""

    def __init__(
        self,
        argv: Sequence[str],
        name: str | None = None,
        capabilities: str | Iterable[str] = (),
        timeout: float | None = None,
        boundaries: Boundaries = "exact",
        limit: int = MOST_TEXT,
    ) -> None:
        """More than ``limit`` characters of text are the client's failure."""
        super().__init__(name or named(argv), capabilities, timeout, boundaries)
        self._argv = list(argv)
        self._limit = limit


def named(argv: Sequence[str]) -> str:
    """A command as one would type it."""
    return shlex.join(argv)


def environment(**more: str) -> Mapping[bytes, bytes]:
    """This process's environment and ``more``. A proxy is not for this machine's own addresses."""
    variables = dict(os.environb)
    for name in (b"no_proxy", b"NO_PROXY"):
        variables[name] = b",".join(filter(None, [variables.get(name, b""), *map(str.encode, LOOPBACK)]))
    return variables | {name.encode(): value.encode("utf-8", "surrogatepass") for name, value in more.items()}


def check_command(argv: Sequence[str]) -> None:
    """Raises UsageError, with the nearest advice, for a command that cannot be run."""
    if not argv or not argv[0]:
        raise UsageError("expected a command that runs the client, such as: -- node client.mjs")
    program = argv[0]
    if os.sep in program:
        _check_file(Path(program))
    elif (path := shutil.which(program)) is not None:
        _check_start(Path(path))
    else:
        raise UsageError(f"no command {program!r} on PATH{_advice(program)}")


def _advice(program: str) -> str:
    if " " in program:
        return f"; a command is given as words, not as one: -- {program}"
    if is_file(Path(program)):
        return f", but there is a file of that name here: {_how_to_run(Path(program))}"
    return nearest(program, set(_commands()), tell_all=False)


def _commands() -> Iterator[str]:
    for folder in os.get_exec_path():
        yield from _names(Path(folder))


def _names(folder: Path) -> list[str]:
    try:
        return [file.name for file in folder.iterdir()]
    except OSError:  # not there, or not ours to look into
        return []


def _check_file(program: Path) -> None:
    if is_folder(program):
        raise UsageError(f"{program} is a directory, expected a program")
    if not is_there(program):
        raise UsageError(f"there is no {program}{nearest(program.name, _names(program.parent), tell_all=False)}")
    if not os.access(program, os.X_OK):
        raise UsageError(f"{program} is not executable: {_how_to_run(program)}")
    _check_start(program)


def _check_start(program: Path) -> None:
    """The system runs native programs, and scripts whose first line names an interpreter that is there."""
    try:
        with program.open("rb") as file:
            start = file.read(256)
    except OSError:  # what can be run need not be readable
        return
    if start.startswith(b"#!"):
        words = start[2:].split(b"\n")[0].split()
        if not words or not is_there(Path(os.fsdecode(words[0]))):
            interpreter = os.fsdecode(words[0]) if words else ""
            raise UsageError(f"{program}: its first line names the interpreter {interpreter!r}, which is not there")
    elif not start.startswith(NATIVE) and b"\0" not in start:
        raise UsageError(f"{program} has no #! line, so the system cannot run it: {_how_to_run(program)}")


def _how_to_run(program: Path) -> str:
    interpreter = INTERPRETERS.get(program.suffix)
    if interpreter:
        return f"say `{interpreter} {shlex.quote(str(program))}`"
    path = program if os.sep in str(program) else f"./{program}"
    return f"make it executable (chmod +x) and say `{shlex.quote(str(path))}`"
