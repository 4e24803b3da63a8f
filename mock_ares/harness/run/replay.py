"""Counterexamples as scenario files: saved, read back, and played again without Hypothesis.

    .mock-ares/failures/<client>-<check>.yaml

The file is a scenario like any other, so ``serve`` and ``ares.script`` take it too; its ``check:`` says which check a
client is judged by, and what is asked of the client.
"""

from __future__ import annotations

import base64
import os
import re
import shlex
import zlib
from dataclasses import fields, replace
from pathlib import Path

from mock_ares.authoring.dump import dump
from mock_ares.authoring.load import load as load_scenario
from mock_ares.harness.model import Case, CheckInfo, CheckResult, Failure, HarnessError, UsageError
from mock_ares.paths import program
from mock_ares.scenario.diagnostics import ScenarioError
from mock_ares.scenario.model import Counterexample, Reply, Scenario, Text

FOLDER = Path(".mock-ares/failures")
UNSAVED = "not saved: "
"""Stands in a result's reason before why its counterexample is not."""
PICTURE = ".jpg"
"""The ending of a page's picture beside its counterexample."""
_LONGEST_NAME = 60
"""Characters."""
_LONG_TEXT = 50_000
"""Characters."""
_ASKED = [field.name for field in fields(Case) if field.name != "replies"]
"""What a case and a saved one say with the same words."""


def save(case: Case, info: CheckInfo, failure: Failure, folder: Path = FOLDER, *, client: str = "client") -> Path:
    """Writes the case into the folder, over an earlier one of the same client and check; returns where it lies.

    Raises HarnessError where the file would not say the same case, and OSError.
    """
    path = folder / f"{file_name(client)}-{info.id}.yaml"
    text, beside = as_yaml(case, info, failure, client)
    folder.mkdir(parents=True, exist_ok=True)
    for name, long in beside.items():
        (folder / name).write_bytes(long.encode())
    written = folder / f"{path.stem}.{os.getpid()}.yaml"  # another run may be saving the same
    try:
        written.write_text(text, encoding="utf-8", newline="\n")
        reason = _unlike(written, case, info)
        if reason is not None:
            raise HarnessError(f"the case of {info.id} cannot be saved: {reason}")
        written.replace(path)
        if failure.picture:
            path.with_suffix(PICTURE).write_bytes(base64.b64decode(failure.picture))
    finally:
        written.unlink(missing_ok=True)
    return path


def with_replay(result: CheckResult, folder: Path, client: str) -> CheckResult:
    """The result with the path of its saved counterexample, or why it could not be saved."""
    if result.failure is None:
        return result
    try:
        path = save(result.failure.case, result.info, result.failure, folder, client=client)
    except (HarnessError, OSError) as error:
        return replace(result, reason="; ".join(filter(None, (result.reason, f"{UNSAVED}{error}"))))
    return replace(result, replay=str(path))


def replaced_by(result: CheckResult, folder: Path, client: str) -> Path | None:
    """The file that ``with_replay`` is to write where another stream lies, of an earlier run; else None."""
    path = folder / f"{file_name(client)}-{result.info.id}.yaml"
    if result.failure is None or not path.exists():
        return None
    return path if _unlike(path, result.failure.case, result.info) else None


def _unlike(path: Path, case: Case, info: CheckInfo) -> str | None:
    """Why a saved file does not stand for the case; None if it does."""
    try:
        return None if load(path) == (info.id, case) else "it is not the same when it is read again"
    except UsageError as error:
        return str(error)


def as_yaml(case: Case, info: CheckInfo, failure: Failure, client: str = "client") -> tuple[str, dict[str, str]]:
    """The text of the file, and the long texts that go into files beside it, by name.

    Raises HarnessError where a file cannot say the case.
    """
    summary = " ".join(f"{client}: {failure.diagnosis}".split())
    comment = f"{info.id} ({info.tier}): {info.title}\n{failure.word}; a correct client {failure.expected}"
    comment = "".join(char if char.isprintable() or char == "\n" else " " for char in comment)
    case, beside = _without_long_texts(case, f"{file_name(client)}-{info.id}")
    try:
        text = dump(scenario_of(case, info, _encodable(summary)), comment=_encodable(comment))
        text.encode()
    except ValueError as error:
        raise HarnessError(f"the case of {info.id} cannot be written as a scenario: {error}") from error
    return text, beside


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _without_long_texts(case: Case, stem: str) -> tuple[Case, dict[str, str]]:
    """YAML is slow to read, and a scenario file is bounded: megabytes go into files of their own."""
    replies, beside = list[Reply](), dict[str, str]()
    for number, reply in enumerate(case.replies, 1):
        if isinstance(reply.text, str) and len(reply.text) > _LONG_TEXT:
            name = f"{stem}-{number}.txt"
            beside[name] = reply.text
            reply = replace(reply, text=Text(file=name))
        replies.append(reply)
    return replace(case, replies=tuple(replies)), beside


def scenario_of(case: Case, info: CheckInfo, summary: str = "") -> Scenario:
    """The case in the words of the scenario language."""
    judged = Counterexample(info.id, **{name: getattr(case, name) for name in _ASKED})
    return Scenario(case.replies, summary=summary, check=judged)


def load(path: Path | str) -> tuple[str, Case]:
    """The check's id and the case of a saved counterexample. Raises UsageError for a file that is none."""
    path = Path(path)
    try:
        scenario = load_scenario(path)
    except ScenarioError as error:
        raise UsageError(f"{path} cannot be replayed, it is no scenario file:\n{error}") from None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    if scenario.check is None:
        raise UsageError(
            f"{path} is a scenario, but no saved counterexample: it has no `check:`. "
            f"`mock-ares check` saves those, in {FOLDER}; to serve this one: {program()} serve {shlex.quote(str(path))}"
        )
    if scenario.then != "repeat":
        raise UsageError(
            f"{path} cannot be replayed: a case repeats its last reply, and this says then: {scenario.then}"
        )
    asked = {name: getattr(scenario.check, name) for name in _ASKED}
    return scenario.check.id, Case(tuple(_seeded(reply, scenario.seed) for reply in scenario.replies), **asked)


def _seeded(reply: Reply, seed: int) -> Reply:
    """A case has no seed of its own."""
    return replace(reply, seed=seed) if seed and reply.seed is None else reply


def file_name(client: str) -> str:
    """A client's name as a part of a file's: ``node client.mjs`` is ``node-client.mjs``."""
    name = re.sub(r"[^A-Za-z0-9._]+", "-", client).strip("-._") or "client"
    if len(name) <= _LONGEST_NAME:
        return name
    # Commands of one project begin alike and differ at their end; of what is left out the sum stays.
    head, tail = name[: _LONGEST_NAME // 2].rstrip("-._"), name[-_LONGEST_NAME // 3 :].lstrip("-._")
    return f"{head}-{zlib.crc32(client.encode(errors='replace')):08x}-{tail}"
