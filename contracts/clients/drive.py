"""Any Python client of this folder under the driver protocol: python drive.py python-httpx/fixed.py"""

import asyncio
import importlib.util
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from types import ModuleType
from typing import Any


def load(file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("driven", file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def say(**message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")  # ASCII, so that no character can end a line
    sys.stdout.flush()


def in_turn(pieces: AsyncIterator[str], runner: asyncio.Runner) -> Iterator[str]:
    """An asynchronous iterator as one that is not, closed when it is."""

    async def step() -> str | None:
        return await anext(pieces, None)

    try:
        while (piece := runner.run(step())) is not None:
            yield piece
    finally:
        runner.run(pieces.aclose())  # type: ignore[attr-defined]


def answer(client: Any, runner: asyncio.Runner, asked: dict[str, Any]) -> None:
    shown, wanted = "", asked.get("cancel_after")
    try:
        pieces = client.stream_chat(asked["url"], asked["token"], asked["message"], asked["path"])
        with closing(in_turn(pieces, runner) if hasattr(pieces, "__anext__") else pieces) as given:
            for piece in given:
                shown += piece
                say(id=asked["id"], piece=piece)
                if wanted is not None and len(shown) >= wanted:
                    break
    except Exception as error:
        say(id=asked["id"], error=f"{type(error).__name__}: {error}")
    else:
        say(id=asked["id"], text=shown)


def main(file: str) -> None:
    client = load(file)
    say(protocol=1)
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            answer(client, runner, json.loads(line))


if __name__ == "__main__":
    main(sys.argv[1])
