"""The end of `serve`: what runs goes on to its end, as in ARES; what has none is broken off."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mock_ares.ares.credentials import Keyring

PATIENCE = 20
"""Seconds after which a test is taken to hang."""
FILES = {
    "long.yaml": "chunks: [first, second, third]\npace: {every: 300ms}\n",
    "longer.yaml": "chunks: [first, second]\npace: {every: 1h}\n",
    "stuck.yaml": "chunks: [first]\nfaults: [{hang: {after: 1}}]\n",
}


def asked(address: tuple[str, int], scenario: str, token: str) -> socket.socket:
    """A connection with a stream of which the first chunk has been read."""
    connection = socket.create_connection(address, PATIENCE)
    body = b'{"message":"hi"}'
    head = (
        f"POST /api/chat/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\nx-mock-ares-scenario: {scenario}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    connection.sendall(head.encode() + body)
    data = b""
    while b"first" not in data:
        data += connection.recv(65536)
    return connection


def rest(connection: socket.socket) -> bytes:
    data = b""
    while part := connection.recv(65536):
        data += part
    return data


@contextmanager
def serving(folder: Path, profile: str) -> Iterator[tuple[subprocess.Popen[str], tuple[str, int]]]:
    for name, text in FILES.items():
        (folder / name).write_text(text)
    command = [sys.executable, "-m", "mock_ares", "serve", str(folder), "--port", "0", "--profile", profile]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, ("127.0.0.1", int(process.stdout.readline().partition("127.0.0.1:")[2].split()[0]))
        process.kill()


@pytest.mark.parametrize("profile", ["docs", "server"])
def test_a_stream_goes_on_to_its_end(tmp_path: Path, profile: str) -> None:
    with serving(tmp_path, profile) as (process, address):
        token = Keyring().issue_jwt(lifetime=60)
        idle = socket.create_connection(address, PATIENCE)
        idle.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
        assert idle.recv(65536).endswith(b"OK")
        stuck, stream = asked(address, "stuck", token), asked(address, "long", token)
        process.send_signal(signal.SIGTERM)
        assert rest(idle) == b""
        assert rest(stuck) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, PATIENCE)
        said = rest(stream)
        assert b"second" in said and b"third" in said and said.endswith(b"\r\n0\r\n\r\n")
        for connection in (idle, stuck, stream):
            connection.close()
        assert process.wait(PATIENCE) == 0


def test_a_second_signal_breaks_it_off(tmp_path: Path) -> None:
    with serving(tmp_path, "docs") as (process, address):
        stream = asked(address, "longer", Keyring().issue_jwt(lifetime=60))
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert any("1 answer still to end; once more breaks them off" in line for line in process.stdout)
        process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionResetError):
            rest(stream)
        stream.close()
        assert process.wait(PATIENCE) == 0
