"""Listeners that a client must refuse: each for one reason, and what each client makes of it is told."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from click.testing import CliRunner

from mock_ares.cli import main
from mock_ares.client import AresError, stream_chat
from mock_ares.monotonic import monotonic
from mock_ares.scenario.model import BadTls
from mock_ares.server.certificates.bad_tls import BAD_TLS
from mock_ares.server.certificates.identity import CertificateError
from mock_ares.server.hosting.failing_ports import BadTlsListener
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings

REFUSED = {
    "expired": "certificate has expired",
    "not-yet-valid": "certificate is not yet valid",
    "wrong-host": "not valid for '127.0.0.1'",
    "unknown-authority": "unable to get local issuer certificate",
    "self-signed": "self-signed certificate",
    "tls-1.1": "protocol version|unsupported protocol",
}
"""By what Python's client says, and for no other reason."""
CERTIFIED = tuple(kind for kind in REFUSED if kind != "tls-1.1")


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        with FakeServer(Settings(speed=math.inf, tls=True)) as server:
            yield server
            assert server.fake.failures.count == 0


def address(listener: BadTlsListener) -> tuple[str, int]:
    return "127.0.0.1", int(listener.url.rpartition(":")[2])


def told(fake: FakeServer) -> str:
    """What is told of the next client."""
    deadline = monotonic() + 20
    while not fake.fake.handshakes and monotonic() < deadline:
        fake.requests()
    return fake.fake.handshakes.popleft()


def trusting(fake: FakeServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(fake.ca))


def of_anybody() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def test_every_kind_has_words() -> None:
    assert set(BAD_TLS) == set(get_args(BadTls))


@pytest.mark.parametrize("kind", REFUSED)
def test_a_client_that_looks_refuses_it_for_this_one_reason(fake: FakeServer, kind: BadTls) -> None:
    listener = fake.bad_tls(kind)
    with socket.create_connection(address(listener), timeout=20) as client, pytest.raises(ssl.SSLError) as error:
        trusting(fake).wrap_socket(client, server_hostname="127.0.0.1")
    assert re.search(REFUSED[kind], str(error.value).replace("_", " "), re.IGNORECASE)
    assert told(fake) == f"{kind}: the client refuses it, as it must"


@pytest.mark.parametrize("kind", CERTIFIED)
def test_a_client_that_does_not_look_is_answered_and_told_of(fake: FakeServer, kind: BadTls) -> None:
    credentials = fake.credentials()
    body = json.dumps({"message": "hi"}).encode()
    fields = {"Authorization": f"Bearer {credentials.token}", "Content-Type": "application/json"}
    asked = urllib.request.Request(f"{fake.bad_tls(kind).url}/api/chat/stream", body, fields)
    with urllib.request.urlopen(asked, context=of_anybody()) as answer:
        assert answer.read().startswith(b"data: ")
    assert told(fake) == f"{kind}: the client takes it, and sends its request, as it must not"
    assert [request.credentials for request in fake.requests(credentials.id)] == ["jwt"]


@pytest.mark.parametrize("kind", CERTIFIED)
def test_who_looks_behind_the_handshake_has_refused_it_too(fake: FakeServer, kind: BadTls) -> None:
    with (
        socket.create_connection(address(fake.bad_tls(kind)), timeout=20) as client,
        of_anybody().wrap_socket(client, server_hostname="127.0.0.1"),
    ):
        pass
    assert told(fake) == f"{kind}: the client refuses it, as it must"


def test_an_old_client_is_served_by_the_old_version(fake: FakeServer) -> None:
    context = trusting(fake)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection(address(fake.bad_tls("tls-1.1")), timeout=20) as client,
        context.wrap_socket(client, server_hostname="127.0.0.1") as wrapped,
    ):
        assert wrapped.version() == "TLSv1.1"
        wrapped.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"".join(iter(lambda: wrapped.recv(65536), b"")).endswith(b"OK")
    assert told(fake) == "tls-1.1: the client takes it, and sends its request, as it must not"


def test_a_handshake_that_never_ends(fake: FakeServer) -> None:
    listener = fake.bad_tls("endless-handshake")
    before = listener.accepted
    with socket.create_connection(address(listener), timeout=0.05) as client, pytest.raises(TimeoutError):
        trusting(fake).wrap_socket(client, server_hostname="127.0.0.1")
    assert told(fake) == "endless-handshake: the client waits no longer"
    assert listener.accepted == before + 1


@pytest.mark.parametrize("kind", CERTIFIED)
def test_the_reference_sends_no_token(fake: FakeServer, kind: BadTls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(fake.ca))
    credentials = fake.credentials()
    with pytest.raises(AresError):
        list(stream_chat(f"{fake.bad_tls(kind).url}/api/chat/stream", credentials.token, "hi"))
    assert fake.requests(credentials.id) == []
    told(fake)


def test_kinds_that_there_are_not(fake: FakeServer) -> None:
    with pytest.raises(ValueError, match="did you mean 'expired'"):
        fake.bad_tls("expird")  # type: ignore[arg-type]


def test_without_an_authority_there_is_none() -> None:
    with (
        FakeServer() as fake,
        pytest.raises(CertificateError, match=r"the authority that --tls \(Settings\(tls=True\)"),
    ):
        fake.bad_tls("expired")


class TestServe:
    def test_ports_and_lines(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "mock_ares", "serve", "--port", "0", "--bad-tls", "all"]
        environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as served:
            assert served.stdout is not None
            ports = dict[str, str]()
            while len(ports) < len(BAD_TLS):
                line = served.stdout.readline()
                assert line
                if found := re.fullmatch(r"  (https://127\.0\.0\.1:\d+)  (\S+) +(.+)\n", line):
                    ports[found[2]] = found[1]
                    assert BAD_TLS[found[2]] == found[3]  # type: ignore[index]
            with pytest.raises(urllib.error.URLError):
                urllib.request.urlopen(ports["expired"], timeout=20)
            assert served.stdout.readline().endswith("  (bad TLS)  expired: the client refuses it, as it must\n")
            served.send_signal(signal.SIGINT)
            served.communicate(timeout=20)
        assert served.returncode == 0

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            (["--bad-tls", "expird"], "'expird': there is no such kind; did you mean 'expired'?"),
            (["--bad-tls", "expired=x"], "behind = a port is wanted, a number from 0 to 65535"),
            (["--bad-tls", "expired", "--cert", "c.pem", "--key", "k.pem"], "leave out --cert and --key"),
            (["--bad-tls", "expired", "--workers", "2"], "--workers cannot be used with --bad-tls"),
        ],
    )
    def test_what_cannot_be_is_one_line(self, wrong: list[str], said: str) -> None:
        ran = CliRunner().invoke(main, ["serve", *wrong])
        assert ran.exit_code == 2
        assert said in ran.output.splitlines()[-1]
