"""A right ARES client on httpx."""

import asyncio
import codecs
import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import httpx

TIMEOUT = httpx.Timeout(30, read=120)  # seconds; read is the longest silence between two bytes, 5 by default
# In clear text it has to be known that a server speaks HTTP/2. It takes httpx[http2].
HTTP = {"http1": False, "http2": True} if os.environ.get("ARES_HTTP_VERSION") == "2" else {}
TLS = httpx.create_ssl_context()  # once: reading the certificates takes longer than most requests
LINE_END = re.compile(r"\r\n|\r|\n")


class AnswerError(Exception):
    """The server answered, but not with an event stream."""


class EventStream:
    """WHATWG HTML, 9.2.5 and 9.2.6: bytes as they come in, the data of each finished event out."""

    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")("replace")  # one BOM is dropped, half characters wait
        self._unfinished_line: list[str] = []
        self._after_cr = False
        self._data: list[str] = []

    def feed(self, received: bytes) -> Iterator[str]:
        for line in self._lines(self._utf8.decode(received)):
            field, _, value = line.partition(":")
            if not line and self._data:
                yield "\n".join(self._data)
                self._data = []
            elif field == "data":
                self._data.append(value.removeprefix(" "))

    def _lines(self, text: str) -> Iterator[str]:
        if not text:
            return
        rest_of_crlf = self._after_cr and text[0] == "\n"
        self._after_cr = text[-1] == "\r"
        *ends, unfinished = LINE_END.split(text[rest_of_crlf:])
        for end in ends:
            yield "".join([*self._unfinished_line, end])
            self._unfinished_line.clear()
        if unfinished:
            self._unfinished_line.append(unfinished)


async def stream_chat(url: str, token: str, message: str, path: str = "/api/chat/stream") -> AsyncIterator[str]:
    """Yield the text piece by piece. ``url`` is the server's origin.

    Raises AnswerError where the status or the type is wrong, httpx.HTTPError where the connection fails or the body
    ends too soon. Pieces already given are then the start of the answer.
    """
    headers = {
        "Accept": "text/event-stream",
        "Accept-Encoding": "identity",  # httpx takes a gzip body that was cut off for a whole one
        "Authorization": f"Bearer {token}",
    }
    async with (
        httpx.AsyncClient(timeout=TIMEOUT, verify=TLS, **HTTP) as http,
        http.stream("POST", url + path, headers=headers, json={"message": message}) as response,
    ):
        await refuse_all_but_events(response)
        events = EventStream()
        # aiter_lines cuts at U+2028 and seven more characters that end no line of an event stream.
        async for received in response.aiter_bytes():
            for piece in events.feed(received):
                yield piece


async def refuse_all_but_events(response: httpx.Response) -> None:
    if response.status_code != 200:  # a redirect too: httpx follows none unless asked
        excerpt = b""
        with suppress(httpx.HTTPError):  # the status says enough
            excerpt = await anext(response.aiter_bytes(300), b"")
        raise AnswerError(f"HTTP {response.status_code}: {excerpt.decode(errors='replace')}")
    media_type = response.headers.get("content-type", "none").split(";")[0].strip()
    if media_type.lower() != "text/event-stream":
        raise AnswerError(f"content type {media_type}, expected text/event-stream")


async def main() -> int:
    env = os.environ
    try:
        pieces = stream_chat(env["ARES_URL"], env["ARES_TOKEN"], env["ARES_MESSAGE"], env["ARES_PATH"])
        async for piece in pieces:
            sys.stdout.buffer.write(piece.encode())
            sys.stdout.buffer.flush()
    except (AnswerError, httpx.HTTPError) as failure:
        sys.stderr.write(f"{type(failure).__name__}: {failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
