"""TLS, exact to the record: what is handed over at once is one, each end is as it was asked for, and nobody is lost."""

from __future__ import annotations

import asyncio
import json
import math
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from mock_ares.authoring.calls import reply
from mock_ares.faults import close_early, drop_tls, hang, long_length, reset_peer
from mock_ares.monotonic import monotonic
from mock_ares.plan.model import TlsBreak
from mock_ares.scenario.model import Body, Pace, Reply
from mock_ares.server.hosting import loop
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from mock_ares.server.transport import refusal
from tests.server.record_ear import RecordEar, RecordsHeard

TEXT = "Neural networks learn by example."
VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
LOOPS = {"uvloop": uvloop.new_event_loop, "asyncio": asyncio.new_event_loop}


@pytest.fixture(scope="module", params=LOOPS)
def fake(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        patch.setattr(loop, "loop_factory", lambda: LOOPS[request.param])
        with FakeServer(Settings(speed=math.inf, tls=True)) as server:
            yield server
            assert server.fake.failures.count == 0


def heard(fake: FakeServer, *replies: Reply, version: ssl.TLSVersion = VERSIONS[1], more: str = "") -> RecordsHeard:
    credentials = fake.credentials()
    fake.script(credentials.id, *replies)
    with RecordEar(fake, version=version) as ear:
        ear.ask(credentials, more)
        return ear.hear()


CLOSED = Body("close")
BREAKS: dict[TlsBreak, tuple[str, str]] = {
    "no-close-notify": ("fin", ""),
    "inside-record": ("inside", ""),
    "alert": ("fin", "SSLV3_ALERT_UNEXPECTED_MESSAGE"),
    "bad-record": ("fin", "DECRYPTION_FAILED_OR_BAD_RECORD_MAC"),
}
"""How the connection ends, and what OpenSSL says of it."""


class TestRecords:
    @pytest.mark.needs_barrier
    @pytest.mark.parametrize("version", VERSIONS)
    def test_what_is_a_read_is_a_record(self, fake: FakeServer, version: ssl.TLSVersion) -> None:
        credentials = fake.credentials()
        fake.script(credentials.id, reply(TEXT, segments="event", chunks="words", body=CLOSED))
        with RecordEar(fake, version=version) as ear:
            ear.ask(credentials)
            found = ear.hear()
        head, *events = found.texts
        assert head.endswith(b"\r\n\r\n")
        assert len(events) == len(TEXT.split())
        assert all(event.startswith(b"data: ") and event.endswith(b"\n\n") for event in events)
        assert fake.requests(credentials.id)[0].boundaries == "exact"

    @pytest.mark.needs_barrier
    def test_no_read_of_a_client_spans_a_boundary(self, fake: FakeServer) -> None:
        credentials = fake.credentials()
        fake.script(credentials.id, reply("a" * 200, segments="byte", body=CLOSED))
        with RecordEar(fake) as ear:
            ear.ask(credentials)
            reads = list(iter(lambda: ear.socket.recv(65536), b""))
        sealed = 5 + 1 + 1 + 16  # the record's head, the byte, its type, the seal
        assert [len(read) for read in reads].count(sealed) == len("data: \n\n") + 200

    def test_paced_writes_are_records(self, fake: FakeServer) -> None:
        chunks = tuple(f"{number} " for number in range(20))
        found = heard(fake, reply(chunks=chunks, pace=Pace(every=0.002), body=CLOSED, text=None))
        assert b"".join(found.texts).count(b"data: ") == 20
        assert found.notified

    def test_a_long_write_takes_as_many_as_it_needs(self, fake: FakeServer) -> None:
        found = heard(fake, reply("x" * 100_000, chunks="whole", body=CLOSED))
        assert found.body == b"data: " + b"x" * 100_000 + b"\n\n"
        assert max(map(len, found.texts)) == 16384  # bytes that a record can hold (RFC 8446 5.1)


class TestEnds:
    @pytest.mark.parametrize("version", VERSIONS)
    def test_a_good_end_says_so(self, fake: FakeServer, version: ssl.TLSVersion) -> None:
        found = heard(fake, reply(TEXT, body=CLOSED), version=version)
        assert (found.notified, found.ending) == (True, "fin")

    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("body", [Body(), CLOSED])
    def test_a_cut_is_a_truncation(self, fake: FakeServer, version: ssl.TLSVersion, body: Body) -> None:
        found = heard(fake, reply(TEXT, body=body, faults=[close_early(after="Neural")]), version=version)
        assert (found.notified, found.ending) == (False, "fin")
        assert b"Neural" in found.body
        assert b"example" not in found.body

    @pytest.mark.parametrize("version", VERSIONS)
    def test_a_cut_that_is_meant_says_so(self, fake: FakeServer, version: ssl.TLSVersion) -> None:
        faults = [close_early(after="Neural", close_notify=True)]
        found = heard(fake, reply(TEXT, body=CLOSED, faults=faults), version=version)
        assert (found.notified, found.ending) == (True, "fin")
        assert b"example" not in found.body

    def test_a_wrong_length_is_meant(self, fake: FakeServer) -> None:
        found = heard(fake, reply(TEXT, faults=[long_length(by=5)]))
        assert (found.notified, found.ending) == (True, "fin")

    @pytest.mark.parametrize("version", VERSIONS)
    def test_a_reset_is_one(self, fake: FakeServer, version: ssl.TLSVersion) -> None:
        found = heard(fake, reply(TEXT, faults=[reset_peer(after="Neural")]), version=version)
        assert (found.notified, found.ending) == (False, "reset")
        assert b"Neural" in found.body
        assert b"example" not in found.body

    @pytest.mark.needs_barrier
    @pytest.mark.parametrize("body", [Body(), CLOSED])
    @pytest.mark.parametrize("end", ["close", "reset"])
    @pytest.mark.parametrize("count", [25, pytest.param(1000, marks=pytest.mark.slow)])
    def test_all_of_it_comes_before_every_fault(self, fake: FakeServer, body: Body, end: str, count: int) -> None:
        fault = {"close": close_early, "reset": reset_peer}[end](after=3)
        chunks = ("one ", "two ", "three ", "four")
        for _ in range(count):
            found = heard(fake, reply(chunks=chunks, text=None, body=body, faults=[fault]))
            assert found.body.count(b"data: ") == 3
            assert (found.notified, found.ending) == (False, "fin" if end == "close" else "reset")

    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("body", [Body(), CLOSED])
    @pytest.mark.parametrize("how", BREAKS)
    def test_tls_breaks_off_as_said(self, fake: FakeServer, version: ssl.TLSVersion, body: Body, how: TlsBreak) -> None:
        found = heard(fake, reply(TEXT, body=body, faults=[drop_tls("Neural", how)]), version=version)
        ending, error = BREAKS[how]
        if how == "alert" and version == ssl.TLSVersion.TLSv1_2:
            error = "TLSV1_ALERT_INTERNAL_ERROR"
        assert (found.notified, found.ending, found.error) == (False, ending, error)
        assert b"Neural" in found.body
        assert b"example" not in found.body

    @pytest.mark.needs_barrier
    @pytest.mark.parametrize("how", BREAKS)
    @pytest.mark.parametrize("count", [10, pytest.param(1000, marks=pytest.mark.slow)])
    def test_all_of_it_comes_before_tls_breaks_off(self, fake: FakeServer, how: TlsBreak, count: int) -> None:
        chunks = ("one ", "two ", "three ", "four")
        for _ in range(count):
            found = heard(fake, reply(chunks=chunks, text=None, faults=[drop_tls(3, how)]))
            assert found.body.count(b"data: ") == 3
            assert (found.ending, found.error) == BREAKS[how]

    def test_the_journal_has_the_fault(self, fake: FakeServer) -> None:
        credentials = fake.credentials()
        fake.script(credentials.id, reply(TEXT, faults=[drop_tls("Neural", "alert")]))
        with RecordEar(fake) as ear:
            ear.ask(credentials)
            ear.hear()
        (asked,) = fake.requests(credentials.id)
        assert (asked.ending, asked.faults) == ("close", ("drop_tls",))

    def test_an_answer_to_the_end_is_no_reset(self, fake: FakeServer) -> None:
        """A client that answers close_notify with its own, and reads on, finds FIN and not RST."""
        credentials = fake.credentials()
        fake.script(credentials.id, reply(TEXT, body=CLOSED))
        for _ in range(20):
            with RecordEar(fake) as ear:
                ear.ask(credentials)
                assert ear.hear(until=b"example.").said
                ear.farewell()
                time.sleep(0.005)
                assert ear.hear().ending == "fin"

    def test_who_has_said_farewell_is_still_answered(self, fake: FakeServer) -> None:
        credentials = fake.credentials()
        fake.script(credentials.id, reply(TEXT))
        with RecordEar(fake) as ear:
            ear.ask(credentials)
            ear.farewell()
            ear.socket.shutdown(socket.SHUT_WR)
            found = ear.hear()
        assert found.body.endswith(b"0\r\n\r\n")
        assert (found.notified, found.ending) == (True, "fin")

    def test_the_connection_serves_the_next_request(self, fake: FakeServer) -> None:
        credentials = fake.credentials()
        fake.script(credentials.id, reply("one"), reply("two"))
        with RecordEar(fake) as ear:
            for word in (b"one", b"two"):
                ear.ask(credentials)
                assert word in ear.hear(until=b"0\r\n\r\n").said

    @pytest.mark.needs_barrier
    def test_a_client_that_leaves_is_missed(self, fake: FakeServer) -> None:
        credentials = fake.credentials()
        fake.script(credentials.id, reply(TEXT, faults=[hang(after="Neural")]))
        with RecordEar(fake) as ear:
            ear.ask(credentials)
            assert ear.hear(until=b"Neural").said
        deadline = monotonic() + 20
        while fake.requests(credentials.id)[0].ending == "open" and monotonic() < deadline:
            time.sleep(0.01)
        assert fake.requests(credentials.id)[0].ending == "hang"


class TestStrangers:
    def test_clear_text_is_answered_in_clear_text(self, fake: FakeServer) -> None:
        with socket.create_connection(_address(fake), timeout=20) as client:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            said = b"".join(iter(lambda: client.recv(65536), b""))
        assert said.startswith(b"HTTP/1.1 400 ")
        assert said.endswith(
            b"this port speaks TLS: use https://; what came looks like an HTTP request in clear text\n"
        )
        assert fake.requests()[-1].reason.startswith("this port speaks TLS")

    def test_who_does_not_trust_it_is_told_of(self, fake: FakeServer) -> None:
        context = ssl.create_default_context()
        with (
            socket.create_connection(_address(fake), timeout=20) as client,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            context.wrap_socket(client, server_hostname="localhost")
        assert "the client does not trust the certificate" in _last(fake)

    def test_old_versions_are_refused_and_told(self, fake: FakeServer) -> None:
        context = ssl.create_default_context(cafile=str(fake.ca))
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning):
            context.minimum_version = ssl.TLSVersion.TLSv1_1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.create_connection(_address(fake), timeout=20) as client, pytest.raises(ssl.SSLError):
            context.wrap_socket(client, server_hostname="localhost")
        assert "neither TLS 1.2 nor 1.3" in _last(fake)

    def test_who_leaves_in_a_handshake_is_told_of(self, fake: FakeServer) -> None:
        with socket.create_connection(_address(fake), timeout=20) as client:
            client.sendall(b"\x16\x03\x01\x02\x00\x01")
        assert "left before its end" in _last(fake)

    def test_a_handshake_that_does_not_end_is_given_up(self, fake: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(refusal, "HEAD_TIMEOUT", 0.05)
        with socket.create_connection(_address(fake), timeout=20) as silent:
            assert silent.recv(1) == b""
        with socket.create_connection(_address(fake), timeout=20) as client:
            client.sendall(b"\x16\x03\x01\x02\x00\x01")
            assert client.recv(1) == b""
        assert _last(fake) == "a TLS handshake: it did not end within 0.05 s"
        assert not fake.fake.handshakes

    def test_broken_records_end_the_connection(self, fake: FakeServer) -> None:
        with RecordEar(fake) as ear:
            ear.socket.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
            assert "BAD_RECORD_MAC" in ear.hear().error

    def test_open_handshakes_do_not_keep_it_from_stopping(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        with FakeServer(Settings(tls=True)) as fake, socket.create_connection(_address(fake), timeout=20) as client:
            client.sendall(b"\x16\x03\x01")
            with RecordEar(fake):
                pass


@pytest.mark.toolchain("curl")
class TestOthers:
    """What else is served there, and what is printed of it."""

    def test_the_lines_for_curl_can_be_pasted(self, fake: FakeServer) -> None:
        made = _curl(fake, "/_mock/api/tokens", "-d", "{}")
        said = subprocess.run(["sh", "-c", f"exec {made['curl']}"], capture_output=True, text=True, check=True)
        assert said.stdout.startswith("data: ")
        (asked,) = fake.requests(made["id"])
        again = _curl(fake, f"/_mock/api/requests/{asked.number}")["curl"]
        environment = {**os.environ, "ARES_TOKEN": made["token"]}
        repeated = subprocess.run(["sh", "-c", f"exec {again}"], capture_output=True, text=True, env=environment)
        assert repeated.stdout == said.stdout

    def test_a_redirect_stays_with_tls(self, fake: FakeServer) -> None:
        found = heard(fake, reply(redirect={"to": "away"}), more="Connection: close\r\n")
        assert b"\nlocation: https://" in found.said

    def test_the_console_is_there(self, fake: FakeServer) -> None:
        context = ssl.create_default_context(cafile=str(fake.ca))
        with urllib.request.urlopen(f"{fake.url}/_mock/", context=context) as page:
            assert page.headers["content-type"].startswith("text/html")


def _curl(fake: FakeServer, path: str, *more: str) -> dict[str, Any]:
    command = ["curl", "-s", "--cacert", str(fake.ca), "-H", "content-type: application/json", *more, fake.url + path]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


def _address(fake: FakeServer) -> tuple[str, int]:
    return "127.0.0.1", int(fake.url.rpartition(":")[2])


def _last(fake: FakeServer) -> str:
    """What is told of the next handshake that fails."""
    deadline = monotonic() + 20
    while not fake.fake.handshakes and monotonic() < deadline:
        time.sleep(0.005)
    return fake.fake.handshakes.pop()


def test_in_clear_text_it_is_refused_with_what_comes_nearest() -> None:
    with FakeServer(Settings(speed=math.inf)) as fake:
        credentials = fake.credentials()
        fake.script(credentials.id, reply(TEXT, faults=[drop_tls(1)]))
        fields = {"Authorization": f"Bearer {credentials.token}", "Content-Type": "application/json"}
        asked = urllib.request.Request(f"{fake.url}/api/chat/stream", b'{"message":"hi"}', fields)
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(asked)
        assert error.value.code == 500
        with error.value as answer:
            said = json.load(answer)["error"]
    assert "drop_tls: here is no TLS to break; close_early comes nearest in clear text" in said


def test_without_tls_nothing_of_it_is_imported() -> None:
    code = (
        "import sys\nfrom mock_ares import FakeServer\nwith FakeServer(): pass\n"
        "print(sorted({'trustme', 'cryptography', 'mock_ares.server.certificates.authority', "
        "'mock_ares.server.transport.tls.tls_connection'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
