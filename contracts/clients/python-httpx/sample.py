"""The decisions of ARES's sample for httpx, each with its name, in code of our own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import httpx

PREFIX = "data: "


async def stream_chat(url: str, token: str, message: str, path: str = "/api/chat/stream") -> AsyncIterator[str]:
    """Yield the text piece by piece. ``url`` is the server's origin."""
    sent = {"message": message}  # decision: no agent type, the server chooses
    headers = {
        "Accept": "text/event-stream",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
    }
    # decision: the library's defaults, so five seconds without a byte are an error and redirects are not followed
    async with (
        httpx.AsyncClient() as http,
        http.stream("POST", url + path, headers=headers, json=sent) as answer,
    ):
        # decision: the status is not looked at
        async for line in answer.aiter_lines():  # decision: the library decodes and cuts, as str.splitlines does
            if line.startswith(PREFIX):  # decision: the space is part of the prefix, blank lines mean nothing
                yield line[len(PREFIX) :]


async def show_all() -> None:
    env = os.environ
    pieces = stream_chat(env["ARES_URL"], env["ARES_TOKEN"], env["ARES_MESSAGE"], env["ARES_PATH"])
    async for piece in pieces:
        sys.stdout.buffer.write(piece.encode())  # decision: shown at once
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    asyncio.run(show_all())
