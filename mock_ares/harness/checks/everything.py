"""All hazards at once, drawn from the rows that the client is held to and has passed alone."""

from __future__ import annotations

from hypothesis.strategies import SearchStrategy

from mock_ares.faults import close_early
from mock_ares.harness.checks.rows import Row, one
from mock_ares.harness.checks.strategies import ENDINGS, TEXT_ROWS, streams
from mock_ares.harness.model import Case
from mock_ares.harness.settings import RunSettings
from mock_ares.scenario.model import Framing, Segments

_ROWS = """
    read-line read-utf8 read-crlf read-bytes read-whole eol-crlf eol-cr eol-mixed bom comments no-space no-colon fields
    charset bad-utf8 blank-lines json-spelling http-chunks http-reads
    close-delimited field-case head-fields chunk-ext chunk-ext-quoted trailers early-100 early-103 gzip
"""
DRAWN = TEXT_ROWS | ENDINGS | frozenset(_ROWS.split())
"""The rows that can be shown together in one reply."""


def cases(settings: RunSettings) -> SearchStrategy[Case]:
    return streams(ROW.held(settings), settings.dialect).map(lambda reply: Case(replies=(reply,)))


CRLF = Framing(newline="crlf")
TOGETHER: dict[str, tuple[Case, ...]] = {
    "read-bytes read-line read-utf8 bom text-unicode": (
        one("é", "a", framing=Framing(bom=True), segments="byte"),
    ),
    "read-bytes read-line read-crlf eol-crlf comments": (
        one("ab", "cd", framing=Framing(newline="crlf", between=(": keep-alive",)), segments="byte"),
    ),
    "read-line eol-cr": (one("ab", "cd", framing=Framing(newline="cr"), segments=Segments(every=5)),),
    "read-crlf eol-crlf text-newlines": (one("a\nb", framing=CRLF, segments=Segments(inside="crlf")),),
    "chunk-spaces no-space": (one("a", " b", framing=Framing(space=False)),),
    "eol-crlf drop-fin": (one("ab", "cd", framing=CRLF, faults=(close_early("abc"),)),),
    "close-delimited read-line": (one("ab", "cd", body="close", segments=Segments(every=4)),),
}  # fmt: skip
"""Rows that go together, and what shows them. None of it is more than its rows ask for one by one."""

ROW = Row((one("ab", "cd"),), cases, draws_from=DRAWN, resting=TOGETHER)
ROWS = {"everything": ROW}
