"""What comes of frames, however they are cut into reads."""

from __future__ import annotations

import pytest
from h2.errors import ErrorCodes
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.plan.http.http2.frames import MOST, PREFACE
from mock_ares.server.transport.http2.frame_guard import AT_ONCE, MOST_SETTINGS, FrameGuard, UnacceptableFrameError

HEADERS, SETTINGS, GOAWAY, CONTINUATION = 1, 4, 7, 9
KINDS = st.tuples(st.integers(0, 10), st.integers(0, 30), st.sampled_from([0, 1, 4, 5]))


def frame(kind: int, size: int = 0, flags: int = 0) -> bytes:
    return size.to_bytes(3, "big") + bytes((kind, flags)) + b"\0\0\0\1" + bytes(size)


@given(st.lists(KINDS, max_size=20), st.lists(st.integers(1, 60), max_size=40))
def test_all_goes_on_and_is_counted_once(kinds: list[tuple[int, int, int]], sizes: list[int]) -> None:
    data = PREFACE + b"".join(frame(*kind) for kind in kinds)
    guard, at, parts, frames = FrameGuard(len(PREFACE)), 0, list[bytes](), 0
    for size in [*sizes, len(data)]:
        for part, begun in guard.parts(data[at : at + size]):
            parts.append(part)
            frames += begun
        at += size
    assert (b"".join(parts), frames) == (data, len(kinds))
    assert guard.heads == sum(kind == HEADERS for kind, *_ in kinds)
    of_heads = [bool(flags & 4) for kind, _, flags in kinds if kind == HEADERS or (kind == CONTINUATION and flags & 4)]
    assert guard.in_head == (bool(of_heads) and not of_heads[-1])


def test_a_goaway_is_the_last_of_its_part() -> None:
    behind = frame(6, 8)
    found = [part for part, _ in FrameGuard(0).parts(frame(0, 3) + frame(GOAWAY, 8) + behind)]
    assert found == [frame(0, 3) + frame(GOAWAY, 8), behind]


def test_a_part_has_few_frames() -> None:
    found = [count for _, count in FrameGuard(0).parts(frame(6, 8) * (2 * AT_ONCE + 3))]
    assert found == [AT_ONCE, AT_ONCE, 3]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(0, MOST + 1), ErrorCodes.FRAME_SIZE_ERROR),
        (frame(SETTINGS, 6 * MOST_SETTINGS + 6), ErrorCodes.ENHANCE_YOUR_CALM),
    ],
)
def test_what_is_not_read(data: bytes, code: ErrorCodes) -> None:
    guard = FrameGuard(0)
    with pytest.raises(UnacceptableFrameError) as refused:
        list(guard.parts(data))
    assert refused.value.code == code
    assert list(FrameGuard(0).parts(frame(0, MOST) + frame(SETTINGS, 6 * MOST_SETTINGS)))
