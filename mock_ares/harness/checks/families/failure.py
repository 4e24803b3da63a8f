"""Rows about failing: errors in the answer's place, and streams that do not end as they should.

An error reply is given again whenever it is asked for, so that a client that retries meets the end of its patience.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mock_ares.faults import (
    close_early,
    cut_gzip,
    empty_reply,
    error_event,
    garbage,
    hang,
    invalid_utf8,
    long_length,
    malformed_chunk,
    missing_end,
    reset_peer,
    short_length,
    truncate,
)
from mock_ares.harness.checks.rows import Row, case, one, say
from mock_ares.harness.checks.strategies import planned, streaming, words
from mock_ares.harness.model import Case, Client
from mock_ares.harness.settings import RunSettings
from mock_ares.harness.verdict.judgements import SAID, explains, waits
from mock_ares.scenario.model import Body, Content, Framing, Json, Pace, Pause, Position, Reply, RetryAfter, Segments

STATUSES = (400, 401, 403, 404, 413, 415, 422, 429, 500, 502, 503, 402, 409, 410, 418, 451, 504)
JSON = Content(json={"error": SAID})
PLAIN = Content(plain=SAID)
HTML = Content(html=f"<p>{SAID}</p>")
NO_STREAMS = (
    "x bogus", "text/event-stream-x", "text/event-streams", "application/text/event-stream", "text/plain",
    "application/octet-stream", "text/event", "x-text/event-stream", None,
)  # fmt: skip
"""Content types that are not that of a stream; None: there is none."""
HELD_OPEN = hang(Position(fraction=1.0))
"""Everything has been sent, and the connection stays open."""
CLOSE = Body(connection="close")
GZIP = Body(gzip="event")
EVENTS: dict[str, str | None] = {"content-type": "text/event-stream"}
RECORDS = (
    '{"event":"tool_call","name":"search"}', '{"event":"tool_call","content":"no"}', '{"type":"ping"}', "{}",
    '{"event":"token","content":null}', '{"event":null}', '{"delta":null,"finish_reason":null}',
    '{"role":"assistant","finish_reason":null}', '{"event":"usage","done":true,"tokens_used":3}',
    '{"event":"token","content":5}', '{"delta":5,"finish_reason":null}',
)  # fmt: skip
"""Records that say nothing of the reply."""
NO_HTTP = ("data: no\n\n", "SIP/2.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: no\n\n")
LEAST = 6
"""Bytes that the shortest stream of one chunk has at least: more cannot be left out of its Content-Length."""


def refused(status: int, content: Any, **words: Any) -> Case:
    return case(Reply(status=status, content=content, **words))


def faulty(*faults: Any, chunks: tuple[str, ...] = ("ab", "cd"), **words: Any) -> Case:
    return one(*chunks, faults=faults, **words)


def dropped(fault: Any, body: Body) -> tuple[Case, ...]:
    """Between events, inside one, inside an HTTP chunk, before the first, behind the last, and behind several."""
    places: tuple[tuple[Any, bool], ...] = (
        (1, False),
        ("abc", False),
        (1, True),
        ("abc", True),
        (0, False),
        (2, False),
    )
    few = tuple(faulty(fault(at, inside_http_chunk=inside), body=body) for at, inside in places)
    return (*few, faulty(fault(5), chunks=("a", "b", "c", "d", "e", "f"), body=body))


def statuses(settings: RunSettings) -> SearchStrategy[Case]:
    return st.builds(refused, st.sampled_from(STATUSES), st.sampled_from((JSON, PLAIN, "empty")))


def no_streams(settings: RunSettings) -> SearchStrategy[Case]:
    return st.builds(refused, st.just(200), st.one_of(words.map(lambda w: Content(json={"text": w})), st.just(HTML)))


def cut_at_events(fault: Any, **reply: Any) -> Any:
    """Cases of one reply that the fault ends behind one of its events, not the last."""

    def cases(settings: RunSettings) -> SearchStrategy[Case]:
        def cut(said: tuple[str, ...], at: int) -> Case:
            return faulty(fault(min(at, len(said) - 1)), chunks=said, **reply)

        return st.builds(cut, st.lists(words, min_size=2, max_size=4).map(tuple), st.integers(0, 3))

    return cases


def too_long(settings: RunSettings) -> SearchStrategy[Case]:
    return streaming("drop-length")(settings)


def too_short(settings: RunSettings) -> SearchStrategy[Case]:
    chunks = st.lists(words, min_size=1, max_size=3).map(tuple)
    return st.builds(lambda said, by: faulty(short_length(by), chunks=said), chunks, st.integers(1, LEAST))


def cut_silently(settings: RunSettings) -> SearchStrategy[Case]:
    return st.one_of(
        cut_at_events(truncate)(settings),
        cut_at_events(close_early, body=Body("close"))(settings),
    )


def reported(settings: RunSettings) -> SearchStrategy[Case]:
    @st.composite
    def cases(draw: Any) -> Case:
        said = tuple(draw(st.lists(words, min_size=1, max_size=3)))
        plan = planned(say(*said), "typed")
        ends = list(plan.event_ends)
        at = draw(st.sampled_from([Position(byte=end) for end in ends[:-1]] + ["".join(said)[:1]]))
        return faulty(error_event(at), chunks=said)

    return cases()


def later(lasts: float | None, at: Any = 1) -> Pace:
    return Pace(pauses=(Pause(at=at, lasts=lasts),))


SILENCE = 10.0
"""Seconds."""
NEARLY = 0.8
"""The part of a declared time-out for which a client must wait: time-outs are coarse, and machines are busy."""
PATIENCE = 31.0
"""Seconds that a stream lasts."""


def patient(longest: float = 2.0) -> Case:
    """A stream with gaps between its chunks of at most so many seconds, and never more than two."""
    longest = min(longest, 2.0)
    every = longest * 0.75
    pace = Pace(every=every, pauses=(Pause(at=3, lasts=longest * 0.25), Pause(at=9, lasts=longest * 0.2)))
    return one(*(f"w{n}" for n in range(int(PATIENCE / every) + 1)), pace=pace)


def silent(timeout: float | None = None) -> Case:
    """Ten seconds of silence; of a client that gives up sooner, as long as it has said that it waits, or nearly."""
    return one("ab", "cd", pace=later(SILENCE if timeout is None else min(SILENCE, timeout * NEARLY)))


def patient_for(client: Client, settings: RunSettings) -> tuple[Case, ...]:
    """With gaps that a client of a declared time-out has to wait for."""
    return (patient() if client.timeout is None else patient(longest=client.timeout / 2),)


def silent_for(client: Client, settings: RunSettings) -> tuple[Case, ...]:
    return (silent(client.timeout),)


def late_head(timeout: float | None = None) -> Case:
    """The same silence before the response's head."""
    return one("ab", "cd", pace=Pace(head=SILENCE if timeout is None else min(SILENCE, timeout * NEARLY)))


def late_head_for(client: Client, settings: RunSettings) -> tuple[Case, ...]:
    return (late_head(client.timeout),)


def alive(timeout: float | None = None) -> Case:
    """No event for ten seconds, or twice as long as a client has said that it waits, and comments meanwhile."""
    lasts = SILENCE if timeout is None else min(SILENCE, timeout * 2)
    return one("ab", "cd", pace=Pace(pauses=(Pause(at=1, lasts=lasts),), keep_alive=lasts / 10))


def alive_for(client: Client, settings: RunSettings) -> tuple[Case, ...]:
    return (alive(client.timeout),)


def again_later(status: int, after: float | RetryAfter) -> Case:
    return case(Reply(status=status, content=JSON, retry_after=after), say("ab", "cd"))


ROWS: dict[str, Row] = {
    "status": Row(
        (
            refused(401, JSON),
            refused(500, PLAIN),
            refused(503, "empty"),
            *(refused(status, JSON) for status in STATUSES if status not in (401, 500, 503)),
            refused(404, "empty"),
            refused(400, PLAIN),
            refused(500, Content(plain="data: no\n\n"), headers=EVENTS),
        ),
        statuses,
        most=12,
        key_route=True,
    ),
    "retry-after": Row(
        (again_later(429, 2.0), again_later(503, 2.0), again_later(503, RetryAfter(4.0))),
        lasts=8.0,
        needs_retry=True,
        judge=waits,
    ),
    "not-sse": Row(
        (
            refused(200, JSON),
            refused(200, HTML),
            refused(200, "empty", headers={"content-type": "text/html"}),
            refused(200, Content(plain="data: no\n\n")),
            refused(200, Content(plain="data: no\n\n"), headers={"content-type": "text/html; x=text/event-stream"}),
            *(one("no", headers={"content-type": kind}) for kind in NO_STREAMS),
            one(),
        ),
        no_streams,
        most=8,
    ),
    "other-2xx": Row(
        (
            refused(204, "empty"),
            *(one("no", status=status) for status in (201, 202, 203, 206, 210, 226, 299)),
            refused(205, "empty"),
            refused(202, "empty"),
        )
    ),
    "error-detail": Row(
        (
            refused(429, JSON),
            refused(500, PLAIN),
            refused(401, JSON),
            refused(503, "empty"),
            *(refused(500, Content(plain=f"{start}{SAID}: {'é' * 1000}")) for start in ("", "-")),
            refused(200, HTML),
            faulty(error_event(1, message=SAID)),
        ),
        needs_report=True,
        judge=explains,
        resting={
            "status": tuple(
                one(SAID, "cd", status=500, faults=(fault,))
                for fault in (close_early(0), reset_peer(0), invalid_utf8(SAID, bytes="ff"))
            )
        },
    ),
    "refused": Row((replace(one("no"), refused=True),)),
    "json-spelling": Row(
        tuple(
            one(*chunks, framing=Framing(json=how))
            for how in (
                Json(escapes="non-ascii"),
                Json(escapes="all"),
                Json(escapes="short"),
                Json(space="none"),
                Json(space="much"),
                Json(space="lines"),
                Json(order="reversed"),
                Json(more=True),
                Json("all", "much", "reversed", True),
            )
            for chunks in (("a/b", "😀é", '"\\'), ("",))
        ),
        streaming("json-spelling"),
        resting={"text-newlines": (one("a\r\n", "\rb\r", framing=Framing(json=Json(escapes="short"))),)},
    ),
    "json-records": Row(
        tuple(
            one("a", "b", framing=Framing(**{place: (f"data: {record}",)}))  # type: ignore[arg-type]
            for record in RECORDS
            for place in ("between", "first")
        )
    ),
    "drop-fin": Row(dropped(close_early, Body()), streaming("drop-fin")),
    "drop-rst": Row(dropped(reset_peer, Body()), streaming("drop-rst")),
    "drop-fin-close": Row(dropped(close_early, CLOSE), streaming("drop-fin-close"), http="1.1"),
    "drop-rst-close": Row(
        dropped(reset_peer, CLOSE),
        streaming("drop-rst-close"),
        # where the end alone would end the body
        resting={"close-delimited": tuple(faulty(reset_peer(at), body="close") for at in (1, "abc", 0))},
        http="1.1",
    ),
    "drop-length": Row(
        (faulty(close_early(1), body="length"), faulty(long_length(1)), faulty(close_early("abc"), body="length")),
        too_long,
        http="1.1",
    ),
    "short-length": Row(
        (faulty(short_length(10)), faulty(short_length(1)), faulty(short_length(3))), too_short, http="1.1"
    ),
    "drop-gzip": Row(
        (
            faulty(cut_gzip(1), body=GZIP),
            faulty(cut_gzip(2), body=GZIP),
            faulty(cut_gzip("abc"), body=GZIP),
        ),
        cut_at_events(cut_gzip, body=GZIP),
        needs_gzip=True,
    ),
    "drop-silent": Row(
        (faulty(truncate(1)), faulty(close_early(1), body="close"), faulty(close_early(1), body="http1.0")),
        cut_silently,
        most=5,
        undetectable=True,
    ),
    "missing-end": Row((faulty(missing_end()), faulty(missing_end(), chunks=("ab",))), streaming("missing-end")),
    "end-record": Row((faulty(HELD_OPEN), faulty(HELD_OPEN, body="close"))),
    "malformed-chunk": Row(
        tuple(faulty(malformed_chunk(after, size=size)) for after, size in ((1, "ZZ"), (0, "ZZ"), (2, "-1"), (1, ""))),
        streaming("malformed-chunk"),
    ),
    "empty-reply": Row((case(Reply(faults=(empty_reply(),))), case(Reply(faults=(empty_reply(reset=True),))))),
    "garbage": Row(
        (case(Reply(faults=(garbage(),))), *(case(Reply(faults=(garbage(bytes=said),))) for said in NO_HTTP))
    ),
    "error-event": Row(
        (
            faulty(error_event(1)),
            faulty(error_event(0)),
            faulty(error_event("abc")),
            faulty(error_event(2)),
            faulty(error_event(1, end_record=True)),
        ),
        reported,
    ),
    "stall": Row((faulty(hang(1)), faulty(hang(0)), case(Reply(faults=(empty_reply(silent=True),)))), lasts=10.0),
    "patience": Row((patient(),), fitted=patient_for, lasts=PATIENCE),
    "silence": Row((silent(),), fitted=silent_for, lasts=SILENCE),
    "slow-head": Row((late_head(),), fitted=late_head_for, lasts=SILENCE),
    "heartbeats": Row((alive(),), fitted=alive_for, lasts=SILENCE),
}

__all__ = ["ROWS", "Segments", "replace"]
