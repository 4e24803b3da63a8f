"""A plan as text: what will be sent, when, and where the client's reads end, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate

from mock_ares.expectation import expect
from mock_ares.plan.http.head import render_head
from mock_ares.plan.http.http2.described import Shown, fields_of
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated, carried
from mock_ares.plan.model import Headers, Script, StreamPlan, TlsBreak
from mock_ares.scenario.diagnostics import counted

WIDTH = 16
INDENT = " " * 15
READ = INDENT + "- - - - the client has read all this - - - -"
READ_ENDS = INDENT + "- - - - a read ends here - - - -"


def timeline(
    plan: StreamPlan,
    negotiated: Negotiated = Negotiated(),
    *,
    script: Script | None = None,
    extra: Headers = (),
    most: int | None = 40,
    tls: bool = False,
) -> Iterator[str]:
    """Lines: a summary, then each write with its moment, its bytes in hexadecimal, and the promised read ends.

    ``tls``: it goes over TLS, where a record ends with each of these reads. ``script``: the plan's, if it is there
    already. ``extra``: fields that the server adds to the head. Of more than ``most`` writes the middle is left out,
    and said; None shows all. Every line is printable: bytes are shown as ASCII or a dot, text with its escapes.
    """
    script = script or lay_out(plan, negotiated)
    yield from _summary(plan, script, negotiated)
    yield ""
    if script.head is not None:
        yield from _head(script, extra, _read_ends(tls))
    if script.before_fault == 0:
        yield READ
    yield from _writes(script, _Chunks(plan), most, _read_ends(tls), negotiated.version)
    yield from _held(script, len(script.writes))
    notified = ", behind close_notify" if tls and _says_farewell(script) else ""
    yield f"{_moment(_end(script))}  {ENDINGS[script.ending.kind](script)}{notified}"


def _read_ends(tls: bool) -> str:
    return READ_ENDS.replace("a read ends here", "a read ends here, and a TLS record") if tls else READ_ENDS


def _says_farewell(script: Script) -> bool:
    """Whether the connection ends, and says so first (close_notify)."""
    ending = script.ending
    return (ending.kind == "close" and ending.notify) or (ending.kind == "complete" and not script.keep_alive)


TLS_ENDS: dict[TlsBreak, str] = {
    "no-close-notify": "without close_notify",
    "inside-record": "inside a TLS record",
    "alert": "behind a fatal TLS alert",
    "bad-record": "behind a TLS record that cannot be decrypted",
}
ENDINGS: dict[str, Callable[[Script], str]] = {
    "complete": lambda s: f"complete; the connection {'stays open' if s.keep_alive else 'is closed'}",
    "close": lambda s: "the connection is closed (FIN)" + (f", {TLS_ENDS[s.ending.tls]}" if s.ending.tls else ""),
    "reset": lambda s: "the connection is reset (RST)",
    "reset-stream": lambda s: "the stream is reset; the connection stays open",
    "hang": lambda s: "silence until the client leaves" + _heartbeat(s.ending.heartbeat),
}


def _held(script: Script, before: int) -> Iterator[str]:
    """The pauses behind so many writes that end when somebody says so."""
    for hold in script.holds:
        if hold.place == before:
            yield f"{_moment(hold.at)}  silence until released{_heartbeat(hold.heartbeat)}; moments go on from here"


def _heartbeat(heartbeat: tuple[float, bytes] | None) -> str:
    if heartbeat is None:
        return ""
    interval, data = heartbeat
    return f", but for {counted(len(data), 'byte')} every {interval:g} s: {_ascii(data)}"


def _end(script: Script) -> float:
    last = script.writes[-1].at if script.writes else script.head.at if script.head else 0.0
    return max(last, script.ending.at or 0.0)


def _summary(plan: StreamPlan, script: Script, negotiated: Negotiated) -> Iterator[str]:
    body = carried(plan, negotiated).body
    how = f"{body.framing}, gzip ({body.gzip})" if body.gzip else body.framing
    yield f"dialect {plan.dialect}, body {how}, seed {plan.seed}" if plan.head else "no response"
    chunks = f"{counted(len(plan.chunks), 'chunk')} of text, " if plan.chunks else ""
    wire = f"{counted(script.size, 'byte')} on the wire{' behind the head' * (script.head is not None)}"
    sent = f"{plan.ending.stop} of " if plan.ending.stop is not None else ""
    yield f"{chunks}{sent}{counted(plan.size, 'byte')} of payload, {wire}, {counted(len(script.writes), 'write')}"
    if plan.marks:
        yield f"faults: {', '.join(plan.marks)}"
    expected = expect(plan, gzip=negotiated.gzip, version=negotiated.version)
    yield f"a correct client: {expected.outcome}, as {expected.why}"
    if expected.text:
        shown = expected.text if len(expected.text) <= 200 else f"{expected.text[:197]}..."
        yield f"text: {shown!r}"


def _head(script: Script, extra: Headers, read_ends: str) -> Iterator[str]:
    """The interim responses and the head, a line each as they stand on the wire."""
    assert script.head is not None
    rendered = render_head(script.head, extra)
    if script.head.version == "2":
        yield f"{_moment(script.head.at)}  head, {len(rendered)} bytes: {', '.join(Shown().of(rendered))}"
        yield from (f"{INDENT}{line}" for line in fields_of(script.head, extra))
        if script.head_boundary:
            yield read_ends
        return
    *interim, head = rendered.split(b"\r\n\r\n")[:-1]
    for part in (*interim, head):
        yield f"{_moment(script.head.at)}  {'head' if part is head else 'interim response'}, {len(part) + 4} bytes"
        yield from (f"{INDENT}{_ascii(line)}" for line in part.split(b"\r\n"))
    if script.head_boundary:
        yield read_ends


class _Chunks:
    """Which chunks of the text begin where in the payload."""

    def __init__(self, plan: StreamPlan) -> None:
        starts = accumulate((len(piece.data) for piece in plan.pieces), initial=0)
        known = dict[int, int]()
        for piece, start in zip(plan.pieces, starts, strict=False):
            if piece.chunk is not None:
                known.setdefault(piece.chunk, start)
        self._starts = list(known.items())
        self._next = 0

    def until(self, offset: int) -> str:
        """The chunks that begin before this offset and behind the one of the last call, in words."""
        first = self._next
        while self._next < len(self._starts) and self._starts[self._next][1] < offset:
            self._next += 1
        begun = [index + 1 for index, _ in self._starts[first : self._next]]
        if not begun:
            return ""
        return f"; chunk {begun[0]} begins" if len(begun) == 1 else f"; chunks {begun[0]} to {begun[-1]} begin"


def _writes(script: Script, chunks: _Chunks, most: int | None, read_ends: str, version: str) -> Iterator[str]:
    writes = script.writes
    frames = Shown() if version == "2" else None
    half = len(writes) if most is None or len(writes) <= most else most // 2
    for index, write in enumerate(writes):
        yield from _held(script, index)
        named = "" if frames is None else f": {', '.join(frames.of(write.data))}"
        begun = chunks.until(write.upto)
        if half <= index < len(writes) - half:
            if index == half:
                yield f"{INDENT}... {counted(len(writes) - 2 * half, 'write')} left out; --all shows them"
            continue
        yield f"{_moment(write.at)}  write {index + 1}, {counted(len(write.data), 'byte')}{named}{begun}"
        yield from _hex_lines(write.data, most is None)
        if index + 1 == script.before_fault:
            yield READ
        elif write.boundary:
            yield read_ends


def _hex_lines(data: bytes, everything: bool) -> Iterator[str]:
    rows = range(0, len(data), WIDTH)
    for row, start in enumerate(rows):
        if not everything and len(rows) > 12 and 4 <= row < len(rows) - 4:
            if row == 4:
                yield f"{INDENT}... {len(rows) - 8} lines left out"
            continue
        part = data[start : start + WIDTH]
        yield f"         {start:06x}  {part.hex(' '):<{WIDTH * 3}} |{_ascii(part)}|"


def _ascii(data: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)


def _moment(seconds: float) -> str:
    return f"{seconds * 1000:9.1f} ms"
