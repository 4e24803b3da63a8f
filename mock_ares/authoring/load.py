"""Scenario files to scenarios; every mistake with its file, line and column, all of them at once.

A file passes four gates: YAML, the model, the texts that it names, and a rehearsal of each stream. What is wrong in one
reply does not keep the others from being looked at.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from mock_ares.authoring.text_files import read_some, read_text
from mock_ares.paths import is_file, is_folder
from mock_ares.scenario.diagnostics import Finding, Mistake, ScenarioError, WordsError, cut, few, nearest
from mock_ares.scenario.model import Reply, Scenario

MOST_BYTES = 1_000_000
"""Of a scenario file; PyYAML takes seconds for it."""
PYTHON = {"python": True}
"""For values that come from no file."""
_OWN = frozenset(field.name for field in fields(Scenario))
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def load(path: Path, *, errors: Collection[str] | None = None) -> Scenario:
    """The scenario of a file. ``errors`` are the names that ``error:`` may have; None: any.

    Raises ScenarioError for what is wrong in it, OSError where it cannot be read.
    """
    data = read_some(path, MOST_BYTES)
    if len(data) > MOST_BYTES:
        message = f"the file has more than {MOST_BYTES} bytes; put long texts in files, as text: {{file: ...}}"
        raise ScenarioError([Mistake(str(path), 1, 1, message)])
    return loads(data, str(path), base=path.parent, name=path.stem, errors=errors)


def loads(
    data: bytes | str,
    file: str = "<text>",
    *,
    base: Path = Path(),
    name: str = "",
    errors: Collection[str] | None = None,
) -> Scenario:
    """The scenario of a YAML text; ``base`` is the folder that its file names are relative to. Raises ScenarioError."""
    scenario, mistakes = _composed(data, file, base, name, errors)
    if scenario is None or mistakes:
        _, mistakes = _composed(data, file, base, name, errors, exactly=True)
        raise ScenarioError(cut(mistakes))
    return scenario


def _composed(
    data: bytes | str, file: str, base: Path, name: str, errors: Collection[str] | None, *, exactly: bool = False
) -> tuple[Scenario | None, list[Mistake]]:
    from mock_ares.authoring.yaml.nodes import compose, mistake_at
    from mock_ares.authoring.yaml.values import values

    root = compose(data, file, exactly=exactly)
    value, mistakes = values(root, file)
    scenario, mistaken = _scenario(value, base, errors) if value is not None or not mistakes else (None, [])
    if scenario is not None:
        scenario = replace(scenario, name=scenario.name or name)
        mistaken += _name_mistakes(scenario)
    return scenario, mistakes + [mistake_at(root, file, place, message) for place, message in few(mistaken)]


def from_value(
    value: Any, *, base: Path = Path(), errors: Collection[str] | None = None, rehearsed: bool = True
) -> Scenario:
    """The scenario of a value with the words of a file, such as JSON brings; bare durations are seconds, as in Python.

    Raises WordsError with all mistakes.
    ``rehearsed`` False: it is a part, which nobody will play as it stands.
    """
    if not rehearsed:
        return _unrehearsed(value)
    scenario, mistaken = _scenario(value, base, errors, PYTHON)
    if scenario is not None:
        mistaken += _name_mistakes(scenario)
    if mistaken or scenario is None:
        raise WordsError(*dict.fromkeys(few(mistaken)))
    return scenario


def _unrehearsed(value: Any) -> Scenario:
    from pydantic import ValidationError

    from mock_ares.authoring.findings import findings
    from mock_ares.authoring.schema import adapter

    try:
        return adapter().validate_python(value, context=PYTHON)
    except ValidationError as error:
        raise WordsError(*dict.fromkeys(findings(error))) from None


def load_all(paths: Iterable[Path], *, errors: Collection[str] | None = None) -> list[Scenario]:
    """The scenarios of files, and of folders with all below them. Raises ScenarioError with the mistakes of all."""
    scenarios, mistakes, homes = list[Scenario](), list[Mistake](), dict[str, Path]()
    for path in files_of(paths):
        try:
            scenario = load(path, errors=errors)
        except ScenarioError as error:
            mistakes += error.mistakes
        except OSError as error:
            mistakes.append(Mistake(str(path), 1, 1, f"cannot be read: {error.strerror or error}"))
        else:
            first = homes.setdefault(scenario.name, path)
            if first is not path:
                message = f"a scenario named {scenario.name!r} is in {first} too; give one of them another name"
                mistakes.append(Mistake(str(path), 1, 1, message))
            scenarios.append(scenario)
    if mistakes:
        raise ScenarioError(mistakes)
    return scenarios


def files_of(paths: Iterable[Path]) -> Iterable[Path]:
    """Files as they are given, and those of folders in their order."""
    for path in paths:
        if is_folder(path):
            files = (file for file in path.rglob("*") if file.suffix in (".yaml", ".yml") and is_file(file))
            yield from sorted(files, key=lambda file: (file.parent, file.stem))
        else:
            yield path


def _scenario(
    value: Any, base: Path, errors: Collection[str] | None, context: dict[str, bool] | None = None
) -> tuple[Scenario | None, list[Finding]]:
    """The scenario of a value, and what is wrong in it."""
    from pydantic import ValidationError

    from mock_ares.authoring.findings import findings
    from mock_ares.authoring.schema import adapter

    short, value = _is_short(value), long_form(value)
    mistaken = few(_unknown_errors(value, errors))
    try:
        scenario: Scenario = adapter().validate_python(value, context=context)
    except ValidationError as error:
        wrong = findings(error, short=short)
        broken = {each["loc"][1] for each in error.errors(include_url=False) if len(each["loc"]) > 1}
        return None, mistaken + wrong + few(_of_sound_replies(value, base, broken, context))
    replies = list[Reply]()
    for index, reply in enumerate(scenario.replies):
        reply, wrong = _of_reply(index, reply, scenario.seed, base)
        replies.append(reply)
        mistaken += wrong
    return replace(scenario, replies=tuple(replies)), mistaken


def _of_sound_replies(
    value: Any, base: Path, broken: set[str | int], context: dict[str, bool] | None
) -> Iterator[Finding]:
    """What is wrong in the replies that the model accepts, where it does not accept the whole."""
    from pydantic import ValidationError

    from mock_ares.authoring.schema import adapter

    for index, item in enumerate(_raw_replies(value)):
        if index in broken:
            continue
        try:
            (reply,) = adapter().validate_python({"replies": [item]}, context=context).replies
        except ValidationError:
            continue  # told already
        yield from _of_reply(index, reply, 0, base)[1]


def _of_reply(index: int, reply: Reply, seed: int, base: Path) -> tuple[Reply, list[Finding]]:
    """The reply with its text read in, and what is wrong in it."""
    from mock_ares.authoring.dry_run import rehearse

    try:
        reply = read_text(reply, base)
    except (OSError, ValueError) as error:
        return reply, [(("replies", index, "text", "file"), str(error))]
    return reply, [(("replies", index, *place), message) for place, message in rehearse(reply, seed)]


def _unknown_errors(value: Any, errors: Collection[str] | None) -> Iterator[Finding]:
    for index, item in enumerate(_raw_replies(value) if errors is not None else []):
        name = item.get("error") if isinstance(item, dict) else None
        if errors is not None and isinstance(name, str) and name not in errors:
            yield ("replies", index, "error"), f"no error is named {name!r}{nearest(name, errors)}"


def _raw_replies(value: Any) -> list[Any]:
    replies = value.get("replies") if isinstance(value, dict) else None
    return replies if isinstance(replies, list) else []


def long_form(value: Any) -> Any:
    """A scenario whose only reply stands at the top, with the reply in a list of its own."""
    if not _is_short(value):
        return value
    reply = {word: part for word, part in value.items() if word not in _OWN}
    return {**{word: part for word, part in value.items() if word in _OWN}, "replies": [reply]}


def _is_short(value: Any) -> bool:
    return isinstance(value, dict) and "replies" not in value and bool(value.keys() - _OWN)


def _name_mistakes(scenario: Scenario) -> list[Finding]:
    # A request names a scenario in a header, so not every file's name will do.
    if not scenario.name or _NAME.fullmatch(scenario.name):
        return []
    what = f"{scenario.name!r} is no scenario's name: letters, digits and . _ - have to do"
    return [(("name",), f"{what}; without name: the file's own counts")]
