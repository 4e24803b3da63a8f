"""One mutant before the contract: the fixed examples of all checks, then generated ones, then the checks that last.

Each is judged in a process of its own, which is ended where the mutant does not come back.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
import types
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

from mock_ares.dialects import DialectName
from mock_ares.harness.checks import CHECKS, Check
from mock_ares.harness.clients.adapter import Adapter
from mock_ares.harness.clients.driver import DriverClient
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.clients.spawned import ProcessClient
from mock_ares.harness.model import UsageError
from mock_ares.harness.play.example_runner import ExampleRunner
from mock_ares.harness.run.check_runner import run_check
from mock_ares.harness.settings import RunSettings
from tests.mutation import changes
from tests.mutation.changes import Change

ROOT = Path(__file__).parents[2]
SECONDS = 180.0
"""For one mutant, those of the checks that last among them; one that takes longer hangs."""
EXAMPLES = 10
"""Generated ones of each check, for a mutant that the fixed ones do not tell."""
DEADLINE = 1.5
"""Seconds of an example, of which no right client takes a tenth, and twice as many for a second try."""
FIRST = ("request", "chunk-split", "status", "read-line", "text-newlines", "not-sse", "drop-fin", "eol-cr", "comments")
"""The checks that tell most mutants."""
LARGE = frozenset({"long-line", "many-chunks"})
TIMEOUT = 4
"""Seconds that each waits for the next byte, so that one can be waited for that waits for ever; more than an example
has at its second try, so that a process that its timer keeps is late.
"""
CAN = ("incremental", "cancel", "v1", f"timeout={TIMEOUT}")


@dataclass(frozen=True, slots=True)
class Subject:
    """A right client, of whose source mutants are made."""

    name: str
    file: str
    mutants: Callable[[str], Iterator[Change]]
    client: Callable[[str, str], Adapter]
    """Of a source, in a dialect."""
    dialects: tuple[DialectName, ...] = ("text",)
    excused: frozenset[str] = frozenset()
    """The checks that its library fails."""
    strict: bool = False
    """Nothing is let pass: it shows no text of events of other types, and takes lines of any length."""
    command: Callable[[str], Adapter] | None = None
    """The same as a command, whose process ends only when nothing is left of it."""
    instead: tuple[str, str] = ("", "")
    """A time-out of its source, and the shorter one in its place, which the contract can wait for."""

    @property
    def source(self) -> str:
        """Raises ValueError where the time-out stands there no more, or more than once."""
        source, (long, short) = (ROOT / self.file).read_text(encoding="utf-8"), self.instead
        if long and source.count(long) != 1:
            raise ValueError(f"{self.file}: {long!r} stands there {source.count(long)} times")
        return source.replace(long, short)


def _module(source: str) -> types.ModuleType:
    module = types.ModuleType("mutant")
    sys.modules["mutant"] = module
    exec(compile(source, "mutant", "exec"), module.__dict__)
    return module


def reference(source: str, dialect: str) -> Adapter:
    chat = partial(_module(source).stream_chat, timeout=float(TIMEOUT), dialect=dialect)
    return PythonClient(chat, "reference", CAN)


def httpx(source: str, dialect: str) -> Adapter:
    chat = _module(source).stream_chat

    def stream_chat(url: str, token: str, message: str) -> AsyncIterator[str]:
        parts = urlsplit(url)
        found: AsyncIterator[str] = chat(f"{parts.scheme}://{parts.netloc}", token, message, parts.path)
        return found

    return PythonClient(stream_chat, "httpx", (*CAN, "abort", "concurrent"))


def _saved(source: str) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".mjs", delete=False, encoding="utf-8") as file:
        file.write(source)
    return file.name


def node(source: str, dialect: str) -> Adapter:
    return DriverClient(("node", str(ROOT / "contracts/clients/drive.mjs"), _saved(source)), "node", CAN)


def node_command(source: str) -> Adapter:
    return ProcessClient(("node", _saved(source)), "node", CAN)


SUBJECTS: tuple[Subject, ...] = (
    Subject("reference", "mock_ares/client.py", changes.python, reference, ("text", "typed", "delta"), strict=True),
    Subject(
        "httpx",
        "contracts/clients/python-httpx/fixed.py",
        changes.python,
        httpx,
        instead=("read=120", f"read={TIMEOUT}"),
    ),
    Subject(
        "node",
        "contracts/clients/node/fixed.mjs",
        changes.javascript,
        node,
        command=node_command,
        excused=frozenset({"chunk-ext-quoted", "early-100", "early-103", "drop-fin-close", "drop-rst-close"}),
        instead=("SILENCE_MS = 120_000", f"SILENCE_MS = {TIMEOUT}_000"),
    ),
)


SERVER = multiprocessing.get_context("forkserver")
"""Forks of a process that has loaded everything, and has no threads."""
SERVER.set_forkserver_preload(["tests.mutation.judge"])


def killed_by(subject: Subject, source: str, *, quick: bool = False) -> str | None:
    """What tells the mutant from a right client; None: nothing."""
    stages: list[tuple[DialectName, int, bool]] = [(dialect, 0, False) for dialect in subject.dialects]
    if not quick:
        stages += [(dialect, EXAMPLES, False) for dialect in subject.dialects]
        stages.append((subject.dialects[0], 0, True))
    for dialect, examples, lasts in stages:
        try:
            client = subject.client(source, dialect)
            found = _failing(client, subject, _checks(subject, dialect, lasts), dialect, examples)
        except UsageError as error:
            return f"it does not start: {error}"
        except Exception as error:
            return f"it does not load: {type(error).__name__}"
        if found is not None:
            return found if not examples else f"{found} (generated)"
    return None if quick or subject.command is None else _left_behind(subject, subject.command(source))


def _left_behind(subject: Subject, client: Adapter) -> str | None:
    checks = [CHECKS[name] for name in ("plain", "status")]
    found = _failing(client, subject, checks, subject.dialects[0], 0)
    return found and f"{found} (as a command)"


def _checks(subject: Subject, dialect: DialectName, lasts: bool) -> list[Check]:
    found = [
        check
        for check in CHECKS.values()
        if bool(check.row.lasts) == lasts and dialect in check.info.dialects and check.id not in subject.excused
        if check.id not in LARGE or dialect == subject.dialects[0]
    ]
    return sorted(found, key=lambda check: (check.id in LARGE, check.id not in FIRST))


def _failing(client: Adapter, subject: Subject, checks: list[Check], dialect: DialectName, examples: int) -> str | None:
    settings = RunSettings(
        dialect=dialect,
        examples=examples,
        strict=subject.strict,
        deadline=DEADLINE,
        budget=0.0,
        held=frozenset(CHECKS) - subject.excused,
    )
    with client, ExampleRunner() as runner:
        for check in checks:
            if examples and check.id in LARGE:
                continue
            result = run_check(client, check, runner, settings)
            if result.failure is not None:  # a defensive check's, too
                return check.id
    return None


def judged(subject: Subject, source: str, *, quick: bool = False, seconds: float = SECONDS) -> str | None:
    """The same, in a process that is ended after so many seconds."""
    ours, theirs = multiprocessing.Pipe(False)
    process = SERVER.Process(target=_judge, args=(theirs, subject.name, source, quick))
    process.start()
    theirs.close()
    try:
        if ours.poll(seconds):
            found: str | None = ours.recv()
            return found
        return f"it hangs for {seconds:g} s"
    except EOFError:
        return "it ends the process"
    finally:
        if process.pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
        process.join()


def _judge(to: Connection, name: str, source: str, quick: bool) -> None:
    os.setpgid(0, 0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    subject = next(each for each in SUBJECTS if each.name == name)
    to.send(killed_by(subject, source, quick=quick))
