"""A right ARES client on requests (with urllib3 2.2 or newer, for ``read1``)."""

import codecs
import os
import re
import ssl
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import requests
import urllib3

CONNECT_SECONDS = 30
SILENCE_SECONDS = 120
LINE_END = re.compile(r"\r\n|\r|\n")


class AnswerError(Exception):
    """The server answered, but not with an event stream."""


class Bearer(requests.auth.AuthBase):
    """Given as ``auth``, since a bare Authorization header yields to whatever ``~/.netrc`` says of the host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class StrictContext(ssl.SSLContext):
    """Python takes an end of the connection that TLS has not announced, and a reset, for the end of the body."""

    def wrap_socket(self, *args: Any, **more: Any) -> ssl.SSLSocket:
        return super().wrap_socket(*args, **{**more, "suppress_ragged_eofs": False})


class StrictTls(requests.adapters.HTTPAdapter):
    """What requests and the environment have about certificates holds."""

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more, ssl_context=StrictContext(ssl.PROTOCOL_TLS_CLIENT))


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


def stream_chat(url: str, token: str, message: str, path: str = "/api/chat/stream") -> Iterator[str]:
    """Yield the text piece by piece. ``url`` is the server's origin.

    Raises AnswerError where the status or the type is wrong, requests.RequestException or urllib3's HTTPError where
    the connection fails or the body ends too soon. Pieces already given are then the start of the answer.
    """
    with ExitStack() as stack:
        session = stack.enter_context(requests.Session())
        session.mount("https://", StrictTls())
        asked = session.post(
            url + path,
            json={"message": message},
            # identity: urllib3 takes a gzip body that was cut off for a whole one.
            headers={"Accept": "text/event-stream", "Accept-Encoding": "identity"},
            auth=Bearer(token),
            stream=True,
            timeout=(CONNECT_SECONDS, SILENCE_SECONDS),
            allow_redirects=False,  # the question is not for another server
        )
        response = stack.enter_context(asked)
        refuse_all_but_events(response)
        events = EventStream()
        # iter_lines cuts at a CR whose LF is still to come, and iter_content(None) waits for the end of a body that
        # is not chunked. read1 gives what is there.
        while received := response.raw.read1(65536, decode_content=True):
            yield from events.feed(received)


def refuse_all_but_events(response: requests.Response) -> None:
    if response.status_code != 200:
        excerpt = b""
        with suppress(urllib3.exceptions.HTTPError):  # the status says enough
            excerpt = response.raw.read1(300, decode_content=True)
        raise AnswerError(f"HTTP {response.status_code}: {excerpt.decode(errors='replace')}")
    media_type = response.headers.get("Content-Type", "none").split(";")[0].strip()
    if media_type.lower() != "text/event-stream":
        raise AnswerError(f"content type {media_type}, expected text/event-stream")


def main() -> int:
    env = os.environ
    try:
        for piece in stream_chat(env["ARES_URL"], env["ARES_TOKEN"], env["ARES_MESSAGE"], env["ARES_PATH"]):
            sys.stdout.buffer.write(piece.encode())
            sys.stdout.buffer.flush()
    except (AnswerError, requests.RequestException, urllib3.exceptions.HTTPError) as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
