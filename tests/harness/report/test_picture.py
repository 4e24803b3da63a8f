"""A stream over time, as a picture."""

from __future__ import annotations

import re

import pytest

from mock_ares.faults import close_early, empty_reply, goaway, hang, reset_peer, reset_stream
from mock_ares.harness.model import Case
from mock_ares.harness.report.counterexample.picture import MOST_BARS, Picture, picture
from mock_ares.harness.report.counterexample.replanned import plan
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.scenario.fault import Fault
from mock_ares.scenario.model import Pace, Reply


def drawn(reply: Reply, *reads: bytes) -> Picture | None:
    stream = plan(reply, Case((reply,)), Negotiated())
    assert stream is not None
    return picture(stream, reads)


def bars(found: Picture | None) -> list[float]:
    """Where each begins."""
    assert found is not None
    return [float(x) for x in re.findall(r'<rect class="segment" x="([\d.]+)"', found.svg)]


@pytest.mark.parametrize(("every", "lasts"), [(0.1, "200 ms"), (1.0, "2.0 s")])
def test_a_paced_stream_is_drawn_by_its_moments(every: float, lasts: str) -> None:
    found = drawn(Reply(chunks=("a", "b", "c"), pace=Pace(every=every), faults=(close_early(3),)))
    assert found is not None and found.says == f"3 segments over {lasts}"
    assert bars(found) == [0.0, 485.0, 970.0]
    assert found.ends == f"{lasts}, closed (FIN)" and 'class="end close"' in found.svg


def test_many_are_drawn_by_their_density() -> None:
    paced = Reply(chunks=("a",) * (2 * MOST_BARS), pace=Pace(every=0.01))
    assert 50 < len(bars(drawn(paced))) <= 100
    assert len(bars(drawn(Reply(text="a"), *[b"a"] * (MOST_BARS + 1)))) == 1


def test_each_read_has_a_bar_where_all_comes_at_once() -> None:
    found = drawn(Reply(text="a"), b"a", b"bc", b"d")
    assert found is not None and found.says == "3 segments of 4 bytes, one after the other"
    assert len(bars(found)) == 3 and found.ends == "last byte, complete"


def test_silence_is_a_row_of_dots() -> None:
    found = drawn(Reply(text="a", faults=(hang(1),)))
    assert found is not None and found.svg.count('class="end"') == 3 and found.ends == "last byte, silence"


def test_a_head_alone_is_a_stream() -> None:
    assert drawn(Reply(text="a", faults=(close_early(0),))) is not None


def test_nothing_is_not_drawn() -> None:
    assert drawn(Reply(faults=(empty_reply(),))) is None


@pytest.mark.parametrize(
    ("fault", "version", "end", "shape"),
    [
        (reset_peer(1), "1.1", "reset (RST)", "reset"),
        (reset_stream(1), "2", "reset (RST_STREAM)", "reset-stream"),
        (goaway(1), "2", "closed (FIN)", "close"),
    ],
)
def test_each_end_has_its_mark(fault: Fault, version: str, end: str, shape: str) -> None:
    reply = Reply(text="a", faults=(fault,))
    stream = plan(reply, Case((reply,)), Negotiated(version))
    assert stream is not None
    found = picture(stream, ())
    assert found is not None and found.ends == f"last byte, {end}" and f'class="end {shape}"' in found.svg
