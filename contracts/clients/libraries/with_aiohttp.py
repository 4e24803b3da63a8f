"""aiohttp, which leaves event streams to its user: its own line reader, as its users have it, and events done right."""

from collections.abc import AsyncIterator

import aiohttp


async def stream_chat(url: str, token: str, message: str, path: str = "/api/chat/stream") -> AsyncIterator[str]:
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        session.post(url + path, headers=headers, json={"message": message}) as response,
    ):
        data, first = list[str](), True
        async for raw_line in response.content:
            line = raw_line.decode("utf-8-sig" if first else "utf-8", "replace").rstrip("\r\n")
            first = False
            name, _, value = line.partition(":")
            if name == "data":
                data.append(value.removeprefix(" "))
            elif not line and data:
                yield "\n".join(data)
                data.clear()
