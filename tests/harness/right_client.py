"""A client that is right, on a bare socket, so that no HTTP library stands in its way."""

from __future__ import annotations

import codecs
import json
import re
import socket
import zlib
from collections.abc import Iterator
from io import BufferedIOBase
from urllib.parse import urlsplit

LINE_END = re.compile("\r\n|\r|\n")


class FailedError(Exception):
    """The reply is not what was asked for, or not all of it."""


def stream_chat(url: str, token: str, message: str) -> Iterator[str]:
    """The text, piece by piece."""
    yield from Lines(reads(url, token, message)).chunks()


def whole(url: str, token: str, message: str) -> str:
    return "".join(stream_chat(url, token, message))


def request(host: str, path: str, token: str, message: str) -> bytes:
    content = json.dumps({"message": message}).encode()
    fields = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        f"Authorization: Bearer {token}",
        "Accept: text/event-stream",
        "Accept-Encoding: gzip",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
    ]
    return "\r\n".join([*fields, "", ""]).encode() + content


def body(stream: BufferedIOBase) -> Iterator[bytes]:
    """What the body says, its codings undone."""
    status, fields = head(stream)
    while 100 <= status < 200:
        status, fields = head(stream)
    if status != 200:
        raise FailedError(f"status {status}")
    if fields.get("content-type", "").split(";")[0].strip().lower() != "text/event-stream":
        raise FailedError(f"content type {fields.get('content-type')}")
    if fields.get("transfer-encoding") == "chunked":
        data = chunked(stream)
    elif "content-length" in fields:
        data = sized(stream, int(fields["content-length"]))
    else:
        data = iter(lambda: stream.read1(65536), b"")
    return gunzipped(data) if fields.get("content-encoding") == "gzip" else data


def head(stream: BufferedIOBase) -> tuple[int, dict[str, str]]:
    lines = []
    while True:
        line = stream.readline(65536)
        if not line.endswith(b"\n"):
            raise FailedError("no response")
        if line == b"\r\n":
            break
        lines.append(line.decode("latin-1").rstrip("\r\n"))
    if not lines or not lines[0].startswith("HTTP/1."):
        raise FailedError("this is no HTTP")
    fields = (line.partition(":") for line in lines[1:])
    return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in fields}


def chunked(stream: BufferedIOBase) -> Iterator[bytes]:
    while True:
        size = re.match(rb"([0-9a-fA-F]+)[ \t]*(;.*)?\r\n\Z", stream.readline(65536))
        if size is None:
            raise FailedError("no chunk size")
        left = int(size[1], 16)
        if not left:
            break
        yield from sized(stream, left)
        if stream.read(2) != b"\r\n":
            raise FailedError("no end of a chunk")
    while (line := stream.readline(65536)) != b"\r\n":
        if not line.endswith(b"\n"):
            raise FailedError("no end of the trailers")


def sized(stream: BufferedIOBase, left: int) -> Iterator[bytes]:
    while left:
        data = stream.read1(min(left, 65536))
        if not data:
            raise FailedError(f"{left} bytes are missing")
        left -= len(data)
        yield data


def gunzipped(data: Iterator[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj(wbits=31)
    for part in data:
        yield inflate.decompress(part)
    if not inflate.eof:
        raise FailedError("the gzip stream has no end")


class Lines:
    """WHATWG HTML 9.2.5 and 9.2.6. The hooks are where a test makes it wrong."""

    def __init__(self, reads: Iterator[bytes]) -> None:
        self.reads = reads
        self.data: list[str] = []
        self.kind = ""

    def lines(self, flush: bool = False) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        held: list[str] = []
        first, after_cr = True, False
        for read in self.reads:
            text = decoder.decode(read)
            if first and text:
                text, first = text.removeprefix("\ufeff"), False
            if after_cr and text:
                text, after_cr = text.removeprefix("\n"), False
            if not text:
                continue
            after_cr = text.endswith("\r")
            *ends, rest = LINE_END.split(text)
            for end in ends:
                yield "".join((*held, end))
                held.clear()
            if rest:
                held.append(rest)
        if flush and held:
            yield "".join(held)

    def chunks(self) -> Iterator[str]:
        for line in self.lines():
            name, _, value = line.partition(":")
            if not line:
                if self.data and self.kind in ("", "message"):
                    yield "\n".join(self.data)
                self.data, self.kind = [], ""
            elif name == "data":
                self.data.append(value.removeprefix(" "))
            elif name == "event":
                self.kind = value.removeprefix(" ")


def reads(url: str, token: str, message: str) -> Iterator[bytes]:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.sendall(request(parts.netloc, parts.path, token, message))
        yield from body(connection.makefile("rb"))


def delta(url: str, token: str, message: str) -> Iterator[str]:
    for data in Lines(reads(url, token, message)).chunks():
        record = json.loads(data)
        if record["finish_reason"] == "stop":
            return
        yield record["delta"]
    raise FailedError("no stop")


def typed(url: str, token: str, message: str) -> Iterator[str]:
    for data in Lines(reads(url, token, message)).chunks():
        record = json.loads(data)
        if record["event"] == "token":
            yield record["content"]
        elif record["event"] == "error":
            raise FailedError(record["error"])
        elif record["event"] == "done":
            return
    raise FailedError("no done")


def lines(url: str, token: str, message: str) -> Iterator[str]:
    """The dialect without empty lines: each line is a chunk, the last one also without its end."""
    for line in Lines(reads(url, token, message)).lines(flush=True):
        name, _, value = line.partition(":")
        if name == "data":
            yield value.removeprefix(" ")
