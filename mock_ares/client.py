"""A right ARES client: use it, or read what it takes and copy it.

    for piece in stream_chat("http://127.0.0.1:3000/api/chat/stream", token, "How do neural networks learn?"):
        print(piece, end="", flush=True)

It needs nothing but the standard library, and passes the whole contract.
"""

import codecs
import json
import re
import ssl
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

READ_BYTES = 65536
LINE_END = re.compile(r"\r\n|\r|\n")


class AresError(Exception):
    """There is no reply, or not all of it. ``status`` and the start of its ``body``, where something else came."""

    def __init__(self, reason: str, status: int | None = None, body: str = "") -> None:
        super().__init__(reason)
        self.status, self.body = status, body


class Response(HTTPResponse):
    """http.client (Python 3.11) passes over 100 Continue, and takes any other interim response for the real one."""

    def begin(self) -> None:
        super().begin()
        while self.status < 200:  # RFC 9110 15.2
            self.headers = None  # type: ignore[assignment]  # there is a head to be read, that says
            super().begin()


class SecureConnection(HTTPSConnection):
    """Python takes an end of the connection that TLS has not announced, and a reset, for the end of the body."""

    def connect(self) -> None:
        HTTPConnection.connect(self)
        context = ssl.create_default_context()
        context.set_alpn_protocols(["http/1.1"])
        self.sock = context.wrap_socket(self.sock, server_hostname=self.host, suppress_ragged_eofs=False)


def stream_chat(url: str, token: str, message: str, *, timeout: float = 60.0, dialect: str = "text") -> Iterator[str]:
    """The reply, piece by piece as it comes. It is asked for with the first piece, once, and no redirect is followed.

    ``url`` is the endpoint's, ``timeout`` the longest silence in seconds, however long the reply takes, ``dialect``
    text, delta or typed. Raises AresError; the pieces given until then are the reply's beginning. Closing the iterator
    closes the connection.
    """
    try:
        with closing(connect(url, timeout)) as connection, closing(ask(connection, url, token, message)) as response:
            refuse_all_but_events(response)
            yield from text(events(lines(characters(body(response)))), dialect)
    except (OSError, HTTPException, ValueError, RecursionError, zlib.error) as error:
        raise AresError(f"{type(error).__name__}: {error}") from error


def connect(url: str, timeout: float) -> HTTPConnection:
    parts = urlsplit(url)
    connection = (SecureConnection if parts.scheme == "https" else HTTPConnection)(parts.netloc, timeout=timeout)
    connection.response_class = Response
    return connection


def ask(connection: HTTPConnection, url: str, token: str, message: str) -> HTTPResponse:
    fields = {"Accept": "text/event-stream", "Accept-Encoding": "gzip", "Content-Type": "application/json"}
    target = urlsplit(url)._replace(scheme="", netloc="", fragment="").geturl()
    request = json.dumps({"message": message}).encode()
    connection.request("POST", target, request, {**fields, "Authorization": f"Bearer {token}"})
    return connection.getresponse()


def refuse_all_but_events(response: HTTPResponse) -> None:
    """An error says so by its status, and a page of a proxy by its type. The type's case and charset mean nothing."""
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    if response.status == 200 and kind == "text/event-stream":
        return
    said = b""
    with suppress(OSError, HTTPException):  # the status says enough
        said = response.read1(READ_BYTES)
    reason = f"HTTP {response.status}, content type {kind or 'missing'}"
    raise AresError(reason, response.status, str(said, "utf-8", "replace"))


def body(response: HTTPResponse) -> Iterator[bytes]:
    """What there is, as soon as it is there. A body that ends too soon is an error (RFC 9112 8)."""
    received = iter(lambda: response.read1(READ_BYTES), b"")
    yield from unzipped(received) if response.headers.get("content-encoding", "").lower() == "gzip" else received
    if response.length:  # of Content-Length; http.client itself looks after HTTP chunks
        raise AresError(f"the connection was closed {response.length} bytes too soon")


def unzipped(received: Iterable[bytes]) -> Iterator[bytes]:
    unzip = zlib.decompressobj(wbits=31)
    yield from map(unzip.decompress, received)
    if not unzip.eof or unzip.unused_data:
        raise AresError("the gzip stream does not end with the body")


def characters(received: Iterable[bytes]) -> Iterator[str]:
    """One BOM is dropped, half characters wait for their rest, and what is no UTF-8 becomes U+FFFD."""
    return map(codecs.getincrementaldecoder("utf-8-sig")("replace").decode, received)


def lines(texts: Iterable[str]) -> Iterator[str]:
    """LF, CR and CRLF end a line, wherever reads end, and nothing else does (WHATWG HTML 9.2.5)."""
    unfinished, after_cr = list[str](), False
    for some in filter(None, texts):
        rest_of_crlf, after_cr = after_cr and some[0] == "\n", some[-1] == "\r"
        *ended, rest = LINE_END.split(some[rest_of_crlf:])
        for end in ended:
            yield "".join([*unfinished, end])
            unfinished.clear()
        unfinished.append(rest)


def events(cut: Iterable[str]) -> Iterator[str]:
    """The data of each event, which its blank line makes one (9.2.6). A type of its own makes it none of the text."""
    data, kind = list[str](), ""
    for line in cut:
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
        elif field == "event":
            kind = value.removeprefix(" ")
        elif not line:
            if data and kind in ("", "message"):
                yield "\n".join(data)
            data, kind = [], ""


def text(said: Iterable[str], dialect: str) -> Iterator[str]:
    """What the events say. Where the dialect has an end record it ends the reply, whatever the connection does; a reply
    without it is not whole.
    """
    for data in said:
        if dialect == "text":
            yield data
            continue
        match record := json.loads(data):
            case {"event": "error", "error": reason}:
                raise AresError(f"the server says: {reason}")
            case {"delta": str(piece)} | {"event": "token", "content": str(piece)}:
                yield piece
        match record:
            case {"finish_reason": "stop"} | {"event": "done"}:
                return
    if dialect != "text":
        raise AresError("the reply lacks its end record")
