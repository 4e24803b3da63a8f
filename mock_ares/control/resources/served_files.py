"""The served folder: listing, reading, checking and saving its files."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any

from mock_ares.control.context import Control
from mock_ares.control.messages import Ask, ControlAnswer, RefusedError, ok
from mock_ares.control.resources.scenarios import summary
from mock_ares.control.resources.tokens import base_of
from mock_ares.control.serializers import file_json, mistake_json
from mock_ares.scenario.diagnostics import ScenarioError, counted
from mock_ares.server.files.atomic_write import ChangedError, OutsideError
from mock_ares.server.files.scenario_files import Folder, read_scenario


def broken_json(control: Control) -> list[dict[str, Any]]:
    return [] if control.folder is None else [file_json(entry) for entry in control.folder.broken]


async def listed(ask: Ask) -> ControlAnswer:
    folder = ask.control.folder
    files = [] if folder is None else [file_json(entry) for entry in folder.entries.values()]
    title = None if folder is None else folder.title
    return ok({"folder": title, "editable": folder is not None, "files": sorted(files, key=lambda each: each["name"])})


def _folder(ask: Ask) -> Folder:
    if ask.control.folder is None:
        reason = "no folder is served, and the library that comes with mock-ares cannot be changed; "
        raise RefusedError(403, reason + "mock-ares init DIR makes a folder, mock-ares serve DIR serves it")
    return ask.control.folder


async def read(ask: Ask) -> ControlAnswer:
    try:
        entry = _folder(ask).entry(ask.path["name"])
    except OutsideError as error:
        raise RefusedError(404, str(error), where="name") from None
    return ok({**file_json(entry), "text": entry.text})


async def save(ask: Ask) -> ControlAnswer:
    folder, name = _folder(ask), ask.path["name"]
    body = await ask.body({"text": str, "tag": (str, type(None))})
    if "text" not in body:
        raise RefusedError(422, "expected text: what the file is to hold", where="text")
    control = ask.control
    async with control.saving:
        try:
            base, stem = folder.home_of(name, body["text"])
            scenario = await ask.run(ask.much_to_read, read_scenario, body["text"], name, base, stem)
            folder.check_name(name, scenario)
            new = await asyncio.to_thread(folder.save, name, body["text"], body.get("tag"))
        except OutsideError as error:
            raise RefusedError(403, str(error), where="name") from None
        except ChangedError as error:
            raise RefusedError(409, str(error), where="tag") from None
        except ScenarioError as error:
            raise RefusedError(422, _counted(error), where="text", mistakes=error.mistakes) from None
        except UnicodeEncodeError:
            raise RefusedError(422, "text: half a surrogate pair is no text", where="text") from None
        except OSError as error:
            raise RefusedError(409, f"{name} cannot be saved: {error.strerror or error}", where="name") from None
        assert control.reloader is not None
        await control.reloader.anew()
    entry = folder.entries.get(name)
    if entry is None:
        raise RefusedError(409, f"{name} was saved, and removed by somebody since", where="name")
    return ok(file_json(entry), 201 if new else 200)


def _counted(error: ScenarioError) -> str:
    count, first = counted(len(error.mistakes), "mistake"), error.mistakes[0]
    what = f"{count}, so nothing was saved; the first is at line {first.line}"
    return f"the text has {what}: {first.message}"


async def validate(ask: Ask) -> ControlAnswer:
    control = ask.control
    body = await ask.body({"text": str, "name": str})
    if "text" not in body:
        raise RefusedError(422, "expected text: a scenario file", where="text")
    folder, name = control.folder, body.get("name", "text.yaml")
    try:
        if folder is not None and "name" in body:
            base, stem = folder.home_of(name, body["text"])
        else:
            base, stem = base_of(control), name.rpartition("/")[2].rpartition(".")[0] or "text"
        scenario = await ask.run(ask.much_to_read, read_scenario, body["text"], name, base, stem)
        if folder is not None and "name" in body:
            folder.check_name(name, scenario)
    except OutsideError as error:
        raise RefusedError(422, str(error), where="name") from None
    except ScenarioError as error:
        return ok({"scenario": None, "mistakes": [mistake_json(mistake) for mistake in error.mistakes]})
    return ok({"scenario": summary(scenario, "text"), "mistakes": []})


async def schema(ask: Ask) -> ControlAnswer:
    return ControlAnswer(200, _schema(), "application/schema+json")


@cache
def _schema() -> bytes:
    from mock_ares.authoring.schema import published

    return published().encode()
