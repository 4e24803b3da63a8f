"""Servers that are none, or no ARES, or hard to ask: each is told in a sentence, and the rest is not asked."""

from __future__ import annotations

import socket
import ssl
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mock_ares.harness.model import UsageError
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from mock_ares.verify.asking import Asker
from mock_ares.verify.exchange import HttpAnswer, NoAnswerError, Probe
from mock_ares.verify.limiter import Limiter
from mock_ares.verify.questions import TABLE
from mock_ares.verify.run import Verification
from tests.verify.rig import END, Heard, fake, plain, serving, verified, with_verdict

CERTIFICATE = Path(__file__).with_name("certificate.pem")
SILENCE = 2.0
"""Seconds: what comes at once is there by then, on a busy machine, too."""
TELLING = 6
"""Questions up to the one with which it is clear whether this is an ARES."""


def test_nothing_but_404() -> None:
    with serving(lambda request: plain(404)) as url:
        run = verified(url)
    assert with_verdict(run, "differs") == [question.info.id for question in TABLE[:TELLING]]
    assert len(with_verdict(run, "unasked")) == len(TABLE) - TELLING
    assert run.notes == [
        "profile docs, for want of a better guess: of the first 5 answers 0 are as docs has them, 0 are as server has "
        "them",
        "nothing that tells an ARES is answered as an ARES does: it answers 404 with no content type; is the URL that "
        "of an ARES, without a path?",
    ]
    assert run.status == 1


def test_one_question_is_put_to_anybody() -> None:
    with serving(lambda request: plain(404, b'{"error":"no"}', "Content-Type: application/json")) as url:
        run = verified(url, "docs", only=frozenset({"agents", "unknown-path"}))
    assert [(result.info.id, result.verdict_name) for result in run.results] == [
        ("agents", "differs"),
        ("unknown-path", "same"),
    ]


def test_one_question_that_wants_a_token_is_given_none() -> None:
    with fake("docs") as server:
        run = verified(server.url, "docs", only=frozenset({"stream-end"}), write=True)
    assert [result.reason for result in run.results] == [
        "it wants a token: --token; or all questions with --login, or with --write, which makes an account"
    ]
    assert run.status == 3


def test_a_web_page() -> None:
    with serving(lambda request: plain(200, b"<html>", "Content-Type: text/html")) as url:
        run = verified(url)
    assert "it answers 200 with text/html" in run.notes[1]
    assert run.status == 1


def test_a_redirect() -> None:
    with serving(lambda request: plain(301, b"", "Location: https://ares.example.com/")) as url:
        run = verified(url)
    assert "it redirects to https://ares.example.com/; give that origin" in run.notes[1]
    assert run.results[0].difference and "301 (to https://ares.example.com/)" in run.results[0].difference.diagnosis


def test_a_gateway_without_its_server() -> None:
    with serving(lambda request: plain(502, b"Bad Gateway")) as url:
        run = verified(url)
    assert {result.reason for result in run.results[:TELLING]} == {"the server says that it cannot: 502 Bad Gateway"}
    assert len(with_verdict(run, "unanswered")) == TELLING
    assert run.status == 3


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "does not answer within 2 s"),
        (END, "closes the connection without an answer"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "does not finish the head of its answer, which begins b'SSH-2.0-OpenSSH_9.6"),
        (b"SSH-2.0-OpenSSH_9.6\r\n" + END, "gives an answer that is no HTTP/1.1: it begins b'SSH-2.0"),
        (b"hello\r\n\r\n", "gives an answer that is no HTTP/1.1: it begins b'hello"),
        (b"\x15\x03\x01\x00\x02\x02\x46" + END, "speaks TLS there; https:// may be meant"),
    ],
)
def test_no_answer(answer: bytes | None, said: str) -> None:
    with serving(lambda request: answer) as url, pytest.raises(NoAnswerError) as error:
        verified(url, timeout=SILENCE)
    assert str(error.value).startswith(said)


def test_nobody_there(unused_port: int) -> None:
    with pytest.raises(NoAnswerError, match=r"^refuses connections$"):
        verified(f"http://127.0.0.1:{unused_port}")


def test_no_such_host(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoAnswerError, match=r"^has a name that is not known"):
        verified(f"http://{'a' * 64}.invalid")  # longer than a label can be

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)  # a resolver that is far away may take its time
    with pytest.raises(NoAnswerError, match=r"^has a name that is not known \(Name or service not known\)$"):
        verified("http://nowhere.invalid")


class TestTls:
    """The certificate is its own authority, for 127.0.0.1 and a hundred years."""

    def test_a_certificate_that_nobody_vouches_for(self) -> None:
        with serving(lambda request: plain(404), CERTIFICATE) as url, pytest.raises(NoAnswerError) as error:
            verified(url)
        assert str(error.value) == (
            "has a certificate that does not hold: self-signed certificate; --ca FILE names its authority"
        )

    def test_its_authority_is_named(self) -> None:
        with serving(lambda request: plain(404), CERTIFICATE) as url:
            assert Asker(url, ca=CERTIFICATE).ask(Probe("GET", "/"), {}).status == 404

    def test_it_is_another_host(self) -> None:
        with serving(lambda request: plain(404), CERTIFICATE) as url, pytest.raises(NoAnswerError) as error:
            Asker(url.replace("127.0.0.1", "localhost"), ca=CERTIFICATE).ask(Probe("GET", "/"), {})
        assert "Hostname mismatch" in str(error.value)


def test_no_tls_there() -> None:
    with serving(lambda request: plain(200)) as url, pytest.raises(NoAnswerError, match=r"^speaks no TLS"):
        verified(url.replace("http:", "https:"))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://x", "an origin is wanted, such as http://127.0.0.1:3000"),
        ("127.0.0.1:3000", "an origin is wanted"),
        ("http://", "an origin is wanted"),
        ("http://x:port", "that is no port"),
        ("http://x/api", "the origin alone is wanted, http://x; the paths are ARES's"),
        ("http://ann:secret@x", "the URL holds credentials; give them with"),
        ("http://münchen.example", "an origin is wanted"),
    ],
)
def test_no_url(url: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        Asker(url)
    assert said in str(error.value)
    assert "secret" not in str(error.value)


def test_no_authority(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        Asker("https://x", ca=tmp_path / "ca.pem")
    (tmp_path / "ca.pem").write_text("none")
    with pytest.raises((UsageError, ssl.SSLError)):
        Asker("https://x", ca=tmp_path / "ca.pem")


def test_a_server_that_hangs_at_one_question() -> None:
    heard = Heard.of("docs")
    asked = next(question for question in TABLE if question.info.id == "agents").ask("docs")
    heard.answers[asked] = NoAnswerError("does not answer within 20 s")
    run = Verification(heard, "docs")
    run.run()
    assert [(result.info.id, result.reason) for result in run.results if result.verdict_name == "unanswered"] == [
        ("agents", "the server does not answer within 20 s")
    ]
    assert run.status == 0


def test_a_provider_that_hangs() -> None:
    """Silence is judged; what has no end cannot be."""
    heard = Heard.of("server")
    asked = next(question for question in TABLE if question.info.id == "stream-end").ask("server")
    start = b'data: {"event":"start","agent":"product (system)","context_id":"c1"}\n\n'
    fields = (("content-type", "text/event-stream"),)
    silent = HttpAnswer(200, fields, ((0.1, start),), "no byte for 20 s", endless=True, seconds=20.1)
    comments = tuple((15.0 * number, b":\n\n") for number in range(1, 9))
    for answer, verdict in (
        (silent, "differs"),
        (replace(silent, reads=((0.1, start), *comments), seconds=121.0), "same"),
    ):
        heard.answers[asked] = answer
        run = Verification(heard, "server", dict(heard.values), write=True)
        run.run()
        assert "stream-comments" in with_verdict(run, verdict)
        assert set(with_verdict(run, "differs")) <= {"stream-comments"}
        assert "the answer did not end: no byte for 20 s" in {result.reason for result in run.results}


@pytest.mark.parametrize(
    ("given", "kind", "id_"),
    [({"jwt": "a.b.c"}, "jwt", "conversations"), ({"api-key": f"ares_{'0' * 80}"}, "api-key", "key-agents")],
)
def test_credentials_that_are_refused(given: dict[str, str], kind: str, id_: str) -> None:
    with fake("docs") as server:
        run = verified(server.url, "docs", values=given)
    (unable,) = [result for result in run.results if result.verdict_name == "unanswered"]
    assert unable.info.id == id_
    assert unable.reason.startswith(f"the server refuses the {kind} with 401: {{")
    assert f"the server refuses the {kind}" in {result.reason for result in run.results}
    assert run.refused == {kind}
    assert run.status == 2


def test_a_login() -> None:
    with fake("server") as server:
        server.fake.stores.of("").accounts.register("ann@example.com", "correct:horse", "Ann", "ann")
        run = verified(server.url, "server", values={"email": "ann@example.com", "password": "correct:horse"})
        refused = verified(server.url, "server", values={"email": "ann@example.com", "password": "wrong"})
    assert {"login", "conversations", "memory"} <= set(with_verdict(run, "same"))
    assert "register" in with_verdict(run, "unasked")
    assert with_verdict(refused, "differs") == ["login"]
    (unasked,) = (result for result in refused.results if result.info.id == "conversations")
    assert (unasked.verdict_name, unasked.reason) == ("unasked", "no answer before it gave the jwt")


def test_credentials_that_no_request_can_carry() -> None:
    """A server gives them; they are none, and nothing is asked with them."""
    odd = b'{"access_token": "a\\nb", "refresh_token": "", "key": "\\u00e9"}'
    with serving(lambda request: plain(200, odd, "Content-Type: application/json")) as url:
        asked = frozenset({"login", "conversations", "logout", "key-made", "key-revoked"})
        run = verified(url, "docs", only=asked, write=True, values={"api-key": "ares_1"})
    assert with_verdict(run, "unasked") == ["conversations", "key-revoked", "logout"]
    assert "no answer before it gave the refresh_token" in {result.reason for result in run.results}


def test_a_long_page_of_a_gateway_is_told_in_short() -> None:
    with serving(lambda request: plain(502, b"<html>\n" + b"<p>Bad Gateway</p>\n" * 500)) as url:
        run = verified(url, "docs", only=frozenset({"health"}))
    assert run.results[0].reason.startswith("the server says that it cannot: 502 <html> <p>Bad Gateway</p>")
    assert len(run.results[0].reason) < 200


def test_without_schemathesis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    with pytest.raises(UsageError, match=r"pip install 'mock-ares\[verify\]'"):
        verified("http://127.0.0.1:1")


class TestLimits:
    def ten(self, seconds: str, opened: list[int]) -> object:
        """A server with a token bucket of ten, that fills when somebody waits."""

        def respond(request: bytes) -> bytes:
            if opened[0] == 0:
                wait = (f"x-ratelimit-after: {seconds}", f"retry-after: {seconds}", "x-ratelimit-limit: 10")
                return plain(429, b"Too Many Requests! Wait for 99s", *wait, "x-ratelimit-remaining: 0")
            opened[0] -= 1
            return plain(404, b"", "x-ratelimit-limit: 10", f"x-ratelimit-remaining: {opened[0]}")

        return respond

    def test_ten_requests_and_no_patience(self) -> None:
        opened = [3]
        with serving(self.ten("99", opened)) as url:  # type: ignore[arg-type]  # what it is, a method says badly
            run = verified(url, "server", limiter=Limiter(60.0))
        assert [result.verdict_name for result in run.results[:5]] == ["differs"] * 4 + ["unasked"]
        assert len(with_verdict(run, "unasked")) == len(TABLE) - 4
        (note,) = run.notes
        assert note == "the server's rate limiter: 15 more requests would take about 25 min; --wait 1500s waits for it"
        assert {result.reason for result in run.results[4:] if "--" not in result.reason} == {note.split(";")[0]}

    def test_it_is_waited_for(self) -> None:
        opened, waited, told = [3], list[float](), list[str]()

        def sleep(seconds: float) -> None:
            waited.append(seconds)
            opened[0] = 1

        with serving(self.ten("0", opened)) as url:  # type: ignore[arg-type]  # as above
            run = verified(url, "server", limiter=Limiter(60.0), sleep=sleep, tell=told.append)
        assert waited == [1, 1]  # less than a second is told as none
        assert told[0] == "the server's rate limiter: 15 more requests would take about 15 s; waiting 1 s"
        assert run.notes[0].startswith("nothing that tells an ARES")

    def test_a_limiter_that_lets_nothing_through(self) -> None:
        with serving(lambda request: plain(429)) as url:
            run = verified(url)
        assert {result.verdict for result in run.results} == {"skipped"}
        assert run.notes[0] == "the server's rate limiter: 5 more requests would take a time that it does not tell"
        assert len(run.notes) == 2 and run.notes[1].startswith("profile docs, for want of a better guess")
        assert run.status == 3

    def test_an_address_has_ten_at_once_as_the_real_server_has_it(self) -> None:
        """Also the two of which one connection takes both: the second may be refused, and is answered all the same."""
        told = list[str]()

        def sleep(seconds: float) -> None:
            assert server.fake.address_limit is not None and 90 < seconds <= 101
            server.fake.address_limit.clear()

        with FakeServer(Settings(profile="server", address_limit=(10, 100.0))) as server:
            run = verified(server.url, limiter=Limiter(3600.0), sleep=sleep, tell=told.append)
        assert (run.status, len(with_verdict(run, "same"))) == (0, 19)
        assert len(told) == 1 and "8 more requests would take about 13 min; waiting" in told[0]

    def test_a_window_as_the_fake_has_it(self) -> None:
        waited = list[float]()

        def sleep(seconds: float) -> None:
            waited.append(seconds)
            assert server.fake.rate_limit is not None
            server.fake.rate_limit.clear()

        with FakeServer(Settings(rate_limit=(2, 600.0))) as server:
            token = server.credentials().token
            run = verified(server.url, values={"jwt": token}, limiter=Limiter(3600.0), sleep=sleep)
        assert run.status == 0
        assert len(waited) == 2 and all(590 < seconds <= 602 for seconds in waited)


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
