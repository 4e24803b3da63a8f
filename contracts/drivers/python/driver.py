"""A driver for a Python client: mock-ares check --driver -- python driver.py"""

import json
import sys
from contextlib import closing

from mock_ares.client import AresError, stream_chat  # your client in its place


def say(**message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")  # ASCII, so that no character can end a line
    sys.stdout.flush()


def answer(asked: dict) -> None:
    shown, wanted = "", asked.get("cancel_after")
    try:
        with closing(stream_chat(asked["url"] + asked["path"], asked["token"], asked["message"])) as pieces:
            for piece in pieces:
                shown += piece
                say(id=asked["id"], piece=piece)
                if wanted is not None and len(shown) >= wanted:
                    break
    except AresError as error:
        say(id=asked["id"], error=f"{error} {error.body}")
    else:
        say(id=asked["id"], text=shown)


say(protocol=1, name="python", capabilities=["incremental", "cancel", "gzip", "v1"])
for line in sys.stdin:
    answer(json.loads(line))
