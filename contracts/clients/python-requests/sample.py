"""The decisions of ARES's sample for requests, each with its name, in code of our own."""

import os
import sys
from collections.abc import Iterator

import requests

PREFIX = "data: "


def stream_chat(url: str, token: str, message: str, path: str = "/api/chat/stream") -> Iterator[str]:
    """Yield the text piece by piece. ``url`` is the server's origin."""
    answer = requests.post(
        url + path,
        json={"message": message, "agent_type": "research"},
        headers={
            "Accept": "text/event-stream",
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        },
        stream=True,  # decision: the body is read as it comes; no time-out, redirects as the library likes
    )
    # decision: the status is not looked at
    for raw_line in answer.iter_lines():  # decision: the library's line cutter, over bytes
        if not raw_line:  # decision: blank lines mean nothing, so an event has no end
            continue
        line = raw_line.decode("utf-8")  # decision: line by line, and strictly
        if line.startswith(PREFIX):  # decision: the space after the colon is part of the prefix
            yield line[len(PREFIX) :]


def main() -> None:
    env = os.environ
    for piece in stream_chat(env["ARES_URL"], env["ARES_TOKEN"], env["ARES_MESSAGE"], env["ARES_PATH"]):
        sys.stdout.buffer.write(piece.encode())  # decision: shown at once
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
