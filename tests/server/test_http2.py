"""HTTP/2 on real sockets: the plan's frames, reads that end where promised, planned endings, what strangers do."""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, assume, given, settings

from mock_ares import faults
from mock_ares.ares.credentials import Credentials
from mock_ares.dialects import Names
from mock_ares.expectation import sent_payload
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.scenario.model import Body, Pace, Pause, Reply
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from mock_ares.server.transport.client_socket import BARRIER
from mock_ares.server.transport.http2.connection import MOST_STREAMS
from tests.plan.strategies import Menu
from tests.plan.test_http2 import framed
from tests.server.http2_ear import Ear, content, ends

EXACT = pytest.mark.skipif(BARRIER.reason is not None, reason=f"no read barrier: {BARRIER.reason}")
FEW = 60 if BARRIER.reason is None else 15
TRIALS = [FEW, pytest.param(1000, marks=pytest.mark.slow)]
SAID = b'{"message":"hi","agent_type":"product","context_id":"c1"}'
ASKED = RequestContext("hi", Names(agent="product", context_id="c1"))
TEXT = "Neural networks learn by example; Größe and 🧠 are two words of theirs."


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeServer]:
    with FakeServer(Settings(speed=math.inf)) as server:
        yield server


@pytest.fixture
def me(fake: FakeServer) -> Credentials:
    return fake.admit("me")


def fields(me: Credentials) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {me.token}"), ("content-type", "application/json")]


def asked(fake: FakeServer, me: Credentials, *replies: Reply) -> Ear:
    """A client that has asked for each of these replies, one behind the other."""
    fake.script(me.id, *replies)
    ear = Ear(fake)
    for number, _ in enumerate(replies):
        ear.answer(ear.ask(fields=fields(me), body=SAID)) if number < len(replies) - 1 else ear.ask(
            fields=fields(me), body=SAID
        )
    return ear


def last(fake: FakeServer, me: Credentials) -> Any:
    return fake.requests(me.id)[-1]


class TestAnswers:
    def test_frames_are_those_of_the_plan(self, fake: FakeServer, me: Credentials) -> None:
        reply = Reply(chunks=("a", "b"), body=Body(padding=3, beside=("ping", "unknown"), trailers={"x-a": "b"}))
        with asked(fake, me, reply) as ear:
            frames = ear.until(lambda found: ends(found, 1))
        script = lay_out(build(reply, RequestContext()), Negotiated("2"))
        plan = b"".join(write.data for write in script.writes)
        heard = b"".join(
            len(payload).to_bytes(3, "big") + bytes((kind, flags)) + bytes(4) + payload
            for kind, flags, stream, payload in frames
            if stream or (kind == 6 and not flags)
        )
        assert heard.endswith(plan) and heard[3] == 1
        exchange = last(fake, me)
        assert (exchange.version, exchange.ending, exchange.status) == ("2", "complete", 200)

    def test_many_at_once_on_one_connection(self, fake: FakeServer, me: Credentials) -> None:
        fake.script(me.id, *(Reply(text=f"answer {number}", pace=Pace(every=0.001)) for number in range(50)))
        with Ear(fake) as ear:
            numbers = [ear.ask(fields=fields(me), body=SAID) for _ in range(50)]
            frames = ear.until(lambda found: all(ends(found, number) for number in numbers))
            said = {content([each for each in frames if each[2] == number]) for number in numbers}
        assert len(said) == 50

    def test_behind_one_another(self, fake: FakeServer, me: Credentials) -> None:
        with asked(fake, me, Reply(text="a"), Reply(status=204), Reply(text="c", body="length")) as ear:
            assert content(ear.answer(5)) == b"data: c\n\n"
        assert [each.status for each in fake.requests(me.id)] == [200, 204, 200]

    def test_head_is_answered_by_a_head(self, fake: FakeServer) -> None:
        with Ear(fake) as ear:
            ((kind, flags, *_),) = ear.answer(ear.ask("/health", method="HEAD"))
        assert (kind, flags & 1) == (1, 1)

    def test_a_little_window(self, fake: FakeServer, me: Credentials) -> None:
        """A client's room is never overstepped, and all arrives."""
        fake.script(me.id, Reply(text="word " * 40, body=Body(frames="whole"), segments="whole"))
        with Ear(fake, window=7) as ear:
            number, room, frames = ear.ask(fields=fields(me), body=SAID), 7, list[tuple[int, int, int, bytes]]()
            while not ends(frames, number):
                frames = ear.until(lambda found, room=room: ends(found, number) or len(content(found)) >= room)
                assert len(content(frames)) <= room
                room += 50
                ear.h2.increment_flow_control_window(50, number)
                ear.tell()
        assert content(frames) == build(Reply(text="word " * 40), RequestContext()).payload

    def test_a_large_body_is_read(self, fake: FakeServer, me: Credentials) -> None:
        body = json.dumps({"message": "m" * 1_500_000}).encode()
        with httpx.Client(http1=False, http2=True) as client:
            answer = client.post(f"{fake.url}/api/chat/stream", content=body, headers=dict(fields(me)), timeout=30)
        assert (answer.http_version, answer.status_code) == ("HTTP/2", 200)
        assert last(fake, me).body_size == len(body)

    def test_errors_are_ordinary_answers(self, fake: FakeServer) -> None:
        with httpx.Client(http1=False, http2=True) as client:
            answer = client.post(f"{fake.url}/api/chat/stream", content=SAID)
        assert answer.status_code == 401 and answer.headers["content-type"]

    def test_an_expected_100(self, fake: FakeServer, me: Credentials) -> None:
        with Ear(fake) as ear:
            head = [(":method", "POST"), (":path", "/api/chat/stream"), (":scheme", "http"), (":authority", ear.host)]
            ear.h2.send_headers(1, [*head, *fields(me), ("expect", "100-continue")])
            ear.tell()
            (first, *_) = [each for each in ear.until(lambda found: any(each[2] for each in found)) if each[2]]
            assert (first[0], first[1] & 1) == (1, 0) and first[3].endswith(b"100")
            ear.h2.send_data(1, SAID, end_stream=True)
            ear.tell()
            assert ends(ear.answer(1), 1)

    def test_a_client_that_gives_up_is_heard_of(self, fake: FakeServer, me: Credentials) -> None:
        fake.script(me.id, Reply(text="a b", pace=Pace(pauses=(Pause(at=1, until="released"),))))
        with Ear(fake) as ear:
            number = ear.ask(fields=fields(me), body=SAID)
            ear.until(lambda found: content(found))
            ear.h2.reset_stream(number, 8)
            ear.tell()
            _wait(lambda: last(fake, me).ending == "client-left")
            assert ends(ear.answer(ear.ask("/health", method="GET")), 3), "the connection goes on"

    @pytest.mark.parametrize("profile", ["docs", "server"])
    def test_an_answer_that_does_not_wait_for_the_body(self, profile: str) -> None:
        with FakeServer(Settings(profile=profile)) as fake, Ear(fake) as ear:
            head = [(":method", "POST"), (":path", "/nowhere"), (":scheme", "http"), (":authority", ear.host)]
            ear.h2.send_headers(1, head)
            ear.h2.send_data(1, b"{", end_stream=profile == "docs")
            ear.tell()
            frames = ear.answer(1)
            assert ends(frames, 1)
            assert ends(ear.answer(ear.ask("/health", method="GET")), 3), "the connection goes on"


class TestBoundaries:
    @EXACT
    @pytest.mark.parametrize("trials", TRIALS)
    def test_no_read_spans_the_end_of_a_segment(self, fake: FakeServer, me: Credentials, trials: int) -> None:
        @settings(max_examples=trials, suppress_health_check=list(HealthCheck), deadline=None)
        @given(framed(menu=Menu(headless=False), promised=True))
        def check(reply: Reply) -> None:
            assume(isinstance(reply.body, Body) and not reply.body.gzip)
            script = lay_out(build(reply, ASKED), Negotiated("2"))
            assume(len(script.writes) < 200 and script.ending.kind != "hang")
            with asked(fake, me, reply) as ear:
                ear.until(lambda found: ends(found, 1))
            heard = b"".join(ear.reads)
            place, cuts = len(heard) - len(script.columns.data), set()
            at = 0
            for read in ear.reads:
                at += len(read)
                cuts.add(at - place)
            wanted, upto = set(), 0
            for write in script.writes:
                upto += len(write.data)
                wanted |= {upto} if write.boundary else set()
            if script.ending.kind in ("complete", "close") and not script.ending.tail:
                assert wanted - {upto} <= cuts

        check()


class TestEndings:
    @pytest.mark.parametrize(
        ("fault", "ending", "kinds"),
        [
            (faults.reset_stream(2), "open", [1, 0, 0, 3]),
            (faults.refuse_stream(), "open", [3]),
            (faults.goaway(2), "close", [1, 0, 0]),
            (faults.goaway(2, then="go on"), "open", [1, 0, 0, 0, 0]),
            (faults.no_end_stream(), "close", [1, 0, 0, 0]),
            (faults.close_early(2), "close", [1, 0, 0]),
            (faults.reset_peer(2), "reset", [1, 0, 0]),
            (faults.empty_reply(), "close", []),
            (faults.broken_frame(2, "padding"), "close", [1, 0, 0, 0]),
            (faults.broken_frame(2, "increment"), "close", [1, 0, 0, 8]),
            (faults.data_past_end(), "open", [1, 0, 0, 0, 0, 0]),
            (faults.short_length(1), "open", [1, 0, 0, 0, 0]),
            (faults.long_length(1), "open", [1, 0, 0, 0, 0]),
        ],
        ids=lambda value: getattr(value, "name", None),
    )
    @pytest.mark.parametrize("pace", [Pace(), Pace(every=0.005)], ids=["at once", "paced"])
    @pytest.mark.parametrize("trials", [10, pytest.param(1000, marks=pytest.mark.slow)])
    def test_each_as_planned(self, fault: Any, ending: str, kinds: list[int], pace: Pace, trials: int) -> None:
        reply = Reply(chunks=("a", "b", "c"), faults=(fault,), pace=pace)
        with FakeServer() as fake:
            me = fake.admit("me")
            for _ in range(trials):
                with asked(fake, me, reply) as ear:
                    frames = ear.until(
                        lambda found: ends(found, 1) and sum(each[2] > 0 for each in found) >= len(kinds)
                    )
                    assert ear.ending == ending
                    assert [kind for kind, _, stream, _ in frames if stream] == kinds
                    assert (7 in [kind for kind, *_ in frames]) == (fault.name in ("goaway", "no_end_stream"))
                    if fault.name not in ("broken_frame", "data_past_end", "refuse_stream", "empty_reply"):
                        assert content(frames) == sent_payload(build(reply, RequestContext()))
                    if ending == "open":
                        assert ends(ear.answer(ear.ask("/health", method="GET")), 3)

    @EXACT
    @pytest.mark.parametrize(
        "fault", [faults.reset_stream(2), faults.reset_peer(2), faults.goaway(2)], ids=lambda f: f.name
    )
    def test_what_lies_before_it_has_been_read(self, fake: FakeServer, me: Credentials, fault: Any) -> None:
        with asked(fake, me, Reply(chunks=("a", "b", "c"), faults=(fault,))) as ear:
            while len(content(ear.frames())) < 18:
                ear.read()
            before = len(ear.frames())
            ear.until(lambda found: ends(found, 1))
            assert len(ear.frames()) - before <= 1
        assert last(fake, me).before_fault == "exact"


class TestStrangers:
    """Each gets an answer, and others go on."""

    def _sent_away(self, fake: FakeServer, data: bytes, *, code: int | None, preface: bool = True) -> None:
        with Ear(fake) as other:
            with Ear(fake) as ear:
                with contextlib.suppress(OSError):  # it was sent away already
                    ear.say(data)
                frames = ear.until(lambda found: any(kind == 7 for kind, *_ in found))
                said = [int.from_bytes(payload[4:8], "big") for kind, _, _, payload in frames if kind == 7]
                assert code is None or said == [code]
                ear.until(lambda found: False)
                assert ear.ending in ("close", "reset")
            assert ends(other.answer(other.ask("/health", method="GET")), 1)

    @pytest.mark.parametrize(
        ("data", "code"),
        [
            (b"\0\0\1\0\0\0\0\0\0x", 1),  # DATA on stream 0
            (b"\xff\xff\xff\0\0\0\0\0\1", 6),  # longer than we take
            (b"\0\0\3\6\0\0\0\0\0abc", 6),  # a PING of three bytes
            (b"\0\0\1\1\4\0\0\0\1\xff", 9),  # no HPACK
            (b"\0\0\4\3\0\0\0\0\x63\0\0\0\0", 1),  # RST_STREAM of a stream that never was
            (b"\0\0\4\x08\0\0\0\0\0\0\0\0\0", 1),  # a window grows by nothing
            (b"\0\0\0\x09\4\0\0\0\1", 1),  # CONTINUATION of nothing
            (b"\0\0\1\1\0\0\0\0\1\x82" + b"\0\0\1\x09\0\0\0\0\1\x82" * 200, None),  # CONTINUATION without end
            (b"\0\0\x08\6\0\0\0\0\0pingping" * 5000, 11),
            (b"\0\0\0\4\0\0\0\0\0" * 5000, 11),
            (b"\0\0\5\2\0\0\0\0\1\0\0\0\0\0" * 5000, 11),  # PRIORITY
        ],
    )
    def test_what_is_wrong_is_told(self, fake: FakeServer, data: bytes, code: int | None) -> None:
        before = len(fake.fake.handshakes)
        self._sent_away(fake, data, code=code)
        assert len(fake.fake.handshakes) > before or len(fake.fake.handshakes) == 100
        assert fake.fake.handshakes[-1].startswith("HTTP/2: ")

    def test_streams_that_are_reset_at_once(self, fake: FakeServer) -> None:
        """CVE-2023-44487."""
        with Ear(fake) as ear:
            head = [(":method", "POST"), (":path", "/api/chat/stream"), (":scheme", "http"), (":authority", "a")]
            try:
                for number in range(1, 4001, 2):
                    ear.h2.send_headers(number, head)
                    ear.h2.reset_stream(number, 8)
                    ear.tell()
            except OSError:
                pass
            ear.until(lambda found: any(kind == 7 for kind, *_ in found))
            assert [int.from_bytes(payload[4:8], "big") for kind, _, _, payload in ear.frames() if kind == 7] in (
                [11],
                [],
            )

    def test_more_streams_at_once_than_may_be(self, fake: FakeServer, me: Credentials) -> None:
        fake.script(me.id, Reply(text="a", faults=(faults.hang(0),)))
        with Ear(fake) as ear:
            for _ in range(MOST_STREAMS + 1):
                try:
                    ear.ask(fields=fields(me), body=SAID)
                except OSError:
                    break
            ear.until(lambda found: any(kind in (3, 7) for kind, *_ in found))
            assert ear.ending == "open" or any(kind == 7 for kind, *_ in ear.frames())

    def test_who_reads_nothing_is_cut_off(self, fake: FakeServer) -> None:
        with Ear(fake) as ear:
            sent, many = 0, b"\0\0\x08\6\0\0\0\0\0pingping" * 2000
            with pytest.raises(OSError):
                while sent < 50_000_000:
                    ear.say(many)
                    sent += len(many)

    @pytest.mark.parametrize("size", [1, 3, 14, 23])
    def test_a_preface_in_two_parts(self, fake: FakeServer, size: int) -> None:
        preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        with Ear(fake, connection=_Slow(fake, size)) as ear:  # type: ignore[arg-type]
            assert ends(ear.answer(ear.ask("/health", method="GET")), 1)
        assert len(preface) == 24

    def test_a_beginning_of_both_is_http1(self, fake: FakeServer) -> None:
        with socket.create_connection(_address(fake)) as client:
            client.sendall(b"P")
            time.sleep(0.05)
            client.sendall(b"OST /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 405")

    def test_half_a_preface(self, fake: FakeServer) -> None:
        with socket.create_connection(_address(fake)) as client:
            client.sendall(b"PRI * HT")
            client.shutdown(socket.SHUT_WR)
            assert b"400" in client.recv(1000)


def test_a_client_that_says_goaway_gets_its_answer(fake: FakeServer, me: Credentials) -> None:
    fake.script(me.id, Reply(text="a b c", pace=Pace(every=0.05)))
    with Ear(fake) as ear:
        number = ear.ask(fields=fields(me), body=SAID)
        ear.until(lambda found: content(found))
        ear.say(b"\0\0\x08\7\0\0\0\0\0" + bytes(8))
        ear.until(lambda found: len(content(found)) > 12)
        ear.say(b"\0\0\4\x08\0\0\0\0\0\0\0\0\1")
        assert content(ear.answer(number)).endswith(b"c\n\n") and ends(ear.frames(), number)


def test_a_stream_of_events_holds_up_nobody(fake: FakeServer) -> None:
    """Who waits for the client's end behind a body waits, and does not ask again and again."""
    with Ear(fake) as ear:
        events = ear.ask("/_mock/api/events", method="GET")
        ear.until(lambda found: any(each[2] == events for each in found))
        for path in ("/_mock/api/requests", "/health"):
            assert ends(ear.answer(number := ear.ask(path, method="GET")), number)
        ear.h2.reset_stream(events, 8)
        ear.tell()
        assert ends(ear.answer(number := ear.ask("/_mock/api/status", method="GET")), number)


class TestLimits:
    def test_one_stream_at_a_time(self) -> None:
        held = Reply(text="a b", pace=Pace(pauses=(Pause(at=1, until="released"),)))
        with FakeServer(Settings(http2_streams=1)) as fake, Ear(fake) as ear:
            me = fake.admit("me")
            fake.script(me.id, held, Reply(text="c"))
            first = ear.ask(fields=fields(me), body=SAID)
            ear.until(lambda found: content(found))
            (settings, *_) = [payload for kind, flags, _, payload in ear.frames() if kind == 4 and not flags]
            assert b"\0\3\0\0\0\1" in settings
            fake.end(me.id)  # resets the connection, and the stream with it
            ear.until(lambda found: ends(found, first))
            assert ear.ending != "open"

    def test_a_body_that_is_given_no_leave(self) -> None:
        with FakeServer(Settings(http2_window=0)) as fake, Ear(fake) as ear:
            assert ends(ear.answer(ear.ask("/health", method="GET")), 1), "without a body it is answered"
            ear.h2.receive_data(b"".join(ear.reads))
            ear.h2.send_headers(3, [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", ear.host)])
            assert ear.h2.local_flow_control_window(3) == 0

    def test_windows_that_grow_with_the_answer_are_no_flood(self, fake: FakeServer, me: Credentials) -> None:
        chunks = 1500
        with asked(fake, me, Reply(chunks=("a",) * chunks)) as ear:
            while not ends(ear.frames(), 1) and ear.ending == "open":
                ear.read()
                ear.say(b"\0\0\4\x08\0\0\0\0\0\0\0\0\1" * 2)
            assert ends(ear.frames(), 1)

    @pytest.mark.parametrize("wrong", [{"http2_streams": -1}, {"http2_window": 2**31}])
    def test_what_is_no_limit(self, wrong: Any) -> None:
        with pytest.raises(ValueError, match="expected a whole number"):
            Settings(**wrong)


class TestVersions:
    def test_1_alone(self) -> None:
        with FakeServer(Settings(http="1.1")) as fake, socket.create_connection(_address(fake)) as client:
            client.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            assert b"HTTP/2 with prior knowledge, which is not spoken here" in client.recv(1000)

    def test_2_alone(self) -> None:
        with FakeServer(Settings(http="2")) as fake:
            answer = httpx.get(f"{fake.url}/health")
            assert answer.status_code == 505 and "HTTP/2 alone" in answer.text
            with httpx.Client(http1=False, http2=True) as client:
                assert client.get(f"{fake.url}/health").text == "OK"

    @pytest.mark.parametrize(("http", "version"), [("1.1", "HTTP/1.1"), ("2", "HTTP/2"), ("both", "HTTP/2")])
    def test_over_tls_alpn_chooses(
        self, http: Any, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        with FakeServer(Settings(tls=True, http=http)) as fake:
            me = fake.admit("me")
            fake.script(me.id, Reply(text=TEXT, segments="event"))
            with httpx.Client(http2=True, verify=ssl.create_default_context(cafile=fake.ca)) as client:
                answer = client.post(f"{fake.url}/api/chat/stream", content=SAID, headers=dict(fields(me)))
            assert answer.http_version == version and answer.status_code == 200
            assert last(fake, me).boundaries == ("exact" if BARRIER.reason is None else "best-effort")


def test_it_stops_with_streams_open(me: Credentials) -> None:
    with ExitStack() as stack:
        fake = stack.enter_context(FakeServer())
        me = fake.admit("me")
        ear = stack.enter_context(asked(fake, me, Reply(text="a", faults=(faults.hang(1),))))
        ear.until(lambda found: content(found))
    assert ear.ending == "open" or ear.ending == "reset"


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
def test_curl(fake: FakeServer, me: Credentials) -> None:
    fake.script(me.id, Reply(text=TEXT, segments="event"))
    line = ["curl", "-sN", "--http2-prior-knowledge", "-d", SAID.decode(), f"{fake.url}/api/chat/stream"]
    for name, value in fields(me):
        line += ["-H", f"{name}: {value}"]
    done = subprocess.run(line, capture_output=True, timeout=30, check=True)
    assert done.stdout == build(Reply(text=TEXT), RequestContext()).payload


class _Slow:
    """A socket whose first bytes leave in two parts."""

    def __init__(self, fake: FakeServer, size: int) -> None:
        self._socket = socket.create_connection(_address(fake))
        self._size = size

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def sendall(self, data: bytes) -> None:
        if self._size:
            self._socket.sendall(data[: self._size])
            time.sleep(0.05)  # so that they come in two reads; in one the test says less
            data, self._size = data[self._size :], 0
        self._socket.sendall(data)


def _address(fake: FakeServer) -> tuple[str, int]:
    host, port = fake.url.rpartition("/")[2].rsplit(":", 1)
    return host, int(port)


def _wait(over: Any) -> None:
    deadline = time.monotonic() + 20
    while not over():
        assert time.monotonic() < deadline
        time.sleep(0.01)
