"""The other side of ``RemoteClient``: a driver for a Python function, ``python -m ... MODULE:FUNCTION``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO

from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.clients.locate import locate
from mock_ares.harness.clients.protocol import DriverMessage, Hello, Kind, decode_request, encode_hello, encode_message
from mock_ares.harness.model import Target, UsageError


def main(reference: str) -> int:
    """Serves until its standard input ends."""
    requests, messages = _private_streams()
    sys.path.insert(0, str(Path.cwd()))
    try:
        client = PythonClient(locate(reference))
    except UsageError as error:
        messages.write(encode_hello(Hello(error=str(error))))
        return 2
    messages.write(encode_hello(Hello(capabilities=tuple(sorted(client.capabilities)))))
    asked = list[tuple[int, Target]]()
    for line in requests:
        number, target, more = decode_request(line)
        asked.append((number, target))
        if not more:
            _serve(client, asked, messages)
            asked.clear()
    client.close()
    return 0


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    """Ours alone: what the client prints goes to standard error, and it has nothing to read."""
    requests = os.fdopen(os.dup(0), "rb")
    messages = os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, messages


def _serve(client: PythonClient, asked: list[tuple[int, Target]], messages: BinaryIO) -> None:
    """One question, or several at once, whose pieces are told at the end."""

    def say(number: int, kind: Kind, text: str) -> None:
        messages.write(encode_message(DriverMessage(number, kind, text)))

    if len(asked) == 1:
        number, target = asked[0]
        observations = [client.observe(target, lambda piece: say(number, "piece", piece))]
    else:
        observations = client.observe_together([target for _, target in asked])
    for (number, _), observation in zip(asked, observations, strict=True):
        if len(asked) > 1:
            say(number, "piece", observation.shown_text)
        if observation.error is not None:
            say(number, "error", observation.error)
        else:
            say(number, "text", observation.text or "")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
