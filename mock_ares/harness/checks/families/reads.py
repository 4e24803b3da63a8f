"""Rows about where the client's reads end."""

from __future__ import annotations

from mock_ares.harness.checks.rows import Row, one
from mock_ares.harness.checks.strategies import streaming
from mock_ares.scenario.model import Framing, Segments

CRLF = Framing(newline="crlf")


def at(*offsets: int) -> Segments:
    return Segments(at=offsets)


MANY = one(*("ab" * 150), segments="whole")
"""More events in one read than a careless loop looks at."""

EACH = "TheQuickBrownFoxJumpsOverALazyDogxzqjkvw4718902356"
"""Each letter and digit is a read of its own."""

ROWS: dict[str, Row] = {
    "read-line": Row(
        (
            one("ab", segments=at(1)),  # d|ata
            one("ab", segments=at(5)),  # behind the colon
            one("ab", segments=at(6)),
            one("ab", segments=at(7)),  # inside the value
            one("ab", segments=at(8)),  # before the end of the line
            one("ab", segments=at(9)),  # before the empty line
            one("ab", "cd", segments=at(17)),
            one("ab", "cd", "ef", segments=Segments(every=3)),
        ),
        streaming("read-line"),
        reads=True,
    ),
    "read-utf8": Row(
        (
            one("é", segments=Segments(inside="utf8")),
            one("日", segments=Segments(inside="utf8")),
            one("😀", segments=Segments(inside="utf8")),
        ),
        streaming("read-utf8"),
        reads=True,
    ),
    "read-crlf": Row(
        (
            one("a", framing=CRLF, segments=Segments(inside="crlf")),
            one("a", "b", framing=CRLF, segments=Segments(inside="crlf")),
        ),
        streaming("read-crlf"),
        resting={
            # where it counts how many lines end
            "text-newlines": (one("a\nb", framing=CRLF, segments=Segments(inside="crlf")),),
            "text-newlines read-bytes": tuple(
                one("a\nb", "c", framing=Framing(newline="mixed"), seed=seed, segments="byte") for seed in range(4)
            ),
        },
        reads=True,
    ),
    "read-bytes": Row(
        (one("a", segments="byte"), one("ab", "cd", segments="byte"), one(EACH, segments="byte")),
        streaming("read-bytes"),
        reads=True,
    ),
    "read-whole": Row(
        (one("a", "b", segments="whole"), one("a", "b", "c", "d", "e", segments="whole"), MANY),
        streaming("read-whole"),
        reads=True,
    ),
}
