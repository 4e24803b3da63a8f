"""Reports of shards, written as JSON, read back and joined to the report of one run."""

from __future__ import annotations

import base64
import json
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple, get_args

from mock_ares.authoring.text_files import read_whole
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.model import (
    CheckInfo,
    CheckResult,
    ClientReport,
    Failure,
    HarnessError,
    Observation,
    Report,
    UsageError,
    Verdict,
)
from mock_ares.harness.run.replay import as_yaml, load
from mock_ares.scenario.words import kind_of

MOST_BYTES = 512_000_000
"""Of a report; one of 23 clients, many of which fail much, has 8 million."""
LONG = 50_000
"""Characters of a text from which it is packed."""
SCENARIO = "case.yaml"
_WRITTEN_BY_HAND = frozenset({"case", "observation", "reads"})


def counterexample(info: CheckInfo, failure: Failure) -> dict[str, Any] | None:
    """All of a failure, for JSON; None where its case cannot be written down."""
    try:
        scenario, texts = as_yaml(failure.case, info, failure)
    except HarnessError:
        return None
    return {
        "scenario": scenario,
        "texts": {name: _packed(text) for name, text in texts.items()},
        "observation": _words(failure.observation),
        "reads": [_packed(read.decode("latin-1")) for read in failure.reads],
        **_words(failure, but=_WRITTEN_BY_HAND),
    }


class Part(NamedTuple):
    """What one run has written."""

    report: Report
    commands: Mapping[tuple[str, str], str]
    """What plays a failure again, by client and check."""


def read(path: Path) -> Part:
    """A report that ``check`` has written as ``.json``. Raises UsageError for a file that is none."""
    try:
        data = json.loads(read_whole(path, MOST_BYTES).decode())
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from None
    except ValueError as error:
        raise UsageError(f"{path} is no report: {error}") from None
    except RecursionError:
        raise UsageError(f"{path} is no report: it is nested too deep") from None
    if not isinstance(data, dict):
        said = "null" if data is None else f"a {kind_of(data)}"
        raise UsageError(_none(path, f"it is {said}, and no object"))
    try:
        clients = tuple(_client(client) for client in data["clients"])
        notes, edition = tuple(data["notes"]), data["contract"]
        report = Report(data["version"], data["seed"], clients, data["hindrance"], notes=notes, edition=edition)
        commands = {
            (client["name"], check["id"]): check["command"]
            for client in data["clients"]
            for check in client["checks"]
            if check["command"]
        }
        return Part(report, commands)
    except KeyError as error:
        raise UsageError(_none(path, f"there is no {error.args[0]!r} where it has one")) from None
    except (TypeError, AttributeError, RecursionError):
        raise UsageError(_none(path, "something in it is of another kind than in one")) from None
    except (ValueError, OSError, zlib.error) as error:
        raise UsageError(_none(path, str(error))) from None


def _none(path: Path, why: str) -> str:
    """That a file is no report that can be joined. Those of ``verify`` are none, and pytest's."""
    return f"{path} is no report that `check --report NAME.json` has written: {why}"


def join(parts: Mapping[str, Part]) -> Part:
    """One of several, by the names of their files. Raises UsageError where they are not of one run."""
    reports = {name: part.report for name, part in parts.items()}
    (name, first), *others = reports.items()
    for other, report in others:
        for word, one, two in (
            ("version", first.version, report.version),
            ("contract", first.edition, report.edition),
            ("seed", first.seed, report.seed),
            ("notes", " ".join(first.notes) or "none", " ".join(report.notes) or "none"),
        ):
            if one != two:
                raise UsageError(f"{name} and {other} are not of one run: {word} {one} and {two}")
    clients: dict[str, list[ClientReport]] = {}
    for report in reports.values():
        for client in report.clients:
            clients.setdefault(client.name, []).append(client)
    hindrance = next((report.hindrance for report in reports.values() if report.hindrance), None)
    joined = tuple(map(_joined, clients.values()))
    commands = {key: command for part in parts.values() for key, command in part.commands.items()}
    return Part(
        Report(first.version, first.seed, joined, hindrance, notes=first.notes, edition=first.edition), commands
    )


def _joined(parts: Sequence[ClientReport]) -> ClientReport:
    found: dict[str, CheckResult] = {}
    for part in parts:
        for check in part.checks:
            known = found.get(check.info.id)
            if known is None or _weight(check) > _weight(known):
                found[check.info.id] = check
    recut = next((part for part in parts if part.boundaries != "exact"), parts[0])
    return ClientReport(recut.name, recut.boundaries, tuple(found[name] for name in CHECKS if name in found))


def _weight(check: CheckResult) -> int:
    """What opens a run is in each shard, and the worst that came of it is told."""
    return ("skipped", "passed", "informational", "errored", "failed").index(check.verdict)


def _client(data: Mapping[str, Any]) -> ClientReport:
    return ClientReport(data["name"], data["boundaries"], tuple(_check(check) for check in data["checks"]))


def _check(data: Mapping[str, Any]) -> CheckResult:
    name = data["id"]
    if name not in CHECKS:
        raise ValueError(f"no check is named {name}")
    if data["verdict"] not in get_args(Verdict):
        raise ValueError(f"no check comes to {data['verdict']!r}")
    written = data["counterexample"]
    return CheckResult(
        CHECKS[name].info,
        data["verdict"],
        data["examples"],
        None if written is None else _failure(written),
        data["reason"] if written is not None or data["outcome"] == "none" else data["diagnosis"],
        replay=data["replay"],
        duration=data["seconds"],
    )


def _failure(data: Mapping[str, Any]) -> Failure:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / SCENARIO).write_text(data["scenario"], encoding="utf-8")
        for name, text in data["texts"].items():
            (Path(folder) / Path(name).name).write_bytes(_unpacked(text).encode())
        _, case = load(Path(folder) / SCENARIO)
    return Failure(
        case=case,
        observation=Observation(**_read(data["observation"], Observation)),
        reads=tuple(_unpacked(read).encode("latin-1") for read in data["reads"]),
        **_read(data, Failure, but=_WRITTEN_BY_HAND),
    )


def _words(value: Any, but: frozenset[str] = frozenset()) -> dict[str, Any]:
    return {field.name: _packed(getattr(value, field.name)) for field in fields(value) if field.name not in but}


def _read(data: Mapping[str, Any], kind: type, but: frozenset[str] = frozenset()) -> dict[str, Any]:
    return {field.name: _unpacked(data[field.name]) for field in fields(kind) if field.name not in but}


def _packed(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONG:
        return {"zlib": base64.b64encode(zlib.compress(value.encode("utf-8", "surrogatepass"))).decode()}
    return list(map(_packed, value)) if isinstance(value, tuple) else value


def _unpacked(value: Any) -> Any:
    """Lists were tuples, but for those of a request, which is told and not compared."""
    if isinstance(value, dict) and value.keys() == {"zlib"}:
        return zlib.decompress(base64.b64decode(value["zlib"])).decode("utf-8", "surrogatepass")
    return tuple(map(_unpacked, value)) if isinstance(value, list) else value
