"""Any Python client of this folder under the driver protocol: python drive.py python-httpx/fixed.py"""

import asyncio
import importlib.util
import json
import sys
from contextlib import aclosing, closing
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


class Shown:
    """What one example has shown, and whether its caller wants more."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.id, self.wanted = asked["id"], asked.get("cancel_after")
        self.pieces, self.count = list[str](), 0

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def show(self, piece: str) -> bool:
        self.pieces.append(piece)
        self.count += len(piece)
        say(id=self.id, piece=piece)
        return self.wanted is None or self.count < self.wanted


async def answer(client: Any, asked: dict[str, Any]) -> None:
    shown = Shown(asked)
    try:
        pieces = client.stream_chat(asked["url"], asked["token"], asked["message"], asked["path"])
        if hasattr(pieces, "__anext__"):
            async with aclosing(pieces):
                async for piece in pieces:
                    if not shown.show(piece):
                        break
        else:
            with closing(pieces):
                all(map(shown.show, pieces))
    except Exception as error:
        say(id=shown.id, error=f"{type(error).__name__}: {error}")
    else:
        say(id=shown.id, text=shown.text)


def main(file: str) -> None:
    client = load(file)
    say(protocol=1)
    with asyncio.Runner() as runner:
        for line in sys.stdin:
            runner.run(answer(client, json.loads(line)))


if __name__ == "__main__":
    main(sys.argv[1])
