"""Counterexamples as scenario files: saved, read back, and played again without Hypothesis.

    .mock-ares/failures/<client>-<check>.yaml

The file is a scenario like any other, so ``serve`` and ``ares.script`` take it too; its ``check:`` says which check a
client is judged by, and what is asked of the client.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from mock_ares.harness.model import Case, CheckInfo, Failure, HarnessError, UsageError
from mock_ares.scenario.dump import dump
from mock_ares.scenario.load import load as load_scenario
from mock_ares.scenario.load import loads
from mock_ares.scenario.mistakes import ScenarioError
from mock_ares.scenario.model import Counterexample, Reply, Scenario

FOLDER = Path(".mock-ares/failures")
_LONGEST_NAME = 60


def save(case: Case, info: CheckInfo, failure: Failure, folder: Path = FOLDER, *, client: str = "client") -> Path:
    """Writes the case into the folder, over an earlier one of the same client and check; returns where it lies.

    Raises HarnessError where the file would not say the same case, and OSError.
    """
    text = as_yaml(case, info, failure, client)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{file_name(client)}-{info.id}.yaml"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def as_yaml(case: Case, info: CheckInfo, failure: Failure, client: str = "client") -> str:
    """The text of the file. Raises HarnessError where a file cannot say the case."""
    summary = " ".join(f"{client}: {failure.diagnosis}".split())
    scenario = scenario_of(case, info, summary)
    comment = f"{info.id} ({info.tier}): {info.title}\n{failure.word}; a correct client {failure.expected}"
    try:
        text = dump(scenario, comment="".join(char if char.isprintable() or char == "\n" else " " for char in comment))
        same = loads(text) == scenario
    except ValueError as error:  # ScenarioError is one
        raise HarnessError(f"the case of {info.id} cannot be written as a scenario: {error}") from error
    if not same:
        raise HarnessError(f"the case of {info.id} is not the same after it was written as a scenario")
    return text


def scenario_of(case: Case, info: CheckInfo, summary: str = "") -> Scenario:
    """The case in the words of the scenario language."""
    judged = Counterexample(
        info.id,
        outcome=case.outcome,
        message=case.message,
        path=case.path,
        judged=case.judged,
        cancel_after=case.cancel_after,
        withhold=case.withhold,
    )
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
            f"`mock-ares check` saves those, in {FOLDER}; to serve this one: mock-ares serve {path}"
        )
    if scenario.then != "repeat":
        raise UsageError(
            f"{path} cannot be replayed: a case repeats its last reply, and this says then: {scenario.then}"
        )
    return scenario.check.id, _case(scenario, scenario.check)


def case_of(path: Path | str) -> Case:
    """The case of a saved counterexample. Raises UsageError for a file that is none."""
    return load(path)[1]


def _case(scenario: Scenario, judged: Counterexample) -> Case:
    return Case(
        tuple(_seeded(reply, scenario.seed) for reply in scenario.replies),
        message=judged.message,
        path=judged.path,
        outcome=judged.outcome,
        judged=judged.judged,
        cancel_after=judged.cancel_after,
        withhold=judged.withhold,
    )


def _seeded(reply: Reply, seed: int) -> Reply:
    """A case has no seed of its own."""
    return replace(reply, seed=seed) if seed and reply.seed is None else reply


def file_name(client: str) -> str:
    """A client's name as a part of a file's: ``node client.mjs`` is ``node-client.mjs``."""
    name = re.sub(r"[^A-Za-z0-9._]+", "-", client).strip("-._")
    return name[-_LONGEST_NAME:].lstrip("-._") or "client"
