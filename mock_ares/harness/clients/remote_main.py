"""The other side of ``RemoteClient``: a driver for a Python function, ``python -m ... MODULE:FUNCTION``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO

from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.clients.locate import locate
from mock_ares.harness.clients.protocol import DriverMessage, Hello, decode_request, encode_hello, encode_message
from mock_ares.harness.model import UsageError


def main(reference: str) -> int:
    """Serves until its standard input ends."""
    requests, messages = _private_streams()
    sys.path.insert(0, str(Path.cwd()))
    try:
        client = PythonClient(locate(reference))
    except UsageError as error:
        messages.write(encode_hello(Hello(error=str(error))))
        return 2
    messages.write(encode_hello(Hello()))
    for line in requests:
        _serve(client, line, messages)
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


def _serve(client: PythonClient, line: bytes, messages: BinaryIO) -> None:
    number, target = decode_request(line)
    observation = client.observe(
        target, lambda piece: messages.write(encode_message(DriverMessage(number, "piece", piece)))
    )
    if observation.error is not None:
        messages.write(encode_message(DriverMessage(number, "error", observation.error)))
    else:
        messages.write(encode_message(DriverMessage(number, "text", observation.text or "")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
