"""A plan as text: what will be sent, when, and where the client's reads end, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mock_ares.expectation import expect
from mock_ares.plan.head import render_head
from mock_ares.plan.layout import Peer, lay_out
from mock_ares.plan.model import Script, StreamPlan, Write

WIDTH = 16
READ_ENDS = "- - - - a read ends here - - - -"


def timeline(plan: StreamPlan, peer: Peer = Peer(), *, most: int | None = 40) -> Iterator[str]:
    """Lines: a summary, then each write with its moment, its bytes in hexadecimal, and the promised read ends.

    Of more than ``most`` writes the middle is left out, and said; None shows all.
    """
    script = lay_out(plan, peer)
    yield from _summary(plan, script, peer)
    yield ""
    if script.head is not None:
        head = render_head(script.head, ())
        yield f"{_moment(script.head.at)}  head, {len(head)} bytes"
        yield from (f"               {line}" for line in head.decode("latin-1").split("\r\n")[:-2])
        if script.head_boundary:
            yield f"               {READ_ENDS}"
    yield from _writes(script.writes, most)
    yield f"{_moment(_end(script))}  {ENDINGS[script.ending.kind](script)}"


ENDINGS: dict[str, Callable[[Script], str]] = {
    "complete": lambda s: (
        "complete; the connection stays open" if s.keep_alive else "complete; the connection is closed"
    ),
    "close": lambda s: "the connection is closed (FIN)",
    "reset": lambda s: "the connection is reset (RST)",
    "hang": lambda s: "silence until the client leaves",
}


def _end(script: Script) -> float:
    last = script.writes[-1].at if script.writes else script.head.at if script.head else 0.0
    return max(last, script.ending.at or 0.0)


def _summary(plan: StreamPlan, script: Script, peer: Peer) -> Iterator[str]:
    carried = plan.body.framing + (f", gzip ({plan.body.gzip})" if plan.body.gzip and peer.gzip else "")
    chunks = f"{len(plan.chunks)} chunk{'s' * (len(plan.chunks) != 1)} of text, " if plan.chunks else ""
    yield f"dialect {plan.dialect}, {carried}, seed {plan.seed}"
    sizes = f"{len(plan.payload)} bytes of payload, {script.size} bytes on the wire behind the head"
    yield f"{chunks}{sizes}, {len(script.writes)} writes"
    if plan.marks:
        yield f"faults: {', '.join(plan.marks)}"
    expected = expect(plan, gzip=peer.gzip)
    yield f"a correct client: {expected.outcome}, as {expected.why}"
    if expected.text:
        shown = expected.text if len(expected.text) <= 200 else f"{expected.text[:197]}..."
        yield f"text: {shown!r}"


def _writes(writes: tuple[Write, ...], most: int | None) -> Iterator[str]:
    for index, write in enumerate(writes, 1):
        if most is not None and len(writes) > most and most // 2 < index <= len(writes) - most // 2:
            if index == most // 2 + 1:
                yield f"               ... {len(writes) - most // 2 * 2} writes left out; --all shows them"
            continue
        yield f"{_moment(write.at)}  write {index}, {len(write.data)} byte{'s' * (len(write.data) != 1)}"
        yield from _hex_lines(write.data, most is None)
        if write.boundary:
            yield f"               {READ_ENDS}"


def _hex_lines(data: bytes, everything: bool) -> Iterator[str]:
    rows = range(0, len(data), WIDTH)
    for row, start in enumerate(rows):
        if not everything and len(rows) > 12 and 4 <= row < len(rows) - 4:
            if row == 4:
                yield f"               ... {len(rows) - 8} lines left out"
            continue
        part = data[start : start + WIDTH]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
        yield f"         {start:06x}  {part.hex(' '):<{WIDTH * 3}} |{text}|"


def _moment(seconds: float) -> str:
    return f"{seconds * 1000:9.1f} ms"
