"""Mutants that get HTTP wrong, where nothing fails."""

from __future__ import annotations

import gzip
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import BadStatusLine, HTTPResponse
from typing import Any
from urllib.parse import urljoin, urlsplit

from mock_ares.client import AresError, Response
from tests.mutants.base import Right


class NeedsALength(Right):
    """Takes a response that says nothing of its body's length for one without a body."""

    def received(self, response: Any) -> Iterator[bytes]:
        return super().received(response) if response.chunked or response.length is not None else iter(())


class ReadsTheHeadOnce(Right):
    """Speaks HTTP by itself, and takes what the first read brings for the whole head."""

    def connect(self, url: str) -> Any:
        parts = urlsplit(url)
        return OneRead((str(parts.hostname), parts.port), self.timeout)

    def ask(self, connection: Any, url: str, token: str, message: str) -> HTTPResponse:
        body, path = self.asked(message), urlsplit(url).path
        fields = {**self.fields(token), "Host": urlsplit(url).netloc, "Content-Length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        connection.sendall(f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        response = self.response_class(connection, method="POST")
        response.begin()
        return response


class OneRead(socket.socket):
    """A connection whose first read is all that there is of the head."""

    def __init__(self, address: tuple[str, int | None], timeout: float | None) -> None:
        super().__init__()
        self.settimeout(timeout)
        super().connect(address)
        self.first = True

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        size = super().recv_into(buffer, nbytes, flags)
        if self.first and b"\r\n\r\n" not in bytes(buffer[:size]):
            raise AresError("this is no head")
        self.first = False
        return size


class ComparesNamesExactly(Right):
    """Looks for the content type as this fake writes its name."""

    def refuse(self, response: HTTPResponse) -> None:
        super().refuse(response)
        if not any(name == "content-type" for name, _ in response.getheaders()):
            raise AresError("no content type")


class FieldsAreUtf8(Right):
    """Decodes fields as UTF-8, those that it does not look at, too."""

    def refuse(self, response: HTTPResponse) -> None:
        for _, value in response.getheaders():
            value.encode("latin-1").decode()
        super().refuse(response)


class KnowsNoExtensions(Right):
    """Takes the whole line for the size of an HTTP chunk."""

    def size(self, line: bytes) -> int:
        return int(line, 16)


class NoSpaceInExtensions(Right):
    """Takes white space in a chunk extension for a mistake."""

    def size(self, line: bytes) -> int:
        if re.search(rb"[ \t]", line):
            raise AresError(f"an illegal size of an HTTP chunk: {line!r}")
        return super().size(line)


class KnowsNoTrailers(Right):
    """Takes the last chunk for the end, and a field behind it for garbage."""

    def trailers(self, stream: Any) -> None:
        if line := self.http_line(stream):
            raise AresError(f"more than a body: {line!r}")


class TrailersAreText(Right):
    """Takes what comes behind the last chunk for the last line of the reply."""

    def http_chunks(self, stream: Any) -> Iterator[bytes]:
        while size := self.size(self.http_line(stream)):
            yield from self.exactly(stream, size)
            self.http_line(stream)
        while line := self.http_line(stream):
            yield b"data: %b\n\n" % line


class DiesOnContinue(Right):
    """Takes a 100 that it has not asked for for a mistake."""

    class response_class(Response):  # noqa: N801
        def begin(self) -> None:
            if self.fp.peek(12)[:12].endswith(b" 100"):
                raise BadStatusLine("100")
            super().begin()


class EarlyHintsAreFinal(Right):
    """Takes 103 Early Hints for the response."""

    response_class = HTTPResponse


class NeverUnzips(Right):
    """Accepts gzip, and takes the compressed bytes for the text."""

    def unzipped(self, received: Iterator[bytes], response: HTTPResponse) -> Iterator[bytes]:
        return received


class UnzipsReadByRead(Right):
    """Takes each read for a gzip file of its own."""

    def unzipped(self, received: Iterator[bytes], response: HTTPResponse) -> Iterator[bytes]:
        return map(gzip.decompress, received) if response.headers.get("content-encoding") == "gzip" else received


class RedirectsAreEmpty(Right):
    """Takes a redirect for an answer with nothing in it."""

    def refuse(self, response: HTTPResponse) -> None:
        if not 300 <= response.status < 400:
            super().refuse(response)


class TakesTheTokenAlong(Right):
    """Follows redirects with the token, wherever they lead."""

    def stream_chat(self, url: str, token: str, message: str) -> Any:
        with closing(self.connect(url)) as connection, closing(self.ask(connection, url, token, message)) as response:
            location = response.headers.get("location")
            if response.status not in (307, 308) or location is None:
                yield from self.pieces(response)
                return
        yield from self.stream_chat(urljoin(url, location), token, message)
