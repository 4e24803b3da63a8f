"""httpx-sse, used as its documentation has it. All but the call is the library's."""

from collections.abc import Iterator

import httpx
from httpx_sse import connect_sse


def stream_chat(url: str, token: str, message: str, path: str = "/api/chat/stream") -> Iterator[str]:
    with (
        httpx.Client() as http,
        connect_sse(
            http, "POST", url + path, headers={"Authorization": f"Bearer {token}"}, json={"message": message}
        ) as source,
    ):
        source.response.raise_for_status()
        for event in source.iter_sse():
            yield event.data
