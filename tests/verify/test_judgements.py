"""What depends on when things came, and on what cannot be told."""

from __future__ import annotations

import pytest

from mock_ares.ares.profiles import PROFILES
from mock_ares.verify.exchange import HttpAnswer, post
from mock_ares.verify.judgements import (
    Judge,
    Seen,
    UnableError,
    UndecidedError,
    commented,
    ended,
    in_dialect,
    one_by_one,
    spoken,
)

ASK = post("/api/chat/stream", {"message": "hi"})
ONE, TWO, THREE = b"data: one\n\n", b"data: two\n\n", b"data: three\n\n"


class Anything:
    def difference(self, ask: object, answer: object) -> None:
        """All is as it is described."""


def judged(judge: Judge, *reads: tuple[float, bytes], profile: str = "server", seconds: float = 0.0) -> str | None:
    answer = HttpAnswer(200, (), reads, seconds=seconds or reads[-1][0])
    return judge(Seen(ASK, answer, PROFILES[profile], Anything()))


def test_chunks_one_by_one() -> None:
    assert judged(one_by_one, (0.1, ONE), (0.2, TWO), (0.3, THREE)) is None
    assert judged(one_by_one, (0.1, ONE), (5.0, TWO + THREE)) is None
    assert judged(one_by_one, (0.1, b": hello\n\n"), (3.0, ONE + TWO + THREE)) == (
        "all 3 events came at once, 3.0 s after the request: something holds them back"
    )


@pytest.mark.parametrize("reads", [[(0.5, ONE + TWO + THREE)], [(3.0, ONE + TWO)], [(3.0, b"")]])
def test_what_may_have_been_one_by_one(reads: list[tuple[float, bytes]]) -> None:
    with pytest.raises(UndecidedError):
        judged(one_by_one, *reads)


def test_comments() -> None:
    comment = b": keep-alive\n\n"
    assert judged(commented, (0.1, ONE), (15.1, comment), (30.2, comment), (31.0, TWO)) is None
    assert judged(commented, (0.1, ONE), (17.0, TWO)) == (
        "nothing at all came for 16.9 s, and a comment is due every 15 s"
    )
    assert judged(commented, (17.0, ONE)) is not None  # also in front of the first event
    assert judged(commented, (0.1, ONE), seconds=20.0) is not None  # and behind the last
    with pytest.raises(UndecidedError, match=r"never silent for 15 s"):
        judged(commented, (0.1, ONE), (14.0, TWO))
    with pytest.raises(UndecidedError, match="promise no comments"):
        judged(commented, (0.1, ONE), (17.0, TWO), profile="docs")


def test_a_stream_that_reports_an_error() -> None:
    failed = (
        b'data: {"event":"start","agent":"a","context_id":"c"}\n\n'
        b'data: {"event":"error","context_id":"c","error":"no model: http://10.0.0.7:11434/api"}\n\n'
    )
    with pytest.raises(UnableError, match=r"the stream reports an error: no model: $"):
        judged(ended, (0.1, failed))
    assert judged(in_dialect, (0.1, failed)) is None


@pytest.mark.parametrize(
    ("body", "dialect"),
    [
        (ONE + TWO, "text"),
        (b"data: one\ndata: two\n", "lines"),
        (b'data: {"a": 1}\n\n', "text"),
        (b'data: {"delta": "a", "finish_reason": null}\n\n', "delta"),
        (b'data: {"event":"token","content":"a"}\n\n', "typed"),
        (b'data: {"event":"token","content":"a"}\n\n' + ONE, "text"),
    ],
)
def test_dialects_are_recognised(body: bytes, dialect: str) -> None:
    assert spoken(body) == dialect


def test_long_streams_are_judged_in_time() -> None:
    """Also what comes behind the end record."""
    whole = (
        b'data: {"event":"token","content":"a"}\n\n' * 20_000
        + b'data: {"event":"done","agent":"a","context_id":"c"}\n\n'
    )
    assert judged(ended, (1.0, whole)) is None
    assert judged(ended, (1.0, whole + whole[:41])) == "something comes behind the end record"
