"""Why a text is wrong, guessed by doing what a wrong client would do.

If stripping every chunk of the text that was sent gives the text that was received, that may be what it does. Where
several mistakes would give the same, other examples tell them apart: see :mod:`evidence`.
"""

from __future__ import annotations

import codecs
import html
import re
import unicodedata
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Literal, get_args

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
    return tuple(dict.fromkeys(cause for text, cause in mistakes(plan, sent) if text == received != sent))


def mistakes(plan: StreamPlan, sent: str) -> _Mistakes:
    """What comes of all of these mistakes in this stream, which may be the right text. A mistake that can be made in
    several ways comes with several.
    """
    of_text = [_of_lines, _of_chunks] if "\n" in sent else [_of_chunks, _of_lines]
    if "".join(plan.chunks) != sent:  # they hold bytes that are no UTF-8
        of_text = []
    for guess in (_of_spelling, *of_text, _of_reads, _of_decoding, _of_any):
        yield from guess(plan, sent)


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
    lines = _ENDS.split(payload.removeprefix("\ufeff"))
    others = "\n".join(line if line.partition(":")[0] in ("data", "event") else "" for line in lines)
    yield _data(others), "a line of another kind ends the event: only an empty one does"
    yield _until_empty(lines), "an empty line without data before it is taken for the end of the reply"


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
    apart = "".join(_ENDS.sub("\n", read.decode(errors="replace")) for read in _pieces(plan))
    yield _data(apart), "CR and LF in two reads are taken for two line ends"
    yield _data(payload.replace("\r", "\n")), "CR LF is taken for two line ends"
    blocks = ("\n\n".join(filter(None, _ENDS.split(block))) for block in re.split("\r\r|\n\n|\r\n\r\n", payload))
    events = ("\n".join(event.data for event in decode(f"{block}\n\n".encode())) for block in blocks)
    yield "".join(events), "events are taken for one: the empty line between them is not seen where line ends are mixed"
    reads = _STAND_IN.join(read.decode(errors="replace") for read in _pieces(plan))
    for text in (payload, reads.replace(f"\r{_STAND_IN}\n", "\r\n")):
        merged = re.sub("\n\r|\r\n|\r", "\n", text).replace(_STAND_IN, "")
        yield _data(merged), "LF CR is taken for one line end: it is two"


def _data(payload: str) -> str:
    return "".join(event.data for event in decode(payload.encode(errors="replace")) if event.event == "message")


def _until_empty(lines: Sequence[str]) -> str:
    """The text up to the first empty line that ends no event."""
    kept, data = list[str](), False
    for line in lines:
        if not line and not data:
            break
        kept.append(line)
        data = bool(line) and (data or line.partition(":")[0] == "data")
    return _data("\n".join([*kept, "", ""]))


def _with_cr(payload: str) -> str:
    """The text where a CR is a character like any other."""
    return _data(payload.replace("\r", _STAND_IN)).replace(_STAND_IN, "\r")


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
    yield (
        "".join(c for before, c in pairwise(("", *chunks)) if c != before),
        "a chunk like the one before it is dropped",
    )
    if ":" in sent:
        cause = "a line is split at another colon than its first"
        yield "".join(c for c in chunks if ":" not in c), cause
        yield "".join(c.split(":")[0] for c in chunks), cause
        yield "".join(c.rpartition(":")[2].removeprefix(" ") for c in chunks), cause
    for change, cause in _CHANGES:
        yield "".join(map(change, chunks)), cause
        yield change(sent), cause
    for longest in _LIMITS if any(len(chunk) > _LIMITS[0] - len("data: ") for chunk in chunks) else ():
        for most in (longest, longest - len("data: ")):
            yield "".join(c[:most] for c in chunks), f"lines are cut after {longest:,} characters"
            kept = "".join(c for c in chunks if len(c) <= most)
            yield kept, f"lines of more than {longest:,} characters are passed over"
    yield "".join(chunks[-1:]), "only the last chunk is kept"
    yield "".join(chunks[:1]), "only the first chunk is kept"


def _normalized(form: Literal["NFC", "NFD", "NFKC", "NFKD"]) -> tuple[Callable[[str], str], str]:
    cause = f"characters are normalized ({form}): they are to stay as they are"
    return lambda text: unicodedata.normalize(form, text), cause


def _unescaped(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t")


def _narrowed(text: str) -> str:
    return re.sub("[\U00010000-\U0010ffff]", "", text)


_CHANGES: tuple[tuple[Callable[[str], str], str], ...] = (
    *map(_normalized, get_args(Literal["NFC", "NFD", "NFKC", "NFKD"])),
    (html.unescape, "character references such as &amp; are replaced: the text is no HTML"),
    (urllib.parse.unquote, "what follows a percent sign is decoded: the text is no URL"),
    (_unescaped, "escapes such as \\n are replaced: the text is no JSON"),
    (_narrowed, "characters of four bytes are lost"),
)
"""What is done to a text, and the sentence."""
_LIMITS = (1024, 2048, 4096, 8192, 16_384, 32_768, 65_536)
"""Characters, as buffers have them."""


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
    for separator in sorted(set(_SPLITLINES.findall(sent))):
        for text in (
            "".join(c.split(separator)[0] for c in plan.chunks),
            *(sent.replace(separator, n) for n in ("", "\n")),
        ):
            yield text, f"lines are split at U+{ord(separator):04X}, too: they end at CR, LF and CRLF only"


NO_LINE_BUFFER = "text is lost at a read that ends inside a line: no line buffer"


def _parts_of_lines(reads: list[str], part: int) -> str:
    """What a client makes of it that keeps the first, or the last, of the parts that a line came in."""
    text, ends = "".join(reads), [*accumulate(map(len, reads))]
    lines, start = list[str](), 0
    for found in _ENDS.finditer(text):
        first, last = [*pairwise([start, *(at for at in ends if start < at <= found.start()), found.start()])][part]
        lines.append(text[first:last])
        start = found.end()
    return _data("\n".join([*lines, ""]))


_FIRST, _LAST = "only the first event of a read is kept", "only the last event of a read is kept"
_KEPT: tuple[tuple[Callable[[list[str]], list[str]], str], ...] = (
    (lambda lines: lines[: lines.index("") + 1] if "" in lines else lines, _FIRST),
    (lambda lines: lines[:2], _FIRST),
    (lambda lines: lines[-2:], _LAST),
)
"""Which of the lines that a read has ended, and the sentence."""


def _of_each(reads: list[str], kept: Callable[[list[str]], list[str]]) -> str:
    """What a client makes of it that looks at some of the lines of each read."""
    lines, rest, after_cr = list[str](), "", False
    for read in reads:
        text = read[1:] if after_cr and read.startswith("\n") else read
        after_cr = read.endswith("\r")
        *ended, rest = _ENDS.split(rest + text)
        lines += kept(ended)
    return _data("\n".join([*lines, ""]))


def _of_reads(plan: StreamPlan, sent: str) -> _Mistakes:
    pieces = _pieces(plan) if plan.dialect in DIALECTS else []
    utf8 = codecs.getincrementaldecoder("utf-8")("replace")
    whole = [utf8.decode(piece) for piece in pieces]
    for some, cause in _KEPT if whole and _is_standard(plan) else ():
        yield _of_each(whole, some), cause
    ends = {*accumulate(map(len, pieces))}
    if ends <= set(plan.event_ends):
        return
    payload = plan.payload
    parts = [_parts_of_lines(whole, part) for part in (0, -1)] if _is_standard(plan) else []
    unbuffered = _read_apart(plan, whole)
    texts = [piece.decode(errors="replace") for piece in pieces]
    if "".join(texts) == payload.decode(errors="replace"):
        if "\n" not in sent:
            yield unbuffered, NO_LINE_BUFFER
        yield from ((text, NO_LINE_BUFFER) for text in parts)
        return
    decoded = DIALECTS[plan.dialect].decode("".join(texts).encode()).text
    yield decoded, "a read ends inside a character, and each read is decoded for itself: no incremental decoder"
    kept = b"".join(piece.decode(errors="ignore").encode() for piece in pieces)
    without = DIALECTS[plan.dialect].decode(kept).text
    either = "no line buffer, or no incremental decoder" if without == unbuffered else "no line buffer"
    yield unbuffered, f"text is lost at a read that ends inside a character, and so inside a line: {either}"
    yield without, "a character is lost that two reads share: no incremental decoder"
    yield from ((text, NO_LINE_BUFFER) for text in (_read_apart(plan, texts), *parts))


def _read_apart(plan: StreamPlan, texts: list[str]) -> str:
    """What a client makes of it that takes each read's lines for whole ones."""
    lines = (line for text in texts for line in text.split("\n"))
    data = b"\n\n".join(line.encode() for line in lines if line.startswith("data"))
    return DIALECTS[plan.dialect].decode(data + b"\n\n").text


def _of_decoding(plan: StreamPlan, sent: str) -> _Mistakes:
    for name, charset in (("latin-1", "Latin-1"), ("cp1252", "Windows-1252"), ("ascii", "ASCII")):
        cause = f"the bytes are decoded as {charset}; a stream is UTF-8 always"
        for errors in ("replace", "ignore"):
            yield sent.encode(errors="replace").decode(name, errors=errors), cause
            if _is_standard(plan):
                yield _data(plan.payload.decode(name, errors=errors)), cause
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
