"""The recorded exchanges of a real server, put to a fake byte by byte, and what no server could say twice taken out."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from mock_ares.paths import CONTRACTS

PATIENCE = 20
"""Seconds after which a test is taken to hang."""
PROBE = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
"""Tells whether a connection still serves."""


@dataclass(frozen=True, slots=True)
class Exchange:
    case: str
    request: bytes
    """Whole again where the recording has cut it."""
    response: bytes
    ending: str
    """open, FIN, or timeout: nothing more came for seconds."""

    @property
    def at(self) -> float | None:
        """The moment that its response says, in seconds since the epoch."""
        found = re.search(rb"\r\ndate: ([^\r]*)", self.response)
        return parsedate_to_datetime(found[1].decode()).timestamp() if found else None

    @property
    def place(self) -> tuple[float, int]:
        """In the order of the recording; of those of one second some say in their names that they come later."""
        words = ("dup", "new", "after", "logout", "del", "again")
        return self.at or 0.0, next((place for place, word in enumerate(words, 1) if self.case.endswith(word)), 0)


def recorded() -> list[Exchange]:
    lines = (CONTRACTS / "recordings" / "server.jsonl").read_text(encoding="utf-8").splitlines()
    return [_exchange(json.loads(line)) for line in lines]


def _exchange(record: dict[str, object]) -> Exchange:
    request, response = (str(record[name]).encode("latin-1") for name in ("request", "response"))
    if record.get("request_cut"):
        request = _whole(request, str(record["case"]))
    return Exchange(str(record["case"]), request, response, str(record["ending"]))


SIZES = {"b-long-header": 300_000, "b-long-path-60k": 60_000, "b-long-path": 70_000}
"""Of the long part of a head that was cut."""


def _whole(cut: bytes, case: str) -> bytes:
    """A request that was cut in the midst of one character over and over."""
    head, _, body = cut.partition(b"\r\n\r\n")
    if case in SIZES:
        rest = b"\r\n\r\n" if b"X-A:" in cut else b" HTTP/1.1\r\nHost: x\r\n\r\n"
        return cut.rstrip(cut[-1:]) + cut[-1:] * SIZES[case] + rest
    length = re.search(rb"(?i)content-length: (\d+)", head)
    if length is None:  # HTTP chunks, each of which is longer than the cut
        size, _, data = body.partition(b"\r\n")
        chunk = data + data[-1:] * (int(size, 16) - len(data))
        return head + b"\r\n\r\n" + (size + b"\r\n" + chunk + b"\r\n") * 40 + b"0\r\n\r\n"
    end = b'"}'
    return head + b"\r\n\r\n" + body + body[-1:] * (int(length[1]) - len(body) - len(end)) + end


# --- asking -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Replayed:
    response: bytes
    ending: str


def ask(address: tuple[str, int], exchange: Exchange, request: bytes) -> Replayed:
    """The same request, in the same parts, and what comes; the connection's state is found out by another request."""
    with socket.create_connection(address, PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = _Reader(connection, request[:5] == b"HEAD ")
        head, blank, body = request.partition(b"\r\n\r\n")
        if b"expect: 100-continue" in head.lower() and b" HTTP/1.1" in head:
            connection.sendall(head + blank)
            reader.response()
            if reader.data.startswith(b"HTTP/1.1 100"):
                connection.sendall(body)
                reader.response()
        else:
            if "halfclose" in exchange.case:  # in one packet: whoever has the request knows that nothing follows
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
                _send(connection, request)
                connection.shutdown(socket.SHUT_WR)
            else:
                _send(connection, request)
        if exchange.ending == "timeout":
            reader.until(max(1, len(exchange.response)))
            return Replayed(reader.data[: len(exchange.response)] or reader.data, "timeout")
        while len(responses(reader.data)) < max(1, len(responses(exchange.response))) and not (
            reader.ended or reader.late
        ):
            reader.response()
        said = reader.data
        if reader.late:
            return Replayed(said, "timeout")
        if exchange.ending == "FIN" or not said:
            reader.to_end()
            return Replayed(reader.data, "FIN" if reader.ended else "open")
        try:
            connection.sendall(PROBE)
            probed = reader.response()
        except (BrokenPipeError, ConnectionResetError):
            return Replayed(said, "FIN")
        return Replayed(said, "open" if probed else "FIN")


def _send(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):  # it is not read to its end, which is an answer, too
        return


class _Reader:
    def __init__(self, connection: socket.socket, bodiless: bool) -> None:
        self._connection = connection
        self._bodiless = bodiless
        self.data = b""
        self._taken = 0
        self.ended = self.late = False

    def response(self) -> bool:
        """Reads one more response; False where the connection ended before one did."""
        while not (length := _length(self.data[self._taken :], self._bodiless, self.ended)):
            if not self._more():
                return bool(length)
        self._taken += length
        return True

    def until(self, size: int) -> None:
        while len(self.data) < size and self._more():
            pass

    def to_end(self) -> None:
        while self._more():
            pass

    def _more(self) -> bool:
        try:
            part = self._connection.recv(65536)
        except ConnectionResetError:
            part = b""
        except TimeoutError:
            self.late = True
            return False
        self.data += part
        self.ended = self.ended or not part
        return bool(part)


def _length(data: bytes, bodiless: bool, ended: bool) -> int:
    """Bytes of the response that data begins with; 0: it has not ended."""
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank:
        return 0
    start, status = len(head) + 4, head[9:12]
    if bodiless or status in (b"100", b"204", b"304"):
        return start
    if found := re.search(rb"\r\ncontent-length: (\d+)", head):
        return start + int(found[1]) if len(body) >= int(found[1]) else 0
    if b"\r\ntransfer-encoding: chunked" in head:
        end = body.find(b"\r\n0\r\n\r\n")
        return 0 if end < 0 else start + end + 7
    return len(data) if ended else 0


def responses(data: bytes) -> list[bytes]:
    """The responses in what came, an interim one by itself."""
    return re.findall(rb"HTTP/1\.[01] \d{3}[^\r]*\r\n", data)


# --- what no server could say twice -----------------------------------------------------------------------------------

UUID = rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_NEVER_TWICE = (
    (rb"\r\ndate: [^\r]*", rb"\r\ndate: <date>"),
    (rb"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", b"<token>"),
    (rb'"prefix":"ares_[0-9a-f]{8}"', b'"prefix":"<key>"'),
    (UUID, b"<id>"),
    (rb"tenant 't1'", b"tenant '<id>'"),
    (rb'"id":"(ta1|k1)"', b'"id":"<id>"'),
    (rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)", rb"<time>\2"),
    (rb'"(duration_ms|latency_ms|timestamp)":\d+', rb'"\1":<number>'),
)


def plain(data: bytes) -> bytes:
    """With one word for whatever changes; a length that was right is that of what is then there."""
    return b"".join(_plain(part) for part in _parts(data))


def _parts(data: bytes) -> Iterator[bytes]:
    starts = [found.start() for found in re.finditer(rb"HTTP/1\.[01] \d{3}[^\r]*\r\n", data)] or [0]
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        yield data[start:end]


def _sorted(body: bytes) -> bytes:
    """Rows of one second stand in any order."""
    if not body.startswith(b'[{"id":') or b'"updated_at"' not in body:
        return body
    rows = sorted(json.loads(body), key=lambda row: (row["updated_at"], row["message_count"]), reverse=True)
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(response: bytes) -> bytes:
    head, blank, body = response.partition(b"\r\n\r\n")
    before, response = len(body), head + blank + _sorted(body)
    for pattern, word in _NEVER_TWICE:
        response = re.sub(pattern, word, response)
    head, blank, body = response.partition(b"\r\n\r\n")
    length = b"\r\ncontent-length: %d"
    return head.replace(length % before, length % len(body)) + blank + body
