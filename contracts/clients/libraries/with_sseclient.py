"""sseclient-py over requests, used as its documentation has it. All but the call is the libraries'."""

from collections.abc import Iterator

import requests
import sseclient


def stream_chat(url: str, token: str, message: str, path: str = "/api/chat/stream") -> Iterator[str]:
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
    with requests.post(url + path, headers=headers, json={"message": message}, stream=True) as response:
        response.raise_for_status()
        for event in sseclient.SSEClient(response).events():
            yield event.data
