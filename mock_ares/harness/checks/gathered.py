"""What stands for a row's fixed examples in a quick run where each costs the start of a process: few, with all in them.

Where one fails, the fixed examples are asked one by one, so that what is told is as small and as plain as ever. No part
of such a stream hides another: whoever reads it exactly has been shown each hazard. So one may stand for several
checks, and is played once. What stands alone in an answer (a status, a type, a fault) cannot be gathered; there a few
stand for their kind.
"""

from __future__ import annotations

from collections.abc import Mapping

from mock_ares.faults import close_early, invalid_utf8
from mock_ares.harness.checks import everything
from mock_ares.harness.checks.families import behaviour, failure, framing, text, transfer
from mock_ares.harness.checks.families.reads import EACH, MANY, at
from mock_ares.harness.checks.rows import Row, one
from mock_ares.harness.checks.strategies import (
    COMMENTS,
    FIELDS,
    HEADS,
    LOOKALIKES,
    SEPARATORS,
    TEXT_ROWS,
    TRAILERS,
    UNICODE,
)
from mock_ares.harness.model import Case
from mock_ares.scenario.model import Body, Framing, Json, Segments

Gathered = Mapping[str, tuple[Case, ...]]
"""In place of a row's ``examples`` and of what it has in ``resting`` under these names; the last that fits, alone."""

PLAIN_FIELDS = tuple(line for line in FIELDS if not line.startswith("event"))
"""Of several types of one event the last counts, so those are asked one by one."""


def _some(rows: Mapping[str, Row], name: str, *numbers: int) -> tuple[Case, ...]:
    """Of a row's fixed examples, counted from 1."""
    return tuple(rows[name].examples[number - 1] for number in numbers)


SPOILT = (("a", "ff"), ("d", "c3"), ("e", "f09f98"), ("g", "80"), ("i", "e282"), ("k", "c0af"))
"""Behind which letter what stands that is no UTF-8."""
RECORDS = tuple(line for record in failure.RECORDS for line in (f"data: {record}", ""))[:-1]
"""An event for each."""
DROPS = ("drop-fin", "drop-rst", "drop-fin-close", "drop-rst-close")

TEXT = one(
    *("", "haha", "haha!", "123456789", "123456789", "Neu", "ral", "ha", "ha", "hah", "ha", "a", "b", "c"),
    *("Neural networks learn by example.", "", "a\0", "b"),
    *("\U0001f3f4\U000e0067\U000e007f", "\u202aa\u202c", "\u2066b\u2069", "\x1b[31ma\x1b[0m", "\a\b\x7f"),
    *("日本語", *UNICODE, "𝒳\u00adﷺ\u200b\U0010fffd\u00a0x", "e", "\u0301", "👩", "\u200d", "🔬"),
    *("".join(f"a{char}" for char in SEPARATORS) + "b", "\x0c".join("abc")),
    *("data:", "a", "data: b", "id: 1", *(mark for mark in LOOKALIKES if mark == mark.strip(" ")), "[DONE]", ""),
)
"""All that is hard in chunks, but newlines and spaces at their edges, which many lose; what frames them is plain."""
TYPED = ("event: ping", "data: x", "", "event: ping", "", "event: done", "data: x")
"""Events of other types, one of which has no data."""
LINES = (*COMMENTS, *PLAIN_FIELDS)
AROUND = one("a", "b", framing=Framing(first=("", *LINES), between=("", "", *LINES), before=LINES, inside=LINES))
AMID = one(
    *("a\nb", "c"),
    framing=Framing(amid=(": keep-alive", ":", "id: 1", "retry: 1", "event: message", "unknown", " ", "\t")),
)
"""All that may stand between events and their fields, and amid the data lines of one event."""
OTHER_FIELDS = _some(framing.ROWS, "fields", 5, 6, 11)
TRANSFER = (
    *(one("abc", "ghijklm", "a" * 300, body=Body(sizes=sizes)) for sizes in ("capitals", "zeros")),
    one("ab", "cd", "a" * 300, body=Body(http_chunks="whole")),
)

SHARED = (TEXT, AROUND, AMID)
"""Of several checks. Where one fails and nothing that a check alone is about does, it takes them together."""
BROKEN = ("a\nb", "c", "d\n\ne", "f\ng", "h", "i\nj\nk", "l")

GATHERED: dict[str, Gathered] = {
    "chunk-split": {"text-unicode": (TEXT,)},
    "chunk-spaces": {"": (one(" a", "b ", " ", " c", "  d", "   ", "\te\t", "\t", " f "),)},
    "chunk-empty": {"": (TEXT, *_some(text.ROWS, "chunk-empty", 4))},
    "text-unicode": {"": (TEXT,)},
    "text-lookalikes": {"": (TEXT,)},
    "text-newlines": {
        "": (one("a\nb", "c\n", "d", "e\n\nf", "\ng", "\n\n", "h\n"), *_some(text.ROWS, "text-newlines", 3)),
    },
    "text-separators": {"text-unicode": (TEXT,)},
    "text-nul": {"": (TEXT,)},
    "read-line": {"": (one("ab", "cd", segments=at(17)), one("ab", "cd", "ef", segments=Segments(every=3)))},
    "read-utf8": {"": (one("é日😀", "é", "日", "😀", segments=Segments(inside="utf8")),)},
    "read-crlf": {
        "text-newlines read-bytes": (
            one(*BROKEN, framing=framing.MIXED, seed=0, segments="byte"),
        ),
    },
    "read-bytes": {"": (one("ab", "cd", EACH, segments="byte"),)},
    "read-whole": {"": (MANY,)},
    "eol-crlf": {"text-newlines": (one(*BROKEN, framing=Framing(newline="crlf")),)},
    "eol-cr": {"text-newlines": (one(*BROKEN, framing=Framing(newline="cr")),)},
    "eol-mixed": {"text-newlines": (one(*BROKEN, framing=framing.MIXED, seed=0),)},
    "bom": {
        "read-utf8 fields": (
            one(
                *("\ufeffa", "\ufeff", "b\ufeffc"),
                framing=Framing(bom=True, before=("\ufeffdata: no",), between=("\ufeffdata: no",)),
            ),
            one("a", framing=Framing(bom=True), segments=at(1, 2)),
            *_some(framing.ROWS, "bom", 5),
        ),
    },
    "blank-lines": {"": (AROUND,)},
    "comments": {"": (AROUND,), "text-newlines": (AROUND, AMID)},
    "no-space": {"chunk-spaces": (one("a", "b", "\tb", "c", framing=Framing(space=False)),)},
    "no-colon": {"text-newlines": (one("a", "", "b", "a\n\nb", "\n", framing=Framing(bare_empty=True)),)},
    "fields": {"": (AROUND, *OTHER_FIELDS), "text-newlines": (AROUND, AMID, *OTHER_FIELDS)},
    "event-type": {
        "": (one("a", "b", framing=Framing(first=TYPED, between=TYPED)),),
    },
    "unterminated": {"": _some(framing.ROWS, "unterminated", 2)},
    "charset": {"": _some(framing.ROWS, "charset", 3, 5, 6, 8, 9, 11)},
    "bad-utf8": {
        "": (
            one(
                *("ab", "cd", "ef", "gh", "ij", "kl"),
                faults=tuple(invalid_utf8(after, bytes=raw) for after, raw in SPOILT),
            ),
        ),
    },
    "long-line": {"": _some(framing.ROWS, "long-line", 3, 7)},
    "close-delimited": {"": _some(transfer.ROWS, "close-delimited", 2, 3)},
    "field-case": {"": _some(transfer.ROWS, "field-case", 2, 3)},
    "head-fields": {"": (one("a", headers={name: value for each in HEADS for name, value in each.items()}),)},
    "chunk-ext": {"": _some(transfer.ROWS, "chunk-ext", 2, 4)},
    "chunk-ext-quoted": {"": _some(transfer.ROWS, "chunk-ext-quoted", 1, 3, 4, 5)},
    "http-chunks": {
        "": TRANSFER,
        "read-line": (*TRANSFER, one("ab", "cd", body=Body(http_chunks=3))),
    },
    "http-reads": {"": _some(transfer.ROWS, "http-reads", 5, 6, 7, 8, 9)},
    "trailers": {
        "": (one("a", "b", body=Body(trailers={name: value for each in TRAILERS for name, value in each.items()})),),
    },
    "redirect-away": {"": _some(transfer.ROWS, "redirect-away", 1)},
    "drop-length": {"": _some(failure.ROWS, "drop-length", 1, 2)},
    "redirect": {"": _some(transfer.ROWS, "redirect", 1, 2, 4, 5, 7)},
    "status": {"": _some(failure.ROWS, "status", 1, 2, 3, 9, 10, 11, 14)},
    "not-sse": {"": _some(failure.ROWS, "not-sse", 1, 4, 5, 7, 13, 14, 15)},
    "other-2xx": {"": _some(failure.ROWS, "other-2xx", 1, 2, 5, 6, 8, 10)},
    "error-detail": {"": _some(failure.ROWS, "error-detail", 1, 6, 7, 8)},
    **{name: {"": _some(failure.ROWS, name, 1, 4, 6)} for name in DROPS},
    "json-spelling": {
        "": tuple(
            one("a/b", "😀é", '"\\', "", "c", framing=Framing(json=how))
            for how in (
                Json(escapes="non-ascii"),
                Json(escapes="short", space="none"),
                Json(space="lines"),
                Json("all", "much", "reversed", True),
            )
        ),
    },
    "json-records": {"": (one("a", "b", framing=Framing(first=RECORDS, between=RECORDS)),)},
    "short-length": {"": _some(failure.ROWS, "short-length", 1, 2)},
    "drop-silent": {"": _some(failure.ROWS, "drop-silent", 1)},
    "request": {"": (behaviour.asked(" | ".join(behaviour.MESSAGES)),)},
    "once": {"": _some(behaviour.ROWS, "once", 1, 2)},
    "again": {"": _some(behaviour.ROWS, "again", 1)},
    "idle-close": {"": _some(behaviour.ROWS, "idle-close", 1)},
    "incremental": {"": _some(behaviour.ROWS, "incremental", 1, 2, 6, 7)},
    "everything": {
        " ".join((*everything.ROW.resting, *sorted(TEXT_ROWS), "fields blank-lines")): (
            *SHARED,
            one("é", "a\nb", framing=Framing(bom=True, newline="crlf", between=(": keep-alive",)), segments="byte"),
            one("ab", " c", framing=Framing(newline="cr", space=False), body="close", segments=Segments(every=4)),
            one("ab", "cd", framing=Framing(newline="crlf"), faults=(close_early("abc"),)),
        ),
    },
}  # fmt: skip
