"""Columns are the records they were made of, and say which writes may leave together."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.columns import Piece, Pieces, Texts, Write, Writes
from mock_ares.plan.http.layout import lay_out
from mock_ares.scenario.model import Reply

MOMENTS = st.floats(0, 10)
PIECES = st.builds(Piece, st.binary(max_size=5), MOMENTS, st.none() | st.integers(0, 9), st.booleans(), st.booleans())
WRITES = st.builds(Write, MOMENTS, st.binary(min_size=1, max_size=9), st.booleans(), st.integers(0, 99))
KINDS: dict[Any, st.SearchStrategy[Any]] = {Pieces: PIECES, Writes: WRITES, Texts: st.text(min_size=1, max_size=5)}


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_they_are_the_records(kind: Any, data: st.DataObject) -> None:
    records = tuple(data.draw(st.lists(KINDS[kind], max_size=6)))
    columns = kind(records)
    assert tuple(columns) == records and columns == records and records == columns and len(columns) == len(records)
    assert hash(columns) == hash(kind(records)) and repr(columns) == repr(records)
    at = data.draw(st.slices(len(records)))
    assert columns[at] == records[at]
    assert [columns[index] for index in range(-len(records), len(records))] == [*records, *records]
    assert columns != (*records, records)
    with pytest.raises(IndexError):
        columns[len(records)]


@given(st.lists(WRITES, min_size=1, max_size=12), st.integers(0, 11), MOMENTS, st.integers(1, 30))
def test_what_may_leave_together(writes: list[Write], index: int, elapsed: float, most: int) -> None:
    writes.sort(key=lambda write: write.at)
    index = min(index, len(writes) - 1)
    stop, size = index, 0
    while stop < len(writes) and writes[stop].at <= elapsed and size < most:
        size += len(writes[stop].data)
        stop += 1
        if writes[stop - 1].boundary:
            break
    assert Writes(writes).due(index, elapsed, most) == stop


def test_bytes_to_be_written_are_not_copied() -> None:
    script = lay_out(build(Reply(text="x" * 100_000, chunks="whole"), RequestContext()))
    slab = script.columns.between(10, 65_000)
    assert isinstance(slab, memoryview) and slab.obj is script.columns.data
    assert script.columns.between(0, 9) == script.columns.data[:9]


def test_a_changed_plan_shares_what_was_not_changed() -> None:
    plan = build(Reply(text="a b c"), RequestContext())
    other = replace(plan, seed=9)
    assert other.pieces is plan.pieces and other.chunks is plan.chunks


def test_nothing_waits_where_nothing_is_due() -> None:
    assert Writes([Write(1.0, b"a", False)]).due(0, 0.5, 10) == 0
    assert Writes([Write(1.0, b"a", False)]).due(0, math.inf, 10) == 1
