"""HTTP/2 beside other servers, and TLS beside clear text: throughput, lateness, and what an open stream takes."""

from __future__ import annotations

import json
import ssl
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from hpack import Encoder

from mock_ares.plan.http.http2.frames import DATA, END_HEADERS, END_STREAM, HEADERS, PREFACE, SETTINGS, WINDOW_UPDATE
from tests.bench.figure import OURS, Result, Row
from tests.bench.memory import KIB, asked
from tests.bench.pacing import lateness, percentile
from tests.bench.places import CONTENDERS, RIVALS
from tests.bench.reader import Over, Stream, read
from tests.bench.servers import TEXT, Ask, Server, free_port, mock_ares, running, wait_for

ASK, PACED, OPEN = Ask(2000), Ask(200, 0.005), Ask(1000, 0.5)
SEQUENCE, CROWD, STREAMS = 10, 50, 500
MOST = 2**31 - 1
LAST = bytes((DATA, END_STREAM, 0, 0, 0, 1))
"""Of a frame's header, behind its length: the end of stream 1."""
TAIL = 128
"""Bytes in which that is looked for."""
CLEAR, TLS, BY_HTTP2 = OURS, "mock-ares over TLS", "mock-ares by HTTP/2"
Read = Callable[[Server, Ask, int], list[Stream]]


def measure(rounds: int) -> Result:
    with ExitStack() as stack:
        data = stack.enter_context(tempfile.TemporaryDirectory())
        asks = [ASK, PACED, OPEN]
        ours = stack.enter_context(mock_ares(asks))
        secure = stack.enter_context(mock_ares(asks, "--tls", XDG_DATA_HOME=data))
        rivals = {name: stack.enter_context(start()) for name, start in RIVALS_BY_NAME.items()}
        in_clear, over_tls = _by_http1(None), _by_http1(_trusting())
        by_http2: dict[str, tuple[Server, Read]] = {
            name: (server, _by_http2) for name, server in {OURS: ours, **rivals}.items()
        }
        by_http1: dict[str, tuple[Server, Read]] = {CLEAR: (ours, in_clear), TLS: (secure, over_tls)}
        rows = list[Row]()
        for what, contenders in (("by HTTP/2", by_http2), ("by HTTP/1.1", by_http1)):
            rows += _throughput(what, contenders, rounds)
        rows += _lateness({CLEAR: (ours, in_clear), TLS: (secure, over_tls), BY_HTTP2: (ours, _by_http2)}, rounds)
        rows += [_open(CLEAR, ours, None), _open(TLS, secure, _trusting())]
    result = Result("transports", "HTTP/2 and TLS", rows)
    result.notes.append("Hypercorn puts several events into a frame; the others have a frame for each.")
    for streams in (1, CROWD):
        for rival, least in (("Hypercorn", 3), ("Granian", 1.5)):
            _compare(result, _many("by HTTP/2", streams), OURS, rival, least)
        _compare(result, _many("by HTTP/1.1", streams), TLS, CLEAR, 0.6)
        late = _late(streams)
        clear = result.row(late, CLEAR)
        for name in (TLS, BY_HTTP2):
            row = result.row(late, name)
            row.goal, row.met = "as in clear text, or 1 ms more", row.median <= clear.median + 1
    row = result.row(_OPEN, TLS)
    row.goal, row.met = "40 KiB", row.median <= 40
    return result


def _compare(result: Result, measure: str, name: str, other: str, least: float) -> None:
    row = result.row(measure, other)
    row.goal = f"{name} at {least} of it"
    row.met = result.row(measure, name).ratio_to(row) >= least


# What is measured


def _many(what: str, streams: int) -> str:
    return f"{ASK.chunks} chunks {what}, {streams} stream{'s' * (streams > 1)} at once"


def _late(streams: int) -> str:
    return f"{PACED.chunks} events 5 ms apart, {streams} stream{'s' * (streams > 1)}: lateness p99"


_OPEN = f"each of {STREAMS} open paced streams"


def _throughput(what: str, contenders: dict[str, tuple[Server, Read]], rounds: int) -> Iterator[Row]:
    found = {(streams, name): list[float]() for streams in (1, CROWD) for name in contenders}
    for turn in range(rounds + 1):
        for name, (server, ask) in contenders.items():
            for streams, times in ((1, SEQUENCE), (CROWD, 1)):
                rate = statistics.median(_rate(ask(server, ASK, streams)) for _ in range(times))
                if turn:  # the first is a warm-up
                    found[streams, name].append(rate / 1000)
    for (streams, name), values in found.items():
        yield Row(_many(what, streams), name, "thousand chunks/s", values)


def _rate(streams: list[Stream]) -> float:
    """Chunks a second."""
    return len(streams) * ASK.chunks / (max(s.times[-1] for s in streams) - min(s.asked for s in streams))


def _lateness(contenders: dict[str, tuple[Server, Read]], rounds: int) -> Iterator[Row]:
    for streams in (1, CROWD):
        found = {name: list[float]() for name in contenders}
        for _ in range(rounds):
            for name, (server, ask) in contenders.items():
                late = [lateness(stream, server, PACED.every) for stream in ask(server, PACED, streams)]
                found[name].append(1000 * percentile([each for stream in late for each in stream.events], 0.99))
        for name, values in found.items():
            yield Row(_late(streams), name, "ms", values)


def _open(name: str, server: Server, tls: ssl.SSLContext | None) -> Row:
    with asked(server, OPEN, 20, tls):  # what is made once, is there
        time.sleep(1)
    before = server.memory()
    with asked(server, OPEN, STREAMS, tls):
        time.sleep(3)
        return Row(_OPEN, name, "KiB", [(server.memory() - before) / STREAMS / KIB])


# How it is asked for


def _by_http1(tls: ssl.SSLContext | None) -> Read:
    def ask(server: Server, ask: Ask, streams: int) -> list[Stream]:
        found = read(server.port, server.request(ask), streams, tls=tls)
        for stream in found:
            server.verify(stream, ask)
        return found

    return ask


def _by_http2(server: Server, ask: Ask, streams: int) -> list[Stream]:
    """On a connection each, with prior knowledge and as much room as there can be."""
    found = read(server.port, by_http2(server.request(ask)), streams, over=end_stream)
    for stream in found:
        assert data_of(stream.raw).count(server.unit) == ask.chunks
    return found


def by_http2(request: bytes) -> bytes:
    """The same request, on stream 1 of a new connection."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    method, path, _ = line.split()
    named = [(name, value.strip()) for name, _, value in (field.partition(":") for field in fields)]
    host = next(value for name, value in named if name == "host")
    pseudo = [(":method", method), (":path", path), (":scheme", "http"), (":authority", host)]
    block: bytes = Encoder().encode([*pseudo, *(field for field in named if field[0] != "host")])
    return b"".join(
        (
            PREFACE,
            _frame(SETTINGS, b"\0\4" + MOST.to_bytes(4, "big")),
            _frame(WINDOW_UPDATE, (MOST - 65_535).to_bytes(4, "big")),
            _frame(HEADERS, block, END_HEADERS, 1),
            _frame(DATA, body, END_STREAM, 1),
        )
    )


def _frame(kind: int, payload: bytes, flags: int = 0, stream: int = 0) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def end_stream() -> Over:
    """By HTTP/2, of the one stream of a connection. Only what came last is looked at, for the reader's time is in every
    figure: a last event may be in the frame that ends the stream, and the connection may have a word to say behind it.
    """
    tail = b""

    def over(data: bytes) -> bool:
        nonlocal tail
        tail = data[-TAIL:] if len(data) >= TAIL else (tail + data)[-TAIL:]
        at = tail.rfind(LAST)
        return at >= 3 and at + len(LAST) + int.from_bytes(tail[at - 3 : at], "big") <= len(tail)

    return over


def data_of(raw: bytes) -> bytes:
    """What the DATA frames hold, none of which is padded."""
    parts, at = list[bytes](), 0
    while at < len(raw):
        end = at + 9 + int.from_bytes(raw[at : at + 3], "big")
        if raw[at + 3] == DATA:
            parts.append(raw[at + 9 : end])
        at = end
    return b"".join(parts)


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


# The others


@contextmanager
def _command(*words: str) -> Iterator[Server]:
    port = free_port()
    command = [str(RIVALS / words[0]), *(word.format(port=port) for word in words[1:]), "asgi:app"]
    with running(["sh", "-c", 'echo "$0"; cd "$1"; shift; exec "$@"', str(port), str(CONTENDERS), *command], int) as (
        _,
        pid,
    ):
        wait_for(port)
        yield Server(port, pid, _request, TEXT.encode())


def _request(ask: Ask) -> bytes:
    body = json.dumps({"chunks": ask.chunks, "every": ask.every}).encode()
    head = f"POST /api/chat/stream HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


RIVALS_BY_NAME = {
    "Hypercorn": partial(_command, "hypercorn", "--bind", "127.0.0.1:{port}", "--worker-class", "uvloop"),
    "Granian": partial(_command, "granian", "--interface", "asgi", "--http", "2", "--port", "{port}"),
}
