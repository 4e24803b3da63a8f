"""The event stream decoder of the openai library, over httpx as the library itself does it."""

from collections.abc import Iterator

import httpx
from openai import DEFAULT_TIMEOUT
from openai._streaming import SSEDecoder  # the name has an underscore; there is no other way to it


def stream_chat(url: str, token: str, message: str, path: str = "/api/chat/stream") -> Iterator[str]:
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
    with (
        httpx.Client(timeout=DEFAULT_TIMEOUT) as http,
        http.stream("POST", url + path, headers=headers, json={"message": message}) as response,
    ):
        response.raise_for_status()
        for event in SSEDecoder().iter_bytes(response.iter_bytes()):
            yield event.data
