"""Servers that answer with given bytes, and answers of the fake that were heard once and can be altered."""

from __future__ import annotations

import math
import re
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from mock_ares.verify.asking import Asker
from mock_ares.verify.exchange import HttpAnswer, NoAnswerError, Probe
from mock_ares.verify.run import Verification

PROFILES = ("docs", "server")
Respond = Callable[[bytes], bytes | None]
"""What is sent in answer to a request: bytes, or None for silence. It is closed behind ``END``."""
END = b"END"


@contextmanager
def serving(respond: Respond, certificate: Path | None = None) -> Iterator[str]:
    """A server's origin, while it is there; with a certificate and its key, by TLS."""
    over = threading.Event()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
    if tls is not None:
        tls.load_cert_chain(str(certificate))

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            if tls is not None:
                try:
                    self.request = tls.wrap_socket(self.request, server_side=True)
                except (ssl.SSLError, ConnectionError):  # it is not trusted
                    return
            while request := _request(self.request):
                answer = respond(request)
                if answer is None:
                    over.wait()
                    return
                self.request.sendall(answer.removesuffix(END))
                if answer.endswith(END):
                    return

        def finish(self) -> None:
            self.request.close()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
        finally:
            over.set()
            server.shutdown()
            thread.join()


def _request(connection: socket.socket) -> bytes:
    received = b""
    while True:
        try:
            some = connection.recv(65536)
        except ConnectionError:  # TLS is ended by a reset
            return b""
        received += some
        head, blank, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if not some or received[:1] == b"\x16" or (blank and len(body) >= int(length[1] if length else 0)):
            return received


def plain(status: int, body: bytes = b"", *fields: str) -> bytes:
    """A whole HTTP/1.1 answer."""
    head = [f"HTTP/1.1 {status} X", *fields, f"content-length: {len(body)}"]
    return "".join(f"{line}\r\n" for line in head).encode() + b"\r\n" + body


@contextmanager
def fake(profile: str) -> Iterator[FakeServer]:
    with FakeServer(Settings(profile=profile, speed=math.inf)) as server:
        yield server


def verified(url: str, profile: str = "", timeout: float = 5.0, **settings: object) -> Verification:
    """A run to its end."""
    run = Verification(Asker(url, timeout=timeout), profile, **settings)  # type: ignore[arg-type]  # a test's words
    run.run()
    return run


def with_verdict(run: Verification, verdict: str) -> list[str]:
    return [result.info.id for result in run.results if result.verdict_name == verdict]


@dataclass
class Heard:
    """What a fake has answered to each question, without a server."""

    url: str
    profile: str
    values: dict[str, str]
    answers: dict[Probe, HttpAnswer | NoAnswerError] = field(default_factory=dict)

    def ask(self, ask: Probe, values: Mapping[str, str]) -> HttpAnswer:
        if isinstance(answer := self.answers[ask], NoAnswerError):
            raise answer
        return answer

    @classmethod
    def of(cls, profile: str) -> Heard:
        with fake(profile) as server:
            credentials = server.credentials()
            heard = cls(server.url, profile, {"jwt": credentials.token, "api-key": credentials.api_key})
            asker = Asker(server.url, timeout=5)

            class Listening:
                url = server.url

                def ask(self, ask: Probe, values: Mapping[str, str]) -> HttpAnswer:
                    heard.answers[ask] = answer = asker.ask(ask, values)
                    return answer

            run = Verification(Listening(), profile, dict(heard.values), write=True)
            run.run()
            assert not with_verdict(run, "differs") and not with_verdict(run, "unanswered")
            return heard

    def run(self, asked: Probe, alter: Callable[[HttpAnswer], HttpAnswer]) -> Verification:
        """The same again, one answer being altered."""
        answer = self.answers[asked]
        assert isinstance(answer, HttpAnswer)
        altered = replace(self, answers={**self.answers, asked: alter(answer)})
        run = Verification(altered, self.profile, dict(self.values), write=True)
        run.run()
        return run
