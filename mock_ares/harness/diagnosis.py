"""The one sentence: what goes wrong and, where that can be told, why.

A guess at the cause is made by doing what a wrong client would do: if stripping every chunk of the text that was sent
gives the text that was received, that is what it does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from mock_ares.dialects import DIALECTS
from mock_ares.expectation import Expectation
from mock_ares.harness.model import Observation, Word
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.segmentation import cuts
from mock_ares.server.journal import Exchange
from mock_ares.sse import decode

MOST_QUOTED = 60
REPLACEMENTS = re.compile("\ufffd+")
_SPLITLINES = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def quoted(text: str) -> str:
    """A text for a sentence: escaped, and short."""
    shown = repr(text)
    return shown if len(shown) <= MOST_QUOTED else f"{shown[: MOST_QUOTED // 2]}…{shown[-MOST_QUOTED // 3 :]}"


def demanded(expectation: Expectation) -> str:
    """What a correct client does, in a sentence."""
    if expectation.outcome == "exact":
        return f"returns exactly the text that was sent ({expectation.why})"
    if expectation.outcome == "error":
        return f"reports failure: {expectation.why}; what it shows before is a beginning of the text"
    if expectation.outcome == "either":
        return f"returns exactly the text that was sent, or reports failure ({expectation.why})"
    return f"cannot tell: {expectation.why}; what it shows is a beginning of the text"


def reads(plan: StreamPlan, exchange: Exchange) -> tuple[bytes, ...]:
    """The payload as the client was made to read it, as far as it came; empty where no reads were promised."""
    promised = cuts(plan) if plan.head is not None else None
    if promised is None or exchange.boundaries == "none":
        return ()
    payload = plan.payload
    end = len(payload) if plan.ending.stop is None else plan.ending.stop
    marks = [0, *(at for at in promised if at < end), end]
    return tuple(payload[a:b] for a, b in pairwise(marks) if b > a)


def ending(plan: StreamPlan, exchange: Exchange) -> str:
    """How the connection ended, in words."""
    size, stop = plan.size, plan.ending.stop
    sent = "after the payload" if stop is None or stop >= size else f"after {stop} of {size} payload bytes"
    if plan.head is None:
        sent = "in the response's place"
    how = exchange.ending
    if how == "client-left" and plan.ending.kind == "complete" and exchange.bytes >= size:
        how = "complete"  # it had read everything, and closed the connection first
    if how in ("client-left", "open"):
        return "the client left" if how == "client-left" else "the client had not read it to the end"
    if how == "ended":
        return "the connection was ended at the deadline"
    kinds = {
        "complete": f"the body ended well {sent}",
        "close": f"the connection was closed (FIN) {sent}",
        "reset": f"the connection was reset (RST) {sent}",
        "hang": f"nothing more came {sent}",
    }
    return kinds.get(how, how)


def hung(plan: StreamPlan, observation: Observation, word: Word) -> str:
    shown = f"it had shown {quoted(observation.shown_text)}" if observation.shown else "it had shown nothing"
    if word == "slow":
        return f"at the deadline it was still at work on {plan.size} bytes; {shown}"
    if plan.ending.kind == "hang":
        return f"the stream fell silent and it waited on, past the time-out it declares; {shown}"
    if plan.ending.kind == "complete" and not plan.ended:
        return f"the reply had ended well and the connection stayed open: it never came to an end; {shown}"
    return f"it never came to an end; {shown}"


def taken(plan: StreamPlan, observation: Observation, expectation: Expectation, word: Word) -> str:
    """A failure that was taken for an answer."""
    got = f"returned {quoted(observation.text or '')} as the answer"
    if word == "error-as-answer":
        return f"{expectation.why}, and it {got}"
    sentence = f"{expectation.why}, and it {got}, as if that were all"
    if plan.ending.kind in ("close", "reset") and plan.head is not None:
        return f"silent truncation: {sentence}"
    return sentence


def raised(plan: StreamPlan, observation: Observation, expectation: Expectation) -> str:
    said = quoted(observation.error or "")
    return f"the reply was good ({expectation.why}), and it failed with {said}{_trait(plan)}"


def difference(plan: StreamPlan, expectation: Expectation, received: str) -> tuple[Word, str]:
    """What happened to the text, in one word and one sentence."""
    word = compare(expectation.text, received)
    return word, f"{_cause(plan, expectation.text, received) or _place(plan, expectation.text, received, word)}"


def compare(sent: str, received: str) -> Word:
    """lost: nothing but less. added: nothing but more. altered: anything else."""
    sent, received = REPLACEMENTS.sub("\ufffd", sent), REPLACEMENTS.sub("\ufffd", received)
    if _within(received, sent):
        return "lost"
    return "added" if _within(sent, received) else "altered"


def _within(short: str, long: str) -> bool:
    """Whether ``short`` is ``long`` with characters left out."""
    if len(short) > len(long):
        return False
    rest = iter(long)
    return all(char in rest for char in short)


# Causes, by doing what a wrong client would do

_Cause = Callable[[StreamPlan, str], Iterator[tuple[str, str]]]


def _cause(plan: StreamPlan, sent: str, received: str) -> str | None:
    for cause in (_of_chunks, _of_lines, _of_reads, _of_decoding):
        for wrong, sentence in cause(plan, sent):
            if wrong == received and wrong != sent:
                return sentence
    return None


def _of_chunks(plan: StreamPlan, sent: str) -> Iterator[tuple[str, str]]:
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
    yield "".join(f"{c}\n" for c in chunks), "a newline is put behind each chunk"
    yield sent + sent, "the text is there twice"
    for mark in ("[DONE]", ""):
        if mark in chunks:
            before = "".join(chunks[: chunks.index(mark)])
            yield before, f"the reply ends at the chunk {mark!r}: it is taken for an end record"
            yield "".join(c for c in chunks if c != mark), f"the chunk {mark!r} is left out: it is taken for a record"
    yield "".join(chunks[-1:]), "only the last chunk is kept"
    yield "".join(chunks[:1]), "only the first chunk is kept"


def _of_lines(plan: StreamPlan, sent: str) -> Iterator[tuple[str, str]]:
    yield sent.replace("\n", ""), "newlines in the text are lost: data lines of one event are joined without them"
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


def _of_reads(plan: StreamPlan, sent: str) -> Iterator[tuple[str, str]]:
    promised = cuts(plan) if plan.head is not None and plan.dialect in DIALECTS else None
    if not promised or len(promised) > 1000 or set(promised) <= set(plan.event_ends):
        return
    payload = plan.payload
    pieces = [payload[a:b] for a, b in pairwise([0, *promised])]
    texts = [piece.decode(errors="replace") for piece in pieces]
    yield _read_apart(plan, pieces), "text is lost at a read that ends inside a line: no line buffer"
    joined = "".join(texts)
    if joined != payload.decode(errors="replace"):
        decoded = DIALECTS[plan.dialect].decode(joined.encode()).text
        yield decoded, "a read ends inside a character, and each read is decoded for itself: no incremental decoder"
        kept = b"".join(piece.decode(errors="ignore").encode() for piece in pieces)
        yield (
            DIALECTS[plan.dialect].decode(kept).text,
            "a character is lost that two reads share: no incremental decoder",
        )


def _read_apart(plan: StreamPlan, pieces: list[bytes]) -> str:
    """What a client makes of it that takes each read's lines for whole ones."""
    lines = (line for piece in pieces for line in piece.decode(errors="replace").split("\n"))
    data = b"\n\n".join(line.encode() for line in lines if line.startswith("data"))
    return DIALECTS[plan.dialect].decode(data + b"\n\n").text


def _of_decoding(plan: StreamPlan, sent: str) -> Iterator[tuple[str, str]]:
    for name, said in (("latin-1", "Latin-1"), ("cp1252", "Windows-1252"), ("ascii", "ASCII")):
        yield sent.encode().decode(name, errors="replace"), f"the bytes are decoded as {said}; a stream is UTF-8 always"
        yield sent.encode().decode(name, errors="ignore"), f"the bytes are decoded as {said}; a stream is UTF-8 always"
    yield sent.replace("\ufffd", ""), "bytes that are no UTF-8 are left out: each such sequence becomes U+FFFD"
    yield "\ufeff" + sent, "the byte order mark is taken for text"
    if plan.dialect == "text":
        yield "".join(e.data for e in decode(plan.payload)[1:]), "the first event is lost" + _trait(plan)
        yield "".join(e.data for e in decode(plan.payload)[:-1]), "the last event is lost" + _trait(plan)


def _place(plan: StreamPlan, sent: str, received: str, word: Word) -> str:
    """Where the texts part, and what is unusual about the stream."""
    at = next(
        (n for n, (a, b) in enumerate(zip(sent, received, strict=False)) if a != b), min(len(sent), len(received))
    )
    wanted, found = quoted(sent[at : at + 20]), quoted(received[at : at + 20])
    what = {
        "lost": f"text is lost from character {at} on, where {wanted} was sent",
        "added": f"there is text that was not sent, {found} at character {at}",
        "altered": f"the text differs from character {at} on: {found} for {wanted}",
    }[word]
    return what + _trait(plan)


def _trait(plan: StreamPlan) -> str:
    """What is unusual about the stream, for the end of a sentence."""
    found = [said for said, holds in _traits(plan) if holds]
    return f"; the stream has {' and '.join(found[:3])}" if found else ""


def _traits(plan: StreamPlan) -> Iterator[tuple[str, bool]]:
    framing, body, head = plan.framing, plan.body, plan.head
    types = dict(head.headers).get("content-type", "") if head else ""
    yield f"line endings {framing.newline.upper()}", framing.newline != "lf"
    yield "no space behind the colon", not framing.space
    yield "a byte order mark", framing.bom
    yield "a field name without a colon", framing.bare_empty
    extra = [*framing.first, *framing.between, *framing.before, *framing.inside]
    yield f"lines such as {', '.join(sorted(set(map(repr, extra)))[:2])}", bool(extra)
    yield "no empty line at its end", not framing.final_blank_line
    yield f"the content type {types}", bool(head) and types not in ("text/event-stream", "")
    yield f"the interim responses {list(head.interim) if head else ''}", bool(head and head.interim)
    yield f"HTTP chunk extensions {body.extensions}", body.extensions is not None
    yield "trailer fields", bool(body.trailers)
    yield "a compressed body", body.gzip is not None
    yield "a body that ends with the connection", body.framing in ("close", "http1.0")
    yield "bytes that are no UTF-8", "invalid_utf8" in plan.marks
    yield "reads that end inside lines or characters", plan.segments not in ("free", "event", "whole")
