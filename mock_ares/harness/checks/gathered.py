"""What stands for a row's fixed examples in a quick run where each costs the start of a process: few, with all in them.

Where one fails, the fixed examples are asked one by one, so that what is told is as small and as plain as ever. No part
of such a stream hides another: whoever reads it exactly has been shown each hazard. What stands alone in an answer (a
status, a type, a fault) cannot be gathered; there a few stand for their kind.
"""

from __future__ import annotations

from collections.abc import Mapping

from mock_ares.faults import invalid_utf8
from mock_ares.harness.checks import behaviour, failure, framing, text, transfer
from mock_ares.harness.checks.reads import CRLF, EACH, MANY, at
from mock_ares.harness.checks.rows import Row, one
from mock_ares.harness.checks.strategies import COMMENTS, FIELDS, LOOKALIKES, SEPARATORS, TRAILERS, UNICODE
from mock_ares.harness.model import Case
from mock_ares.scenario.model import Body, Framing, Json, Segments

Gathered = Mapping[str, tuple[Case, ...]]
"""In place of a row's ``examples`` ("") and of what it has under the same names in ``resting``."""

PLAIN_FIELDS = tuple(line for line in FIELDS if not line.startswith("event"))
"""Of several types of one event the last counts, so those are asked one by one."""


def _some(rows: Mapping[str, Row], name: str, *numbers: int) -> tuple[Case, ...]:
    """Of a row's fixed examples, counted from 1."""
    return tuple(rows[name].examples[number - 1] for number in numbers)


def _everywhere(lines: tuple[str, ...]) -> Case:
    """Wherever lines can stand, but for the places amid those of one event."""
    return one("a", "b", framing=Framing(first=lines, between=lines, before=lines, inside=lines))


SPOILT = (("a", "ff"), ("d", "c3"), ("e", "f09f98"), ("g", "80"), ("i", "e282"), ("k", "c0af"))
"""Behind which letter what stands that is no UTF-8."""
RECORDS = tuple(line for record in failure.RECORDS for line in (f"data: {record}", ""))[:-1]
"""An event for each."""
DROPS = ("drop-fin", "drop-rst", "drop-fin-close", "drop-rst-close")

GATHERED: dict[str, Gathered] = {
    "chunk-split": {
        "": (one("Neu", "ral", "ha", "ha", "hah", "ha", "a", "b", "c", "Neural networks learn by example."),),
    },
    "chunk-spaces": {"": (one(" a", "b ", " ", " c", "  d", "   ", "\te\t", "\t", " f "),)},
    "chunk-empty": {"": (one("", "a", "", "b", ""), *_some(text.ROWS, "chunk-empty", 4))},
    "text-unicode": {"": (one("日本語", *UNICODE, "𝒳\u00adﷺ\u200b\U0010fffd\u00a0x"),)},
    "text-lookalikes": {
        "": (
            one("data:", "a", "data: b", "id: 1", *(mark for mark in LOOKALIKES if mark == mark.strip(" ")), "[DONE]"),
        ),
    },
    "text-newlines": {
        "": (one("a\nb", "c\n", "d", "e\n\nf", "\ng", "\n\n", "h\n"), *_some(text.ROWS, "text-newlines", 3)),
    },
    "text-separators": {
        "": (one("a\x0bb\x0cc\x1cd\x1de\x1ef"),),
        "text-unicode": (one("".join(f"a{char}" for char in SEPARATORS) + "b", "\x0c".join("abc")),),
    },
    "text-nul": {"": _some(text.ROWS, "text-nul", 2)},
    "read-line": {"": (one("ab", "cd", segments=at(17)), one("ab", "cd", "ef", segments=Segments(every=3)))},
    "read-utf8": {"": (one("é日😀", "é", "日", "😀", segments=Segments(inside="utf8")),)},
    "read-crlf": {
        "": (one("a", "b", framing=CRLF, segments=Segments(inside="crlf")),),
        "text-newlines read-bytes": (
            one("a\nb", "c", "d\ne", "f\n\ng", "h", framing=framing.MIXED, seed=0, segments="byte"),
        ),
    },
    "read-bytes": {"": (one("ab", "cd", EACH, segments="byte"),)},
    "read-whole": {"": (MANY,)},
    "eol-crlf": {"": _some(framing.ROWS, "eol-crlf", 2)},
    "eol-cr": {"": _some(framing.ROWS, "eol-cr", 2)},
    "eol-mixed": {
        "": (one(*"abcdefghijkl", framing=framing.MIXED, seed=0),),
        "text-newlines": (one("a\nb", "c", "d\n\ne", "f\ng", "h", "i\nj\nk", "l", framing=framing.MIXED, seed=0),),
    },
    "bom": {
        "": (one("\ufeffa", "\ufeff", "b\ufeffc", framing=Framing(bom=True)), *_some(framing.ROWS, "bom", 5)),
        "read-utf8": (one("a", framing=Framing(bom=True), segments=at(1, 2)),),
        "fields": (one("a", "b", framing=Framing(bom=True, before=("\ufeffdata: no",), between=("\ufeffdata: no",))),),
    },
    "blank-lines": {"": (one("a", "b", framing=Framing(first=("",), between=("", ""))),)},
    "comments": {
        "": (_everywhere(COMMENTS),),
        "text-newlines": (one("a\nb", framing=Framing(amid=(": keep-alive", ":"))),),
    },
    "no-space": {"": _some(framing.ROWS, "no-space", 2)},
    "no-colon": {
        "": _some(framing.ROWS, "no-colon", 1),
        "text-newlines": (one("a\n\nb", "\n", framing=Framing(bare_empty=True)),),
    },
    "fields": {
        "": (_everywhere(PLAIN_FIELDS), *_some(framing.ROWS, "fields", 5, 6, 11)),
        "text-newlines": (
            one("a\nb", framing=Framing(amid=("id: 1", "retry: 1", "event: message", "unknown", " ", "\t"))),
        ),
    },
    "event-type": {
        "": (one("a", "b", framing=Framing(first=("event: ping", "data: x"), between=("event: ping", "data: x"))),),
    },
    "unterminated": {"": _some(framing.ROWS, "unterminated", 2)},
    "charset": {"": _some(framing.ROWS, "charset", 1, 3, 5, 6, 8, 9, 11)},
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
    "chunk-ext": {"": _some(transfer.ROWS, "chunk-ext", 2, 4)},
    "chunk-ext-quoted": {"": _some(transfer.ROWS, "chunk-ext-quoted", 1, 3, 4, 5)},
    "http-chunks": {
        "": (
            *(one("abc", "ghijklm", "a" * 300, body=Body(sizes=sizes)) for sizes in ("capitals", "zeros")),
            one("ab", "cd", "a" * 300, body=Body(http_chunks="whole")),
        ),
        "read-line": (one("ab", "cd", body=Body(http_chunks=3)),),
    },
    "http-reads": {"": _some(transfer.ROWS, "http-reads", 5, 6, 7, 8, 9)},
    "trailers": {
        "": (one("a", "b", body=Body(trailers={name: value for each in TRAILERS for name, value in each.items()})),),
    },
    "redirect": {"": _some(transfer.ROWS, "redirect", 1, 2, 4, 5, 7)},
    "status": {"": _some(failure.ROWS, "status", 1, 2, 3, 6, 9, 10, 11, 13, 14)},
    "not-sse": {"": _some(failure.ROWS, "not-sse", 1, 4, 5, 7, 12, 13, 14, 15)},
    "other-2xx": {"": _some(failure.ROWS, "other-2xx", 1, 2, 5, 6, 8, 10)},
    "error-detail": {"": _some(failure.ROWS, "error-detail", 1, 2, 6, 7, 8)},
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
}  # fmt: skip
