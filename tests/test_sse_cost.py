"""Reading and writing cost as much as there is to read and write: ratios of counts, never times."""

from __future__ import annotations

import pytest

from mock_ares import sse
from mock_ares.sse import Decoder
from tests.growth import LINEAR, Work, growth


def one_line(size: int, piece: int) -> None:
    decoder, part = Decoder(), b"x" * piece
    decoder.feed(b"data: ")
    for _ in range(size // piece):
        decoder.feed(part)
    (event,) = decoder.feed(b"\n\n")
    assert len(event.data) == size // piece * piece


def tiny_events(count: int) -> None:
    assert len(sse.decode(b"data: x\n\n" * count)) == count


def one_event_of_many_lines(count: int) -> None:
    (event,) = sse.decode(b"data: x\n" * count + b"\n")
    assert event.data.count("\n") == count - 1


def empty_lines_in_small_reads(count: int) -> None:
    decoder = Decoder()
    for _ in range(count):
        decoder.feed(b"\r")


def encoded(count: int) -> None:
    assert sse.encode_lines([("data", "x")] * count, sse.newlines("mixed", 1)).count(b"data: x") == count


WORK: dict[str, tuple[Work, int]] = {
    # 8 MB at most: from 32 MB on glibc maps each copy anew, and page faults quadruple the cost of a byte.
    "a line in 64 KiB reads": (lambda n: one_line(n, 64 << 10), 4 << 20),
    "a line in 3-byte reads": (lambda n: one_line(n, 3), 192 << 10),
    "tiny events in one read": (tiny_events, 60_000),
    "many lines in one event": (one_event_of_many_lines, 60_000),
    "empty lines, a byte a read": (empty_lines_in_small_reads, 60_000),
    "encoding": (encoded, 60_000),
}


@pytest.mark.parametrize(("work", "n"), WORK.values(), ids=list(WORK))
def test_the_cost_grows_with_the_stream(work: Work, n: int) -> None:
    assert growth(work, n) < LINEAR
