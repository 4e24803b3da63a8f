"""Scripts, byte by byte: what HTTP puts around a payload, and when it leaves."""

from __future__ import annotations

import zlib
from typing import Any

import pytest

from mock_ares import faults
from mock_ares.plan.build import RequestContext, answer, build
from mock_ares.plan.columns import Write
from mock_ares.plan.http.layout import head_only, lay_out
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.model import Script
from mock_ares.plan.positions import PlanError
from mock_ares.scenario.fault import Fault
from mock_ares.scenario.model import Body, Framing, Pace, Pause, Position, Reply, Segments
from mock_ares.scenario.stream import Segmentation
from tests.plan.words import Gzip

AB = ("a", "b")
"""Two events of 9 bytes."""
OLD = Negotiated("1.0", keep_alive=False)


def script(reply: Reply, peer: Negotiated = Negotiated()) -> Script:
    return lay_out(build(reply, RequestContext()), peer)


def data(reply: Reply, peer: Negotiated = Negotiated()) -> list[bytes]:
    return [write.data for write in script(reply, peer).writes]


def field(found: Script, name: str) -> str | None:
    assert found.head is not None
    values = [value for key, value in found.head.headers if key == name]
    assert len(values) <= 1
    return values[0] if values else None


class TestChunked:
    def test_an_event_is_an_http_chunk(self) -> None:
        assert data(Reply(chunks=AB)) == [b"9\r\ndata: a\n\n\r\n", b"9\r\ndata: b\n\n\r\n0\r\n\r\n"]

    def test_of_a_number_of_bytes(self) -> None:
        body = Body(http_chunks=12)
        assert data(Reply(chunks=AB, body=body)) == [b"c\r\ndata: a\n\ndat\r\n", b"6\r\na: b\n\n\r\n0\r\n\r\n"]

    def test_extensions_stand_behind_each_size_and_trailers_behind_the_last(self) -> None:
        body = Body(extensions=';a="b % c"', trailers={"x-sum": "1", "x-b": "\xe9"})
        reply = Reply(chunks=("a",), body=body)
        assert data(reply) == [
            b'9;a="b % c"\r\ndata: a\n\n\r\n0;a="b % c"\r\nx-sum: 1\r\nx-b: \xe9\r\n\r\n',
        ]
        assert field(script(reply), "trailer") == "x-sum, x-b"

    @pytest.mark.parametrize(("sizes", "first"), [("capitals", b"A\r\n"), ("zeros", b"00a\r\n")])
    def test_sizes_written_otherwise(self, sizes: Any, first: bytes) -> None:
        assert data(Reply(chunks=("ab",), body=Body(sizes=sizes)))[0].startswith(first)

    @pytest.mark.parametrize(
        ("reads", "parts"),
        [
            ("size", [b"9", b"\r", b"\ndata: a\n\n\r\n0", b"\r", b"\n\r\n"]),
            ("crlf", [b"9\r\ndata: a\n\n", b"\r", b"\n0\r\n\r\n"]),
            ("last", [b"9\r\ndata: a\n\n\r\n0", b"\r", b"\n", b"\r", b"\n"]),
        ],
    )
    def test_reads_end_inside_what_http_puts_around(self, reads: Any, parts: list[bytes]) -> None:
        found = script(Reply(chunks=("a",), segments="event", body=Body(reads=reads))).writes
        assert [write.data for write in found] == parts
        assert all(write.boundary for write in found)

    def test_reads_that_end_in_the_head_leave_the_body_as_it_is(self) -> None:
        found = script(Reply(chunks=("a",), segments="event", body=Body(reads="head", http_chunks="whole")))
        assert found.head_parted and len(found.writes) == 1
        assert not script(Reply(chunks=("a",), body=Body(reads="head"))).head_parted  # where none are promised

    @pytest.mark.parametrize(("connection", "ending"), [("idle-close", "close"), ("idle-reset", "reset")])
    def test_a_connection_that_ends_while_it_is_idle_is_promised_to_stay(self, connection: Any, ending: str) -> None:
        found = script(Reply(chunks=("a",), body=Body(connection=connection)))
        assert (found.ending.kind, found.keep_alive, found.before_fault) == (ending, False, len(found.writes))
        assert field(found, "connection") is None and found.writes[-1].data.endswith(b"0\r\n\r\n")

    def test_a_body_that_ends_with_its_connection_has_no_idle_one(self) -> None:
        with pytest.raises(ValueError, match="framing close ends its connection"):
            Body("close", connection="idle-close")

    def test_reads_are_not_told_for_http_chunks_that_they_do_not_make(self) -> None:
        with pytest.raises(ValueError, match="leave http_chunks out"):
            Body(reads="size", http_chunks="whole")

    def test_one_http_chunk_over_all_time(self) -> None:
        writes = script(Reply(chunks=AB, body=Body(http_chunks="whole"), pace=Pace(every=1.0))).writes
        assert writes == (
            Write(0.0, b"12\r\ndata: a\n\n", False, 9),
            Write(1.0, b"data: b\n\n\r\n0\r\n\r\n", False, 18),
        )

    def test_by_default_a_segment_that_takes_time_is_several_http_chunks(self) -> None:
        reply = Reply(chunks=AB, segments=Segments(at=(3, 12)), pace=Pace(every=1.0))
        assert script(reply).writes == (
            Write(0.0, b"3\r\ndat\r\n", True, 3),
            Write(0.0, b"6\r\na: a\n\n\r\n", False, 9),
            Write(1.0, b"3\r\ndat\r\n", True, 12),
            Write(1.0, b"6\r\na: b\n\n\r\n0\r\n\r\n", True, 18),
        )

    def test_a_pause_inside_an_event_keeps_the_http_chunk_where_that_is_asked_for(self) -> None:
        pace = Pace(pauses=(Pause(Position(byte=4), 1.0),))
        together = script(Reply(chunks=("a",), pace=pace, body=Body(http_chunks="event"))).writes
        assert [(write.at, write.data) for write in together] == [
            (0.0, b"9\r\ndata"),
            (1.0, b": a\n\n\r\n0\r\n\r\n"),
        ]
        apart = script(Reply(chunks=("a",), pace=pace)).writes
        assert [write.data for write in apart] == [b"4\r\ndata\r\n", b"5\r\n: a\n\n\r\n0\r\n\r\n"]

    def test_nothing_is_said(self) -> None:
        assert data(Reply(text="")) == [b"0\r\n\r\n"]


class TestSegments:
    @pytest.mark.parametrize("segments", ["event", Segments(every=4), "byte"])
    def test_each_is_a_write_of_its_own(self, segments: Segmentation) -> None:
        found = script(Reply(chunks=AB, segments=segments, body="close"))
        step = {"event": 9, "byte": 1}.get(str(segments), 4)
        assert [write.upto for write in found.writes] == [*range(step, 18, step), 18]
        assert all(write.boundary for write in found.writes) and found.head_boundary

    def test_whole_leaves_with_its_head_when_all_is_known(self) -> None:
        found = script(Reply(chunks=AB, segments="whole", pace=Pace(every=1.0)))
        assert found.writes == (Write(1.0, b"12\r\ndata: a\n\ndata: b\n\n\r\n0\r\n\r\n", True, 18),)
        assert not found.head_boundary

    def test_none_is_promised(self) -> None:
        found = script(Reply(chunks=AB, segments="free"))
        assert not any(write.boundary for write in found.writes) and not found.head_boundary

    def test_what_is_said_at_one_time_does_not_wait_for_the_end_of_its_segment(self) -> None:
        found = script(Reply(chunks=AB, segments=Segments(every=10), pace=Pace(every=1.0), body="close"))
        assert [(write.at, write.upto, write.boundary) for write in found.writes] == [
            (0.0, 9, False), (1.0, 10, True), (1.0, 18, True),
        ]  # fmt: skip

    def test_an_http_chunk_may_span_several(self) -> None:
        reply = Reply(chunks=("a",), segments=Segments(at=(4,)), body=Body(http_chunks="event"))
        assert data(reply) == [b"9\r\ndata", b": a\n\n\r\n0\r\n\r\n"]

    def test_a_segment_may_span_several_http_chunks(self) -> None:
        reply = Reply(chunks=AB, segments="whole", body=Body(http_chunks=9))
        assert data(reply) == [b"9\r\ndata: a\n\n\r\n9\r\ndata: b\n\n\r\n0\r\n\r\n"]


class TestGzip:
    def test_each_event_can_be_read_by_itself(self) -> None:
        found = script(Reply(chunks=AB, body=Body("close", gzip="event")), Negotiated(gzip=True))
        unzip = zlib.decompressobj(31)
        assert [unzip.decompress(write.data) for write in found.writes] == [b"data: a\n\n", b"data: b\n\n"]
        assert unzip.eof and field(found, "content-encoding") == "gzip" and field(found, "vary") == "accept-encoding"

    def test_what_stands_before_a_pause_can_be_read_before_it(self) -> None:
        pace = Pace(pauses=(Pause(Position(byte=4), 1.0),))
        first, _ = data(Reply(chunks=("a",), pace=pace, body=Body("close", gzip="event")), Negotiated(gzip=True))
        assert zlib.decompressobj(31).decompress(first) == b"data"

    def test_buffered_nothing_leaves_before_the_end(self) -> None:
        reply = Reply(chunks=AB, body=Body("close", gzip="whole"), pace=Pace(every=1.0))
        *_, last = script(reply, Negotiated(gzip=True)).writes
        assert last.at == 1.0
        assert zlib.decompress(b"".join(data(reply, Negotiated(gzip=True))), 31) == b"data: a\n\ndata: b\n\n"

    def test_a_promised_read_is_flushed_even_so(self) -> None:
        reply = Reply(chunks=AB, body=Body("close", gzip="whole"), segments=Segments(at=(4,)))
        first, second = data(reply, Negotiated(gzip=True))
        unzip = zlib.decompressobj(31)
        assert (unzip.decompress(first), unzip.decompress(second)) == (b"data", b": a\n\ndata: b\n\n")

    def test_what_was_not_asked_for_is_not_done(self) -> None:
        reply = Reply(chunks=AB, body=Body(gzip="event"))
        assert data(reply) == data(Reply(chunks=AB))
        assert field(script(reply), "content-encoding") is None

    def test_nothing_at_all_is_a_member_too(self) -> None:
        (only,) = data(Reply(text="", body=Body("close", gzip="event")), Negotiated(gzip=True))
        assert zlib.decompress(only, 31) == b""


class TestLength:
    @pytest.mark.parametrize("gzip", [None, "event", "whole"])
    def test_of_all_that_comes(self, gzip: Gzip | None) -> None:
        reply = Reply(chunks=AB, body=Body("length", gzip=gzip))
        found = script(reply, Negotiated(gzip=True))
        assert field(found, "content-length") == str(found.size)

    @pytest.mark.parametrize("stop", range(19))
    @pytest.mark.parametrize("gzip", [None, "event", "whole"])
    def test_of_a_cut_body_is_the_whole_ones(self, gzip: Gzip | None, stop: int) -> None:
        body = Body("length", gzip=gzip)
        fault = faults.close_early(Position(byte=stop))
        found = script(Reply(chunks=AB, body=body, faults=(fault,)), Negotiated(gzip=True))
        length = int(field(found, "content-length") or -1)
        if gzip is None:
            assert (length, found.size) == (18, stop)
        else:
            unzip = zlib.decompressobj(31)
            assert unzip.decompress(b"".join(write.data for write in found.writes)) == b"data: a\n\ndata: b\n\n"[:stop]
            assert not unzip.eof and found.size < length < found.size + 60

    def test_of_a_truncated_body_is_its_own(self) -> None:
        found = script(Reply(chunks=AB, body="length", faults=(faults.truncate(1),)))
        assert field(found, "content-length") == "9"

    @pytest.mark.parametrize("gzip", [None, "event"])
    def test_wrong_ones_are_wrong_by_as_much_as_they_say(self, gzip: Gzip | None) -> None:
        body = Body("length", gzip=gzip)
        for fault, delta in ((faults.long_length(7), 7), (faults.short_length(7), -7)):
            found = script(Reply(chunks=AB, body=body, faults=(fault,)), Negotiated(gzip=True))
            assert field(found, "content-length") == str(found.size + delta)
            whole = b"".join(write.data for write in found.writes)
            assert (zlib.decompress(whole, 31) if gzip else whole) == b"data: a\n\ndata: b\n\n"

    def test_none_is_below_nothing(self) -> None:
        assert field(script(Reply(chunks=AB, faults=(faults.short_length(18),))), "content-length") == "0"
        with pytest.raises(PlanError, match=r"^short_length: the body has 18 bytes, and 19 less is less than none$"):
            script(Reply(chunks=AB, faults=(faults.short_length(19),)))
        compressed = Reply(text="a" * 999, chunks="whole", body=Body(gzip="whole"), faults=(faults.short_length(900),))
        with pytest.raises(PlanError, match=r"^short_length: the compressed body has [0-9]+ bytes, and 900 less"):
            script(compressed)

    @pytest.mark.parametrize("status", [204, 304])
    def test_where_there_is_no_body_there_is_none(self, status: int) -> None:
        for reply in (Reply(text=""), Reply(text="", body=Body("chunked", gzip="event"))):
            found = lay_out(answer(status, (), b"", reply), Negotiated(gzip=True))
            assert found.writes == () and found.keep_alive
            assert found.head is not None
            assert {"content-length", "transfer-encoding", "content-encoding"}.isdisjoint(dict(found.head.headers))


CLOSING = {
    "an ordinary reply stays open": (Reply(text="a"), Negotiated(), None, True),
    "the client closes": (Reply(text="a"), Negotiated(keep_alive=False), "close", False),
    "the reply says so": (Reply(text="a", body=Body(connection="close")), Negotiated(), "close", False),
    "a body ended by the close": (Reply(text="a", body="close"), Negotiated(), "close", False),
    "HTTP/1.0": (Reply(text="a", body="http1.0"), Negotiated(), "close", False),
    "a 1.0 client": (Reply(text="a"), OLD, "close", False),
    "a 1.0 client that may stay": (Reply(text="a", body="length"), Negotiated("1.0"), "keep-alive", True),
    "a 1.0 client that cannot stay": (Reply(text="a"), Negotiated("1.0"), "close", False),
    "FIN is the point": (Reply(text="a", faults=(faults.close_early(1),)), Negotiated(), None, False),
    "RST is the point": (Reply(text="a", faults=(faults.reset_peer(1),)), Negotiated(), None, False),
    "silence is the point": (Reply(text="a", faults=(faults.hang(1),)), Negotiated(), None, False),
    "the missing bytes are the point": (Reply(text="a", faults=(faults.long_length(),)), Negotiated(), None, False),
    "FIN is announced": (
        Reply(text="a", body=Body(connection="close"), faults=(faults.close_early(1),)), Negotiated(), "close", False,
    ),
    "FIN ends the body anyway": (
        Reply(text="a", body="close", faults=(faults.close_early(1),)), Negotiated(), "close", False,
    ),
    "the HTTP chunk is the point": (Reply(text="a", faults=(faults.malformed_chunk(1),)), Negotiated(), "close", False),
    "what is too much would be the next response": (
        Reply(text="a", faults=(faults.short_length(),)), Negotiated(), "close", False,
    ),
    "HTTP shows nothing": (Reply(text="a b", faults=(faults.truncate(1),)), Negotiated(), None, True),
}  # fmt: skip


@pytest.mark.parametrize(("reply", "peer", "connection", "stays"), CLOSING.values(), ids=list(CLOSING))
def test_what_will_be_ended_says_so(reply: Reply, peer: Negotiated, connection: str | None, stays: bool) -> None:
    found = script(reply, peer)
    assert (field(found, "connection"), found.keep_alive) == (connection, stays)


class TestOldClients:
    def test_get_no_http_chunks_and_nothing_before_the_head(self) -> None:
        body = Body(extensions=";a", trailers={"x": "1"}, http_chunks=3)
        found = script(Reply(chunks=AB, body=body, interim=(100, 103)), OLD)
        assert [write.data for write in found.writes] == [b"data: a\n\n", b"data: b\n\n"]
        assert found.head is not None and found.head.interim == () and found.head.version == "1.1"
        assert {"transfer-encoding", "trailer"}.isdisjoint(dict(found.head.headers))

    @pytest.mark.parametrize("fault", [faults.malformed_chunk(1), faults.close_early(1, inside_http_chunk=True)])
    def test_get_no_broken_ones_either(self, fault: Fault) -> None:
        assert data(Reply(chunks=AB, faults=(fault,)), OLD) == [b"data: a\n\n"]


class TestEndings:
    @pytest.mark.parametrize(
        ("after", "wire"),
        [
            (Position(byte=0), [b"9\r\n"]),
            (Position(byte=4), [b"9\r\ndata"]),
            (Position(byte=9), [b"12\r\ndata: a\n\n"]),
            (Position(byte=11), [b"9\r\ndata: a\n\n\r\n", b"9\r\nda"]),
            (Position(byte=18), [b"9\r\ndata: a\n\n\r\n", b"a\r\ndata: b\n\n"]),
        ],
        ids=str,
    )
    def test_inside_an_http_chunk(self, after: Position, wire: list[bytes]) -> None:
        reply = Reply(chunks=AB, faults=(faults.reset_peer(after, inside_http_chunk=True),))
        assert data(reply) == wire

    def test_a_malformed_http_chunk_follows_what_was_good(self) -> None:
        fault = faults.malformed_chunk(Position(byte=4), size="QQ")
        assert data(Reply(chunks=AB, faults=(fault,))) == [b"4\r\ndata\r\n", b"QQ\r\ndata: \r\n"]

    @pytest.mark.parametrize(
        ("reply", "read_before"),
        [
            (Reply(chunks=AB), None),
            (Reply(chunks=AB, body="close"), None),
            (Reply(chunks=AB, faults=(faults.close_early(1),)), 1),
            (Reply(chunks=AB, body="length", faults=(faults.close_early(2),)), 2),
            (Reply(chunks=AB, faults=(faults.reset_peer(0),)), 0),
            (Reply(chunks=AB, faults=(faults.reset_peer(0, inside_http_chunk=True),)), 1),
            (Reply(chunks=AB, faults=(faults.malformed_chunk(1),)), 1),
            (Reply(chunks=AB, faults=(faults.malformed_chunk(0),)), 0),
            (Reply(chunks=AB, segments="whole", faults=(faults.malformed_chunk(2),)), 1),
            (Reply(chunks=AB, body=Body(gzip="event"), faults=(faults.cut_gzip(1),)), 1),
            (Reply(chunks=AB, faults=(faults.long_length(),)), 2),
            (Reply(chunks=AB, faults=(faults.short_length(),)), None),
            (Reply(chunks=AB, faults=(faults.hang(1),)), None),
            (Reply(chunks=AB, faults=(faults.truncate(1),)), None),
            (Reply(faults=(faults.empty_reply(reset=True),)), None),
            (Reply(faults=(faults.garbage(),)), None),
        ],
    )
    def test_what_an_error_of_the_body_could_take_back_is_read_before(
        self, reply: Reply, read_before: int | None
    ) -> None:
        found = lay_out(build(reply, RequestContext()), Negotiated(gzip=True))
        assert found.before_fault == read_before
        if read_before is not None:
            assert head_only(found).before_fault == 0

    def test_the_end_has_its_own_time(self) -> None:
        for fault in (faults.close_early, faults.reset_peer, faults.hang):
            found = script(Reply(chunks=AB, pace=Pace(every=1.0), faults=(fault(Position(time=0.5)),)))
            assert ([write.upto for write in found.writes], found.ending.at) == ([9], 0.5)

    def test_the_last_chunk_too(self) -> None:
        found = script(Reply(chunks=AB, faults=(faults.truncate(Position(time=2.0)),)))
        assert found.writes[-1] == Write(2.0, b"0\r\n\r\n", False, 18)

    def test_no_response(self) -> None:
        pace = Pace(head=1.0)
        empty = script(Reply(text="a", pace=pace, faults=(faults.empty_reply(),)))
        assert (empty.head, empty.writes, empty.ending.kind, empty.ending.at) == (None, (), "close", 1.0)
        garbage = script(Reply(text="a", pace=pace, faults=(faults.garbage("\xff"),)))
        assert (garbage.head, garbage.writes) == (None, (Write(1.0, b"\xff", False),))
        assert not empty.keep_alive and not garbage.keep_alive


class TestHeartbeat:
    """While a reply hangs, comments may go on; the script has them as they go over the wire."""

    PACE = Pace(keep_alive=5.0, pauses=(Pause(1),))

    def beat(self, body: Body, pace: Pace = PACE, **words: Any) -> tuple[Script, tuple[float, bytes] | None]:
        found = script(Reply(chunks=AB, pace=pace, body=body, **words), Negotiated(gzip=True))
        return found, found.ending.heartbeat

    def test_is_an_http_chunk(self) -> None:
        _, beat = self.beat(Body(extensions=";a"))
        assert beat == (5.0, b"e;a\r\n: keep-alive\n\n\r\n")

    def test_is_plain_in_a_body_ended_by_the_close(self) -> None:
        assert self.beat(Body("close"))[1] == (5.0, b": keep-alive\n\n")

    def test_has_no_room_in_a_length(self) -> None:
        assert self.beat(Body("length"))[1] is None

    @pytest.mark.parametrize("gzip", ["event", "whole"])
    @pytest.mark.parametrize("after", [0, 1, 2])
    def test_can_be_decompressed_again_and_again(self, gzip: Gzip, after: int) -> None:
        pace = Pace(keep_alive=5.0, pauses=(Pause(after),))
        found, beat = self.beat(Body("close", gzip=gzip), pace)
        assert beat is not None
        unzip = zlib.decompressobj(31)
        unzip.decompress(b"".join(write.data for write in found.writes))
        assert [unzip.decompress(beat[1]) for _ in range(3)] == [b": keep-alive\n\n"] * 3

    def test_does_not_tear_an_event(self) -> None:
        assert self.beat(Body(), Pace(keep_alive=5.0, pauses=(Pause(Position(byte=4)),)))[1] is None

    def test_has_the_line_ends_of_the_rest(self) -> None:
        assert self.beat(Body("close"), framing=Framing(newline="crlf"))[1] == (5.0, b": keep-alive\r\n\r\n")


def test_both_say_what_the_answer_varies_with() -> None:
    found = script(Reply(text="a", headers={"Vary": "x"}, body=Body(gzip="event")), Negotiated(gzip=True))
    assert found.head is not None
    assert [value for name, value in found.head.headers if name.lower() == "vary"] == ["x", "accept-encoding"]
