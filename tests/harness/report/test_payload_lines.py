"""The bytes of a stream as lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mock_ares.harness.report.counterexample.payload_lines import Payload, payload


def lines(found: Payload) -> list[str]:
    return ["".join(part.shown for part in row) for row in found.rows]


def shown(*reads: bytes, known: bool = True, focus: int = 0, columns: int = 80, rows: int = 8) -> list[str]:
    return lines(payload(reads, known=known, focus=focus, columns=columns, rows=rows))


def test_an_event_is_a_line_and_a_mark_ends_each_read() -> None:
    assert shown(b"d", b"ata: 0\n\n") == ["d│ata: 0⟨LF⟩⟨LF⟩│"]
    assert shown(b"data: a\n", b"data: b\n\ndata: c\n\n") == ["data: a⟨LF⟩│", "data: b⟨LF⟩⟨LF⟩", "data: c⟨LF⟩⟨LF⟩│"]


def test_line_ends_are_those_of_the_standard() -> None:
    assert shown(b"a\rb\r\nc\x0bd\xc2\x85\r", b"\n") == ["a⟨CR⟩", "b⟨CR⟩⟨LF⟩", "c⟨VT⟩d⟨NEL⟩⟨CR⟩│⟨LF⟩│"]


def test_where_the_reads_are_not_known_none_is_marked() -> None:
    found = payload((b"data: a\n\n",), known=False, focus=0, columns=80, rows=8)
    assert (lines(found), found.summary) == (["data: a⟨LF⟩⟨LF⟩"], "9 bytes")


def test_of_a_long_line_the_middle_is_left_out() -> None:
    (line,) = shown(b"data: " + b"x" * 40_000, b"y" * 30_000 + b"\n", columns=80)
    assert line.startswith("data: xxxxx") and line.endswith("yyyyy⟨LF⟩│")
    assert "… 69,9" in line and ", 1 read …" in line
    assert len(line) < 100


def test_of_many_lines_those_around_the_focus_are_shown() -> None:
    data = b"".join(b"data: %d\n\n" % number for number in range(1000))
    found = payload((data,), known=False, focus=data.index(b"500"), columns=80, rows=4)
    assert [line[6:9] for line in lines(found)] == ["498", "499", "500", "501"]
    assert (found.above, found.below) == (498, 498)
    end = payload((data,), known=False, focus=len(data), columns=80, rows=4)
    assert (lines(end)[-1][6:9], end.below) == ("999", 0)


def test_nothing_is_no_lines() -> None:
    assert shown() == []


@given(st.lists(st.binary(min_size=1, max_size=8), max_size=12), st.integers(0, 100), st.integers(1, 6))
def test_every_line_is_shown_or_counted(reads: list[bytes], focus: int, rows: int) -> None:
    found = payload(reads, known=True, focus=focus, columns=2000, rows=rows)
    everything = payload(reads, known=True, focus=0, columns=2000, rows=1000)
    assert lines(found) == lines(everything)[found.above : len(everything.rows) - found.below]
    assert len(found.rows) <= rows
    assert "".join(lines(everything)).count("│") == found.reads == len(reads)
