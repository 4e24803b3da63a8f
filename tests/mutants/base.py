"""The right clients that mutants are made of: the reference taken apart, so that one part can be got wrong."""

from __future__ import annotations

import email.utils
import json
import re
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, ClassVar
from urllib.parse import urlsplit

from mock_ares import client
from mock_ares.client import AresError
from mock_ares.scenario.model import DialectName

TIMEOUT = 15.0
"""Seconds of silence; more than the ten that the contract asks a client to bear, by enough for a busy machine."""
FAILURES = (OSError, HTTPException, ValueError, zlib.error)


class Right:
    """A reply passes through stages, each a method: HTTP body, content coding, characters, lines, events, text."""

    dialect: ClassVar[DialectName] = "text"
    capabilities: ClassVar[tuple[str, ...]] = ("incremental", "cancel", "v1", f"timeout={TIMEOUT:g}")
    timeout: ClassVar[float | None] = TIMEOUT
    response_class: ClassVar[type[HTTPResponse]] = client.Response

    def stream_chat(self, url: str, token: str, message: str) -> Any:
        try:
            with (
                closing(self.connect(url)) as connection,
                closing(self.ask(connection, url, token, message)) as response,
            ):
                yield from self.pieces(response)
        except FAILURES as error:
            raise AresError(f"{type(error).__name__}: {error}") from error

    def pieces(self, response: HTTPResponse) -> Iterator[str]:
        self.refuse(response)
        yield from self.text(self.events(self.lines(self.characters(self.body(response), response))))

    # The request

    def connect(self, url: str) -> HTTPConnection:
        connection = client.connect(url, self.timeout)  # type: ignore[arg-type]  # None is what never gives up
        connection.response_class = self.response_class
        return connection

    def ask(self, connection: HTTPConnection, url: str, token: str, message: str) -> HTTPResponse:
        connection.request("POST", urlsplit(url).path, self.asked(message), self.fields(token))
        return connection.getresponse()

    def asked(self, message: str) -> bytes:
        return json.dumps({"message": message}).encode()

    def fields(self, token: str) -> dict[str, str]:
        fields = {"Accept": "text/event-stream", "Accept-Encoding": "gzip", "Content-Type": "application/json"}
        return {**fields, "Authorization": f"Bearer {token}"}

    # The response

    def refuse(self, response: HTTPResponse) -> None:
        client.refuse_all_but_events(response)

    def body(self, response: HTTPResponse) -> Iterator[bytes]:
        return self.unzipped(self.received(response), response)

    def received(self, response: Any) -> Iterator[bytes]:
        if response.chunked:
            yield from self.http_chunks(response.fp)
        elif response.length is not None:
            yield from self.exactly(response.fp, response.length)
        else:
            yield from iter(lambda: response.fp.read1(65536), b"")

    def http_chunks(self, stream: Any) -> Iterator[bytes]:
        while size := self.size(self.http_line(stream)):
            yield from self.exactly(stream, size)
            if self.http_line(stream):
                raise AresError("an HTTP chunk is longer than it says")
        self.trailers(stream)

    def http_line(self, stream: Any) -> bytes:
        line: bytes = stream.readline(65536)
        if not line.endswith(b"\n"):
            raise AresError("the connection was closed too soon")
        return line.rstrip(b"\r\n")

    def size(self, line: bytes) -> int:
        found = re.fullmatch(rb"([0-9A-Fa-f]+)[ \t]*(?:;.*)?", line)
        if not found:
            raise AresError(f"this is no size of an HTTP chunk: {line!r}")
        return int(found[1], 16)

    def trailers(self, stream: Any) -> None:
        while self.http_line(stream):
            continue

    def exactly(self, stream: Any, size: int) -> Iterator[bytes]:
        while size:
            piece = stream.read1(min(size, 65536))
            if not piece:
                raise AresError("the connection was closed too soon")
            size -= len(piece)
            yield piece

    def unzipped(self, received: Iterator[bytes], response: HTTPResponse) -> Iterator[bytes]:
        coding = response.headers.get("content-encoding", "").lower()
        return client.unzipped(received) if coding == "gzip" else received

    # The event stream

    def characters(self, received: Iterable[bytes], response: HTTPResponse) -> Iterator[str]:
        return client.characters(received)

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        return client.lines(texts)

    def events(self, lines: Iterable[str]) -> Iterator[str]:
        data: list[str] = []
        kind = ""
        for line in lines:
            name, value = self.field(line)
            if name == "data":
                data.append(self.unspaced(value))
            elif name == "event":
                kind = self.unspaced(value)
            elif not line:
                if data and self.counts(kind):
                    yield self.joined(data)
                data, kind = [], ""
        yield from self.rest(data)

    def field(self, line: str) -> tuple[str, str]:
        name, _, value = line.partition(":")
        return name, value

    def unspaced(self, value: str) -> str:
        return value.removeprefix(" ")

    def counts(self, kind: str) -> bool:
        return kind in ("", "message")

    def joined(self, data: list[str]) -> str:
        return "\n".join(data)

    def rest(self, data: list[str]) -> Iterable[str]:
        """What an event that lacks its blank line still gives."""
        return ()

    def text(self, events: Iterable[str]) -> Iterator[str]:
        return client.text(events, self.dialect)


class Typed(Right):
    """The same for the JSON of the real server."""

    dialect = "typed"


class Delta(Right):
    """The same for the JSON of the page on the key route."""

    dialect = "delta"


class Retrying(Right):
    """It asks again, up to twice, where that may help, and gives the last attempt's text alone, when it is whole."""

    capabilities = ("retry", "v1")

    def stream_chat(self, url: str, token: str, message: str) -> str:
        for _ in range(2):
            try:
                return "".join(self.attempt(url, token, message))
            except AresError as error:
                if not (pause := self.pause(error)):
                    raise
                time.sleep(pause)
        return "".join(self.attempt(url, token, message))

    def attempt(self, url: str, token: str, message: str) -> Iterator[str]:
        pieces: Iterator[str] = super().stream_chat(url, token, message)
        return pieces

    def pause(self, error: AresError) -> float | None:
        """Seconds until the next attempt; None: there is no point in one."""
        if isinstance(error.__cause__, TimeoutError) or error.status not in (None, 429, 503):
            return None
        return max(0.02, getattr(error, "retry_after", 0.0))

    def refuse(self, response: HTTPResponse) -> None:
        try:
            super().refuse(response)
        except AresError as error:
            error.retry_after = seconds(response.headers.get("retry-after"))  # type: ignore[attr-defined]  # for pause, above
            raise


def seconds(retry_after: str | None) -> float:
    """RFC 9110 10.2.3: seconds from now, or a date."""
    if retry_after is None:
        return 0.0
    if retry_after.isdigit():
        return float(retry_after)
    return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time() + 1.0)


def lines_by_lf(texts: Iterable[str]) -> Iterator[str]:
    """Lines that end in LF and in nothing else."""
    unfinished: list[str] = []
    for text in texts:
        *lines, rest = text.split("\n")
        for line in lines:
            yield "".join([*unfinished, line])
            unfinished.clear()
        unfinished.append(rest)
