"""How lines end and fields are written, where that is not as in most streams."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mock_ares.harness.verdict.mistakes.model import LINE_END, Mistakes, data_of, is_standard, reads_of
from mock_ares.plan.model import StreamPlan
from mock_ares.sse import decode

_NAMES: tuple[tuple[Callable[[str], str], str], ...] = (
    (str.lower, "field names are taken in any case: they are compared exactly"),
    (str.strip, "white space around a field name is ignored: names are compared exactly"),
    (lambda name: name.replace("\0", ""), "a NUL in a field name is ignored: names are compared exactly"),
    (
        lambda name: name.removeprefix("\ufeff"),
        "U+FEFF is removed at the start of any line: only the first is a mark",
    ),
    (lambda name: "data" if name.startswith("data") else name, "a field whose name begins with data is taken for it"),
    (lambda name: "data" if name.endswith("data") else name, "a field whose name ends in data is taken for it"),
)
"""What a field's name is taken for, and the sentence."""
_STAND_IN = "\x1a"
_KEPT_CR = "the CR at the end of a line is taken for text: lines are ended at LF only"
_ONLY_LF = "a CR alone ends no line for it: lines are ended at LF and CRLF only"


def of_spelling(plan: StreamPlan, sent: str) -> Mistakes:
    """How lines end and fields are written, where that is not as in most streams."""
    framing, payload = plan.framing, plan.payload.decode(errors="replace")
    if plan.head is not None and plan.head.interim:
        yield "", f"the interim response {plan.head.interim[0]} is taken for the response itself"
    if not is_standard(plan):
        return
    if not framing.space:
        spaced = _prefixed([payload], "data: ")
        yield spaced, "data lines without a space behind the colon are passed over: the space is optional"
    if framing.bom:
        without_first = "".join(event.data for event in decode(plan.payload)[1:])
        yield without_first, "the first event is lost: the byte order mark in front of its field name is not removed"
    if framing.newline != "lf":
        yield from _of_line_ends(plan, payload)
    lines = LINE_END.split(payload.removeprefix("\ufeff"))
    others = "\n".join(line if line.partition(":")[0] in ("data", "event") else "" for line in lines)
    yield data_of(others), "a line of another kind ends the event: only an empty one does"
    fields = [line.partition(":") for line in lines]
    for taken, cause in _NAMES:
        yield data_of("\n".join(f"{taken(name)}{colon}{value}" for name, colon, value in fields)), cause
    if framing.bare_empty:
        without_bare = "\n".join(line for line in lines if line != "data")
        yield data_of(without_bare), "a field name without a colon is passed over: it has an empty value"
    yield _until_empty(lines), "an empty line without data before it is taken for the end of the reply"


def _of_line_ends(plan: StreamPlan, payload: str) -> Mistakes:
    if payload.endswith("\r"):
        without_last = "".join(event.data for event in decode(plan.payload)[:-1])
        yield without_last, "the last event is lost: it ends in a CR that no LF follows"
    for texts in ([payload], [read.decode(errors="replace") for read in reads_of(plan)]):
        yield _prefixed(texts, "data:"), _KEPT_CR
        yield _prefixed(texts, "data:", "\r"), _ONLY_LF
    yield _with_cr(payload), _KEPT_CR
    yield _with_cr("\n".join(line.removesuffix("\r") for line in payload.split("\n"))), _ONLY_LF
    apart = "".join(LINE_END.sub("\n", read.decode(errors="replace")) for read in reads_of(plan))
    yield data_of(apart), "CR and LF in two reads are taken for two line ends"
    yield data_of(payload.replace("\r", "\n")), "CR LF is taken for two line ends"
    blocks = ("\n\n".join(filter(None, LINE_END.split(block))) for block in re.split("\r\r|\n\n|\r\n\r\n", payload))
    events = ("\n".join(event.data for event in decode(f"{block}\n\n".encode())) for block in blocks)
    yield "".join(events), "events are taken for one: the empty line between them is not seen where line ends are mixed"
    reads = _STAND_IN.join(read.decode(errors="replace") for read in reads_of(plan))
    for text in (payload, reads.replace(f"\r{_STAND_IN}\n", "\r\n")):
        merged = re.sub("\n\r|\r\n|\r", "\n", text).replace(_STAND_IN, "")
        yield data_of(merged), "LF CR is taken for one line end: it is two"


def _until_empty(lines: Sequence[str]) -> str:
    """The text up to the first empty line that ends no event."""
    kept, data = list[str](), False
    for line in lines:
        if not line and not data:
            break
        kept.append(line)
        data = bool(line) and (data or line.partition(":")[0] == "data")
    return data_of("\n".join([*kept, "", ""]))


def _with_cr(payload: str) -> str:
    """The text where a CR is a character like any other."""
    return data_of(payload.replace("\r", _STAND_IN)).replace(_STAND_IN, "\r")


def _prefixed(texts: list[str], prefix: str, dropped: str = "") -> str:
    """What a client makes of it that ends lines at LF only, and joins the data of lines that begin with the prefix."""
    lines = (line.removesuffix(dropped) for text in texts for line in text.split("\n"))
    return "".join(line.removeprefix(prefix).removeprefix(" ") for line in lines if line.startswith(prefix))
