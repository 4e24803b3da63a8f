"""The same questions by HTTP/2: what came, how it ended, and what is said where nobody speaks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mock_ares import faults
from mock_ares.scenario.model import Reply
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from mock_ares.verify.asking import Asker
from mock_ares.verify.exchange import HttpAnswer, NoAnswerError, Probe, post
from mock_ares.verify.run import Verification
from tests.verify.rig import PROFILES, fake, plain, serving, with_verdict

ASK = post("/api/chat/stream", {"message": "hi"}, "jwt")


@pytest.mark.parametrize("profile", PROFILES)
def test_the_fake_is_as_it_is(profile: str) -> None:
    with fake(profile) as server:
        me = server.credentials()
        run = Verification(Asker(server.url, timeout=5, http="2"), "", {"jwt": me.token}, write=True)
        run.run()
        assert {exchange.version for exchange in server.requests()} == {"2"}
    assert (run.profile, with_verdict(run, "differs"), with_verdict(run, "unanswered")) == (profile, [], [])
    assert run.status == 0


def answer(reply: Reply) -> HttpAnswer:
    with FakeServer(Settings(speed=100)) as server:
        me = server.credentials()
        server.script(me.id, reply)
        return Asker(server.url, timeout=2, http="2").ask(ASK, {"jwt": me.token})


@pytest.mark.parametrize(
    ("fault", "ending"),
    [
        (faults.reset_stream(2), "the stream was reset (INTERNAL_ERROR)"),
        (faults.goaway(2), "the connection ended before the stream did"),
        (faults.goaway(2, "below"), "the connection goes away (NO_ERROR)"),
        (faults.goaway(2, then="go on"), ""),
        (faults.no_end_stream(), "the connection ended before the stream did"),
        (faults.close_early(2), "the connection ended before the stream did"),
        (faults.reset_peer(after=2), "the connection was lost: "),
        (faults.long_length(1), "it breaks HTTP/2's framing: "),
        (faults.broken_frame(2), "it breaks HTTP/2's framing: "),
    ],
)
def test_how_an_answer_ends(fault: Any, ending: str) -> None:
    heard = answer(Reply(chunks=("a", "b", "c", "d"), faults=(fault,), segments="event"))
    assert heard.status == 200 and heard.field("content-type") == "text/event-stream"
    assert heard.body.startswith(b"data: a\n\ndata: b\n\n")
    assert heard.ending.startswith(ending) and bool(heard.ending) == bool(ending)


def test_silence_is_given_up() -> None:
    heard = answer(Reply(chunks=("a", "b"), faults=(faults.hang(after=1),)))
    assert (heard.body, heard.ending, heard.endless) == (b"data: a\n\n", "no byte for 2 s", True)


def test_no_answer_at_all() -> None:
    with pytest.raises(NoAnswerError, match=r"no answer by HTTP/2: the stream was reset \(REFUSED_STREAM\)"):
        answer(Reply(faults=(faults.refuse_stream(),)))


def test_who_speaks_none_is_told() -> None:
    health = Probe("GET", "/health")
    with (
        serving(lambda request: plain(400)) as url,
        pytest.raises(NoAnswerError, match=r"speaks no HTTP/2 there: its answer begins b'HTTP/1\.1 400 X"),
    ):
        Asker(url, timeout=2, http="2").ask(health, {})
    with (
        serving(lambda request: plain(200), CERTIFICATE) as url,
        pytest.raises(NoAnswerError, match="ALPN does not choose it"),
    ):
        Asker(url, timeout=2, ca=CERTIFICATE, http="2").ask(health, {})


CERTIFICATE = Path(__file__).parent / "certificate.pem"


def test_over_tls_alpn_chooses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with FakeServer(Settings(tls=True)) as server:
        heard = Asker(server.url, timeout=5, ca=server.ca, http="2").ask(Probe("GET", "/health", times=2), {})
        assert (heard.status, heard.body, heard.kept) == (200, b"OK", True)
        assert [exchange.version for exchange in server.requests()] == ["2", "2"]
