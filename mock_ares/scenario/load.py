"""Scenario files to scenarios; every mistake with its file, line and column, all of them at once.

A file passes four gates: YAML, the model, the texts that it names, and a rehearsal of each stream. What is wrong in one
reply does not keep the others from being looked at.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Collection, Iterable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from mock_ares.scenario.mistakes import Finding, Mistake, ScenarioError, nearest
from mock_ares.scenario.model import Reply, Scenario, Text
from mock_ares.scenario.nodes import compose, mistake_at
from mock_ares.scenario.rehearsal import rehearse
from mock_ares.scenario.values import values

MOST_BYTES = 1_000_000
"""Of a scenario file; PyYAML takes seconds for it."""
MOST_TEXT = 64_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def load(path: Path, *, errors: Collection[str] | None = None) -> Scenario:
    """The scenario of a file. ``errors`` are the names that ``error:`` may have; None: any.

    Raises ScenarioError for what is wrong in it, OSError where it cannot be read.
    """
    data = _read(path, MOST_BYTES)
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
    root = compose(data, file)
    value, mistakes = values(root, file)
    scenario, found = _scenario(value, base, errors) if value is not None or not mistakes else (None, [])
    if scenario is not None:
        scenario = replace(scenario, name=scenario.name or name)
        found += _name_mistakes(scenario)
    mistakes += [mistake_at(root, file, place, message) for place, message in found]
    if mistakes or scenario is None:
        raise ScenarioError(sorted(set(mistakes)))
    return scenario


def load_all(paths: Iterable[Path], *, errors: Collection[str] | None = None) -> list[Scenario]:
    """The scenarios of files, and of folders with all below them. Raises ScenarioError with the mistakes of all."""
    found, mistakes, homes = list[Scenario](), list[Mistake](), dict[str, Path]()
    for path in _files(paths):
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
            found.append(scenario)
    if mistakes:
        raise ScenarioError(mistakes)
    return found


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.rglob("*") if file.suffix in (".yaml", ".yml") and file.is_file())
        else:
            yield path


def _read(path: Path, most: int) -> bytes:
    """At most a byte more than ``most``. Raises OSError; for a pipe or a device, too, which might never end."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is a folder" if path.is_dir() else "it is no ordinary file", str(path))
    with path.open("rb") as file:
        return file.read(most + 1)


def _scenario(value: Any, base: Path, errors: Collection[str] | None) -> tuple[Scenario | None, list[Finding]]:
    """The scenario of a value, and what is wrong in it."""
    from pydantic import ValidationError

    from mock_ares.scenario.findings import findings
    from mock_ares.scenario.schema import adapter

    value = long_form(value)
    try:
        scenario: Scenario = adapter().validate_python(value)
    except ValidationError as error:
        found = findings(error)
        return None, found + _of_sound_replies(value, base, errors, {place[1] for place, _ in found if len(place) > 1})
    replies, found = list[Reply](), list[Finding]()
    for index, reply in enumerate(scenario.replies):
        reply, wrong = _of_reply(reply, scenario.seed, base, errors)
        replies.append(reply)
        found += [(("replies", index, *place), message) for place, message in wrong]
    return replace(scenario, replies=tuple(replies)), found


def _of_sound_replies(value: Any, base: Path, errors: Collection[str] | None, broken: set[str | int]) -> list[Finding]:
    """What is wrong in the replies that the model accepts, where it does not accept the whole."""
    from pydantic import ValidationError

    from mock_ares.scenario.schema import reply_adapter

    found = list[Finding]()
    replies = value.get("replies") if isinstance(value, dict) else None
    for index, item in enumerate(replies if isinstance(replies, list) else []):
        if index in broken:
            continue
        try:
            reply = reply_adapter().validate_python(item)
        except ValidationError:
            continue  # told already
        _, wrong = _of_reply(reply, 0, base, errors)
        found += [(("replies", index, *place), message) for place, message in wrong]
    return found


def _of_reply(reply: Reply, seed: int, base: Path, errors: Collection[str] | None) -> tuple[Reply, list[Finding]]:
    """The reply with its text read in, and what is wrong in it."""
    if errors is not None and reply.error is not None and reply.error not in errors:
        return reply, [(("error",), f"no error is named {reply.error!r}{nearest(reply.error, errors)}")]
    try:
        reply = read_text(reply, base)
    except (OSError, ValueError) as error:
        return reply, [(("text", "file"), str(error))]
    return reply, rehearse(reply, seed)


def long_form(value: Any) -> Any:
    """A scenario whose only reply stands at the top, with the reply in a list of its own."""
    if not isinstance(value, dict) or "replies" in value:
        return value
    own = {field.name for field in fields(Scenario)}
    words = {field.name for field in fields(Reply)} - own
    if not words & value.keys():
        return value
    reply = {word: part for word, part in value.items() if word not in own}
    return {**{word: part for word, part in value.items() if word in own}, "replies": [reply]}


def _name_mistakes(scenario: Scenario) -> list[Finding]:
    # A request names a scenario in a header, so not every file's name will do.
    if not scenario.name or _NAME.fullmatch(scenario.name):
        return []
    what = f"{scenario.name!r} is no scenario's name: letters, digits and . _ - have to do"
    return [(("name",), f"{what}; without name: the file's own counts")]


def read_text(reply: Reply, base: Path) -> Reply:
    """The reply with ``text: {file: ...}`` read.

    Raises OSError, or ValueError for a file that lies outside ``base``, is too large, or is not UTF-8.
    """
    if not isinstance(reply.text, Text) or reply.text.file is None:
        return reply
    name = reply.text.file
    if "\0" in name or not (path := (base / name).resolve()).is_relative_to(base.resolve()):
        raise ValueError(f"the file {name!r} lies outside the folder of the scenario")
    try:
        data = _read(path, MOST_TEXT)
    except OSError as error:
        raise ValueError(f"the file {name!r} cannot be read: {error.strerror}") from None
    if len(data) > MOST_TEXT:
        raise ValueError(f"the file {name!r} has more than {MOST_TEXT} bytes")
    try:
        return replace(reply, text=data.decode())
    except UnicodeDecodeError as error:
        what = f"byte {error.start} is 0x{data[error.start]:02x}"
        raise ValueError(f"the file {name!r} is not UTF-8: {what}") from None
