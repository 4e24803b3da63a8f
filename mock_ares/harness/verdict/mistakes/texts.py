"""What is done to the text, to its chunks and to its lines."""

from __future__ import annotations

import html
import re
import unicodedata
import urllib.parse
from collections.abc import Callable
from itertools import pairwise
from typing import Literal, get_args

from mock_ares.harness.verdict.mistakes.model import Mistakes
from mock_ares.plan.model import StreamPlan

_SPLITLINES = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def of_chunks(plan: StreamPlan, sent: str) -> Mistakes:
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
    for longest in _LIMITS if any(len(chunk) > _LIMITS[-1] - len("data: ") for chunk in chunks) else ():
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
_LIMITS = (65_536, 32_768, 16_384, 8192, 4096, 2048, 1024)
"""Characters, as buffers have them; the largest first, since shorter lines came through before."""


def of_lines(plan: StreamPlan, sent: str) -> Mistakes:
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
