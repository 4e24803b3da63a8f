"""Why a text is wrong, guessed by doing what a wrong client would do.

If stripping every chunk of the text that was sent gives the text that was received, that may be what it does. Where
several mistakes would give the same, other examples tell them apart: see :mod:`evidence`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import accumulate, pairwise

from mock_ares.dialects import DIALECTS
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.segmentation import cuts
from mock_ares.scenario.fault import FAULTS
from mock_ares.sse import decode

VAGUE = "; the stream has …"
"""The end of a sentence that says what happened and not why: what the stream has comes there, or what it takes."""
MOST_AT_ONCE = 16_384
"""Bytes: of a stream that is longer no read can be expected to hold all."""
_SPLITLINES = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")

_Mistakes = Iterator[tuple[str, str]]
"""What comes of the text, and the sentence that says why."""


def causes(plan: StreamPlan, sent: str, received: str) -> tuple[str, ...]:
    """The sentences on what makes the one text out of the other, the likeliest first."""
    return tuple(dict.fromkeys(cause for wrong, cause in mistakes(plan, sent) if wrong == received))


def mistakes(plan: StreamPlan, sent: str) -> _Mistakes:
    """All of these mistakes that would show in this stream. A sentence may come with several texts."""
    of_text = (_of_lines, _of_chunks) if "\n" in sent else (_of_chunks, _of_lines)
    for guess in (_of_spelling, *of_text, _of_reads, _of_decoding, _of_any):
        yield from ((wrong, cause) for wrong, cause in guess(plan, sent) if wrong != sent)


def _is_standard(plan: StreamPlan) -> bool:
    return plan.dialect in DIALECTS and DIALECTS[plan.dialect].standard


def _of_spelling(plan: StreamPlan, sent: str) -> _Mistakes:
    """How lines end and fields are written, where that is not as in most streams."""
    framing, payload = plan.framing, plan.payload.decode(errors="replace")
    if plan.head is not None and plan.head.interim:
        yield "", f"the interim response {plan.head.interim[0]} is taken for the response itself"
    if not _is_standard(plan):
        return
    if not framing.space:
        spaced = _data_of([payload], "data: ")
        yield spaced, "data lines without a space behind the colon are passed over: the space is optional"
    if framing.bom:
        without_first = "".join(event.data for event in decode(plan.payload)[1:])
        yield without_first, "the first event is lost: the byte order mark in front of its field name is not removed"
    if framing.newline != "lf":
        yield from _of_line_ends(plan, payload)


_STAND_IN = "\x1a"
_ENDS = re.compile("\r\n|\r|\n")
_KEPT_CR = "the CR at the end of a line is taken for text: lines are ended at LF only"
_ONLY_LF = "a CR alone ends no line for it: lines are ended at LF and CRLF only"


def _of_line_ends(plan: StreamPlan, payload: str) -> _Mistakes:
    if payload.endswith("\r"):
        without_last = "".join(event.data for event in decode(plan.payload)[:-1])
        yield without_last, "the last event is lost: it ends in a CR that no LF follows"
    for texts in ([payload], [read.decode(errors="replace") for read in _pieces(plan)]):
        yield _data_of(texts, "data:"), _KEPT_CR
        yield _data_of(texts, "data:", "\r"), _ONLY_LF
    yield _with_cr(payload), _KEPT_CR
    yield _with_cr("\n".join(line.removesuffix("\r") for line in payload.split("\n"))), _ONLY_LF
    blocks = ("\n\n".join(filter(None, _ENDS.split(block))) for block in re.split("\r\r|\n\n|\r\n\r\n", payload))
    merged = ("\n".join(event.data for event in decode(f"{block}\n\n".encode())) for block in blocks)
    yield "".join(merged), "events are taken for one: the empty line between them is not seen where line ends are mixed"


def _with_cr(payload: str) -> str:
    """The text where a CR is a character like any other."""
    data = "".join(event.data for event in decode(payload.replace("\r", _STAND_IN).encode()))
    return data.replace(_STAND_IN, "\r")


def _data_of(texts: list[str], prefix: str, dropped: str = "") -> str:
    """What a client makes of it that ends lines at LF only, and joins the data of lines that begin with the prefix."""
    lines = (line.removesuffix(dropped) for text in texts for line in text.split("\n"))
    return "".join(line.removeprefix(prefix).removeprefix(" ") for line in lines if line.startswith(prefix))


def _pieces(plan: StreamPlan) -> list[bytes]:
    """The payload by its promised reads; empty where there are none, or too many to look at."""
    promised = cuts(plan) if plan.head is not None else None
    if not promised or len(promised) > 1000:
        return []
    return [plan.payload[a:b] for a, b in pairwise([0, *promised])]


def _of_chunks(plan: StreamPlan, sent: str) -> _Mistakes:
    chunks = plan.chunks
    yield "".join(c.strip() for c in chunks), "white space at the edges of chunks is lost: each is stripped"
    yield "".join(c.lstrip(" ") for c in chunks), "spaces at the start of chunks are lost: strip one behind the colon"
    yield "".join(c.lstrip() for c in chunks), "white space at the start of chunks is lost: each is stripped"
    yield "".join(c.rstrip() for c in chunks), "white space at the end of chunks is lost: each is stripped"
    yield "".join(c.removeprefix(" ") for c in chunks), "two spaces are stripped behind the colon, not one"
    yield "".join(f" {c}" for c in chunks), "the space behind the colon is taken for text"
    yield " ".join(chunks), "a space is put between chunks"
    yield " ".join(c for c in chunks if c.strip()), "a space is put between chunks"
    yield "\n".join(chunks), "a newline is put between chunks"
    yield f"{sent}\n", "a line end is put behind the text"
    yield "".join(f"{c}\n" for c in chunks), "a newline is put behind each chunk"
    yield sent + sent, "the text is there twice"
    for mark in ("[DONE]", ""):
        if mark in chunks:
            before = "".join(chunks[: chunks.index(mark)])
            yield before, f"the reply ends at the chunk {mark!r}: it is taken for an end record"
            yield "".join(c for c in chunks if c != mark), f"the chunk {mark!r} is left out: it is taken for a record"
    yield "".join(chunks[-1:]), "only the last chunk is kept"
    yield "".join(chunks[:1]), "only the first chunk is kept"


def _of_lines(plan: StreamPlan, sent: str) -> _Mistakes:
    joined = sent.replace("\n", ""), "newlines in the text are lost: data lines of one event are joined without them"
    if any("\n" in chunk.strip("\n") for chunk in plan.chunks):
        yield joined
    for stripped, where in ((str.lstrip, "start"), (str.rstrip, "end"), (str.strip, "edges")):
        without = "".join(stripped(chunk, "\n") for chunk in plan.chunks)
        yield without, f"newlines at the {where} of an event's text are lost: its empty data lines count for nothing"
    yield joined
    yield sent.replace("\n", " "), "newlines in the text become spaces"
    yield sent.replace("\0", ""), "the NUL is lost"
    yield sent.split("\0")[0], "the text ends at the NUL"
    firsts = "".join(c.split("\n")[0] for c in plan.chunks)
    yield firsts, "only the first data line of an event is kept"
    yield "".join(c.split("\n")[-1] for c in plan.chunks), "only the last data line of an event is kept"
    if _SPLITLINES.search(sent):
        kept = "".join(_SPLITLINES.split(chunk)[0] for chunk in plan.chunks)
        yield kept, "text behind a separator is lost: lines are split at more than CR, LF and CRLF"
        yield _SPLITLINES.sub("", sent), "separators are lost: lines are split at more than CR, LF and CRLF"
        yield _SPLITLINES.sub("\n", sent), "separators become newlines: lines are split at more than CR, LF and CRLF"


def _of_reads(plan: StreamPlan, sent: str) -> _Mistakes:
    pieces = _pieces(plan) if plan.dialect in DIALECTS else []
    ends = {*accumulate(map(len, pieces))}
    if ends <= set(plan.event_ends):
        return
    payload = plan.payload
    utf8 = codecs.getincrementaldecoder("utf-8")("replace")
    unbuffered = _read_apart(plan, [utf8.decode(piece) for piece in pieces])
    texts = [piece.decode(errors="replace") for piece in pieces]
    if "".join(texts) == payload.decode(errors="replace"):
        yield unbuffered, "text is lost at a read that ends inside a line: no line buffer"
        return
    decoded = DIALECTS[plan.dialect].decode("".join(texts).encode()).text
    yield decoded, "a read ends inside a character, and each read is decoded for itself: no incremental decoder"
    kept = b"".join(piece.decode(errors="ignore").encode() for piece in pieces)
    without = DIALECTS[plan.dialect].decode(kept).text
    either = "no line buffer, or no incremental decoder" if without == unbuffered else "no line buffer"
    yield unbuffered, f"text is lost at a read that ends inside a character, and so inside a line: {either}"
    yield without, "a character is lost that two reads share: no incremental decoder"
    yield _read_apart(plan, texts), "text is lost at a read that ends inside a line: no line buffer"


def _read_apart(plan: StreamPlan, texts: list[str]) -> str:
    """What a client makes of it that takes each read's lines for whole ones."""
    lines = (line for text in texts for line in text.split("\n"))
    data = b"\n\n".join(line.encode() for line in lines if line.startswith("data"))
    return DIALECTS[plan.dialect].decode(data + b"\n\n").text


def _of_decoding(plan: StreamPlan, sent: str) -> _Mistakes:
    for name, charset in (("latin-1", "Latin-1"), ("cp1252", "Windows-1252"), ("ascii", "ASCII")):
        cause = f"the bytes are decoded as {charset}; a stream is UTF-8 always"
        yield sent.encode().decode(name, errors="replace"), cause
        yield sent.encode().decode(name, errors="ignore"), cause
    yield sent.replace("\ufffd", ""), "bytes that are no UTF-8 are left out: each such sequence becomes U+FFFD"
    yield "\ufeff" + sent, "the byte order mark is taken for text"


def _of_any(plan: StreamPlan, sent: str) -> _Mistakes:
    yield "", "the text is empty, whatever was sent"
    if _is_standard(plan):
        yield "".join(e.data for e in decode(plan.payload)[1:]), f"the first event is lost{VAGUE}"
        yield "".join(e.data for e in decode(plan.payload)[:-1]), f"the last event is lost{VAGUE}"


def traits(plan: StreamPlan) -> tuple[str, ...]:
    """What is unusual about the stream."""
    return tuple(name for name, holds in _traits(plan) if holds)[:3]


def _traits(plan: StreamPlan) -> Iterator[tuple[str, bool]]:
    framing, body, head = plan.framing, plan.body, plan.head
    types = (head.field("content-type") or "") if head else ""
    yield f"line endings {framing.newline.upper()}", framing.newline != "lf"
    yield "no space behind the colon", not framing.space
    yield "a byte order mark", framing.bom
    yield "a field name without a colon", framing.bare_empty
    extra = [*framing.first, *framing.between, *framing.before, *framing.amid, *framing.inside]
    yield f"lines such as {', '.join(sorted(set(map(repr, extra)))[:2])}", bool(extra)
    yield "no empty line at its end", not framing.final_blank_line
    yield f"the content type {types}", bool(head) and types not in ("text/event-stream", "")
    yield f"the interim responses {list(head.interim) if head else ''}", bool(head and head.interim)
    yield f"HTTP chunk extensions {body.extensions}", body.extensions is not None
    yield "trailer fields", bool(body.trailers)
    yield "a compressed body", body.gzip is not None
    yield "a body that ends with the connection", body.framing in ("close", "http1.0")
    yield from ((trait, True) for name in plan.marks if (trait := FAULTS[name].trait))
    size = f"{plan.size:,} bytes, more than a read holds"
    yield size, plan.size > MOST_AT_ONCE and plan.segments == "free"
    yield "reads that end inside lines or characters", plan.segments not in ("free", "event", "whole")
