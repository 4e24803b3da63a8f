"""Where reads are promised to end."""

from __future__ import annotations

from typing import Any

import pytest

from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.positions import PlanError
from mock_ares.plan.segmentation import cuts
from mock_ares.scenario.model import Framing, Pace, Pause, Position, Range, Reply, Segments
from mock_ares.scenario.stream import Segmentation
from tests.plan.words import Inside


def parts(segments: Segmentation, *chunks: str, **words: Any) -> list[bytes]:
    """The payload between the cuts."""
    plan = build(Reply(chunks=chunks, segments=segments, **words), RequestContext())
    found = cuts(plan)
    assert found is not None and found[-1] == plan.size and list(found) == sorted(set(found))
    return [plan.payload[start:end] for start, end in zip((0, *found), found, strict=False)]


def test_no_promise() -> None:
    assert cuts(build(Reply(text="a"), RequestContext())) is None


def test_of_an_empty_payload() -> None:
    assert cuts(build(Reply(text="", segments="byte"), RequestContext())) == (0,)


class TestEvent:
    def test_each_is_one(self) -> None:
        assert parts("event", "a", "b", framing=Framing(between=(":",))) == [b"data: a\n\n", b":\n\n", b"data: b\n\n"]

    def test_a_byte_order_mark_goes_with_the_first(self) -> None:
        assert parts("event", "a", framing=Framing(bom=True)) == [b"\xef\xbb\xbfdata: a\n\n"]

    def test_one_with_a_pause_inside_is_still_one(self) -> None:
        assert parts("event", "a", pace=Pace(pauses=(Pause(Position(byte=3), 1.0),))) == [b"data: a\n\n"]

    def test_in_lines_it_is_a_line(self) -> None:
        assert parts("event", "a", "b", dialect="lines") == [b"data: a\n", b"data: b\n"]


def test_whole() -> None:
    assert parts("whole", "a", "b") == [b"data: a\n\ndata: b\n\n"]


def test_byte() -> None:
    assert parts("byte", "a") == [bytes([byte]) for byte in b"data: a\n\n"]


def test_every() -> None:
    assert parts(Segments(every=4), "a") == [b"data", b": a\n", b"\n"]


def test_at() -> None:
    assert parts(Segments(at=(7, 2, 7)), "a") == [b"da", b"ta: a", b"\n\n"]
    with pytest.raises(PlanError, match=r"^segments: byte 9 is not inside the payload, which has 9 bytes"):
        parts(Segments(at=(9,)), "a")


def test_random_is_the_seeds() -> None:
    one, again, other = (parts(Segments(random=Range(2, 4)), "abcdefghijkl", seed=seed) for seed in (1, 1, 2))
    assert one == again != other
    assert all(2 <= len(part) <= 4 for part in one[:-1])


class TestInside:
    def test_utf8(self) -> None:
        assert parts(Segments(inside="utf8"), "aé") == [b"data: a\xc3", b"\xa9\n\n"]
        assert len(parts(Segments(inside="utf8"), "🧠中")) == 1 + 3 + 2

    def test_crlf(self) -> None:
        assert parts(Segments(inside="crlf"), "a", framing=Framing(newline="crlf")) == [b"data: a\r", b"\n\r", b"\n"]

    def test_prefix_at_a_place_that_moves_on(self) -> None:
        found = parts(Segments(inside="prefix"), *"abcdef")
        assert [part.rpartition(b"\n")[2] for part in found[:-1]] == [b"d", b"da", b"dat", b"data", b"data:", b"d"]

    def test_prefix_without_a_space(self) -> None:
        found = parts(Segments(inside="prefix"), *"abcde", framing=Framing(space=False))
        assert [part.rpartition(b"\n")[2] for part in found[:-1]] == [b"d", b"da", b"dat", b"data", b"d"]

    def test_prefix_behind_a_byte_order_mark_and_other_lines(self) -> None:
        framing = Framing(bom=True, before=("id: data: 1",), newline="crlf")
        first, _ = parts(Segments(inside="prefix"), "a", framing=framing)
        assert first == b"\xef\xbb\xbfid: data: 1\r\nd"
        assert parts(Segments(inside="prefix"), "a", framing=Framing(bom=True))[0] == b"\xef\xbb\xbfd"

    def test_line_between_two_characters(self) -> None:
        found = parts(Segments(inside="line"), "aéé", "b", "cd")
        assert found == [b"data: a", "éé\n\ndata: b\n\ndata: c".encode(), b"d\n\n"]

    def test_line_that_nothing_ends(self) -> None:
        assert parts(Segments(inside="line"), "ab", framing=Framing(final_blank_line=False)) == [b"data: a", b"b\n"]

    @pytest.mark.parametrize(
        ("inside", "missing"),
        [
            ("utf8", "a text with characters outside ASCII"),
            ("crlf", "framing: {newline: crlf}"),
            ("line", "an event with a data line of two characters or more"),
        ],
    )
    def test_there_is_no_such_place(self, inside: Inside, missing: str) -> None:
        with pytest.raises(PlanError, match=rf"^segments: there is no place inside {inside}; that takes {missing}$"):
            parts(Segments(inside=inside), "a")

    def test_there_is_no_data_line(self) -> None:
        with pytest.raises(PlanError, match=r"^segments: there is no place inside prefix"):
            parts(Segments(inside="prefix"), framing=Framing(first=("id: 1",)))
