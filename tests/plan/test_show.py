"""Timelines, as a reader sees them."""

from __future__ import annotations

import re

from hypothesis import given

from mock_ares import faults
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.scenario.model import Body, Framing, Pace, Pause, Position, Reply, Segments
from mock_ares.server.replies.timeline import timeline
from tests.plan.strategies import PEERS, replies


def shown(reply: Reply, peer: Negotiated = Negotiated(), *, most: int | None = 40, tls: bool = False) -> list[str]:
    return list(timeline(build(reply, RequestContext()), peer, most=most, tls=tls))


def test_a_plan_from_its_head_to_its_end() -> None:
    reply = Reply(
        text="Größe lernt",
        pace=Pace(head=0.1, every=0.25),
        segments=Segments(at=(9,)),
        interim=(103,),
        faults=(faults.reset_peer(Position(time=0.5)),),
        seed=7,
    )
    assert shown(reply) == [
        "dialect text, body chunked, seed 7",
        "2 chunks of text, 29 of 29 bytes of payload, 44 bytes on the wire behind the head, 3 writes",
        "faults: reset_peer",
        "a correct client: error, as the connection is reset",
        "text: 'Größe lernt'",
        "",
        "    100.0 ms  interim response, 28 bytes",
        "               HTTP/1.1 103 Early Hints",
        "    100.0 ms  head, 105 bytes",
        "               HTTP/1.1 200 OK",
        "               content-type: text/event-stream",
        "               cache-control: no-cache",
        "               transfer-encoding: chunked",
        "               - - - - a read ends here - - - -",
        "    100.0 ms  write 1, 14 bytes; chunk 1 begins",
        "         000000  39 0d 0a 64 61 74 61 3a 20 47 72 c3 0d 0a        |9..data: Gr...|",
        "               - - - - a read ends here - - - -",
        "    100.0 ms  write 2, 11 bytes",
        "         000000  36 0d 0a b6 c3 9f 65 0a 0a 0d 0a                 |6.....e....|",
        "    350.0 ms  write 3, 19 bytes; chunk 2 begins",
        "         000000  65 0d 0a 64 61 74 61 3a 20 20 6c 65 72 6e 74 0a  |e..data:  lernt.|",
        "         000010  0a 0d 0a                                         |...|",
        "               - - - - the client has read all this - - - -",
        "    500.0 ms  the connection is reset (RST)",
    ]


def test_no_response() -> None:
    assert shown(Reply(faults=(faults.empty_reply(reset=True),))) == [
        "no response",
        "0 bytes of payload, 0 bytes on the wire, 0 writes",
        "faults: empty_reply",
        "a correct client: error, as there is no HTTP response",
        "",
        "      0.0 ms  the connection is reset (RST)",
    ]


def test_what_this_client_gets() -> None:
    reply = Reply(text="a", body=Body(gzip="event"))
    assert shown(reply, Negotiated(gzip=True))[0] == "dialect text, body chunked, gzip (event), seed 0"
    assert shown(reply)[0] == "dialect text, body chunked, seed 0"
    assert shown(reply, Negotiated("1.0", keep_alive=False))[0] == "dialect text, body close, seed 0"


def test_how_it_ends() -> None:
    for reply, end in (
        (Reply(text="a"), "complete; the connection stays open"),
        (Reply(text="a", body="close"), "complete; the connection is closed"),
        (Reply(text="a", faults=(faults.close_early(1),)), "the connection is closed (FIN)"),
        (Reply(text="a", pace=Pace(pauses=(Pause(1),))), "silence until the client leaves"),
        (
            Reply(text="a", body="close", pace=Pace(pauses=(Pause(1),), keep_alive=15.0)),
            "silence until the client leaves, but for 14 bytes every 15 s: : keep-alive..",
        ),
    ):
        assert shown(reply)[-1] == f"      0.0 ms  {end}"


def test_where_it_waits() -> None:
    pauses = tuple(Pause(at, until="released") for at in (0, "a", 2))
    waits = [line for line in shown(Reply(text="ab c", pace=Pace(pauses=pauses, keep_alive=5.0))) if "released" in line]
    comments = ", but for 19 bytes every 5 s: e..: keep-alive...."
    assert waits == [
        f"      0.0 ms  silence until released{more}; moments go on from here" for more in (comments, "", comments)
    ]


def test_of_many_writes_the_middle_is_left_out() -> None:
    reply = Reply(text="x" * 20_000, chunks="characters")
    lines = shown(reply, most=4)
    writes = [line for line in lines if " write " in line and " begin" in line]
    assert [re.sub(r".*(write \d+,).*(chunk \d+).*", r"\1 \2", line) for line in writes] == [
        "write 1, chunk 1",
        "write 2, chunk 2",
        "write 19999, chunk 19999",
        "write 20000, chunk 20000",
    ]
    assert "               ... 19996 writes left out; --all shows them" in lines
    assert sum(" write " in line for line in shown(reply, most=None)) == 20_000


def test_of_a_long_write_the_middle_is_left_out() -> None:
    reply = Reply(text="x" * 1000, chunks="whole")
    assert "               ... 56 lines left out" in shown(reply)
    assert "left out" not in "".join(shown(reply, most=None))


def test_several_chunks_begin_in_one_write() -> None:
    assert "write 1, 40 bytes; chunks 1 to 3 begin" in "\n".join(shown(Reply(text="a b c", segments="whole")))


def test_control_characters_are_escaped_and_wide_ones_shown() -> None:
    lines = shown(Reply(text="中🧠\x1b[31m\u202e", framing=Framing(first=(": \x07",))))
    assert r"text: '中🧠\x1b[31m\u202e'" in lines


@given(replies(), PEERS)
def test_every_line_can_be_printed_and_every_byte_is_there(reply: Reply, peer: Negotiated) -> None:
    lines = shown(reply, peer, most=None)
    assert all(line.isprintable() for line in lines)
    dumped = [line[17:65] for line in lines if re.match(r" {9}[0-9a-f]{6} {2}", line)]
    assert bytes.fromhex("".join(dumped)) == b"".join(
        write.data for write in lay_out(build(reply, RequestContext()), peer).writes
    )
    moments = [float(line.split(" ms")[0]) for line in lines if re.match(r" *[0-9.]+ ms  ", line)]
    assert moments == sorted(moments)


def test_over_tls_records_end_with_reads() -> None:
    lines = shown(Reply(chunks=("a", "b"), segments="event", body="close"), tls=True)
    assert sum("a read ends here, and a TLS record" in line for line in lines) == 3
    assert lines[-1].endswith("complete; the connection is closed, behind close_notify")
    assert "close_notify" not in shown(Reply(text="a"), tls=True)[-1]
    cut = Reply(text="a", faults=(faults.close_early(0),))
    assert shown(cut, tls=True)[-1].endswith("the connection is closed (FIN)")


def test_how_tls_breaks_off_is_told_anyway() -> None:
    says = {
        "no-close-notify": "the connection is closed (FIN), without close_notify",
        "inside-record": "the connection is closed (FIN), inside a TLS record",
        "alert": "the connection is closed (FIN), behind a fatal TLS alert",
        "bad-record": "the connection is closed (FIN), behind a TLS record that cannot be decrypted",
    }
    for how, said in says.items():
        assert shown(Reply(text="a", faults=(faults.drop_tls(0, how),)))[-1].endswith(said)  # type: ignore[arg-type]
