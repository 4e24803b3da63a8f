"""``--ares-url``: a user's tests, and what can be run of the contract, against a server that is up."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings

TESTS = """
from client import ask
from hypothesis import given, settings, strategies as st

def test_asks(ares):
    assert ask(ares.url, ares.token)[0] == 200

def test_asks_with_a_key(ares):
    assert ask(ares.url, ares.api_key, path=ares.v1_path)[0] == 200

def test_scripts(ares):
    ares.reply("One.")
    assert False

def test_looks_into_the_journal(ares):
    assert ask(ares.url, ares.token)[0] == 200
    assert ares.requests[-1].status == 200

@settings(max_examples=2, deadline=None)
@given(st.text("ab"))
def test_property(ares, message):
    assert ask(ares.url, ares.token, message)[0] == 200
"""
CONTRACT = """
from mock_ares import ClientContract
from mock_ares.client import stream_chat

class TestRight(ClientContract):
    def stream_chat(self, ares, message):
        return stream_chat(ares.url + ares.path, ares.token, message)

class TestMute(ClientContract):
    def stream_chat(self, ares, message):
        return ""

class TestLossy(ClientContract):
    def stream_chat(self, ares, message):
        return "".join(stream_chat(ares.url + ares.path, ares.token, message))[:-1]

class TestStranger(ClientContract):
    def stream_chat(self, ares, message):
        return stream_chat(ares.url + ares.path, "a.b.c", message)

class TestRaising(ClientContract):
    def stream_chat(self, ares, message):
        raise OSError("it is down")
"""


@pytest.fixture(scope="module")
def server() -> Iterator[FakeServer]:
    with FakeServer(Settings(speed=math.inf)) as server:
        yield server


@pytest.fixture
def token(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> str:
    token = server.credentials().token
    monkeypatch.setenv("ARES_TOKEN", token)
    monkeypatch.delenv("ARES_API_KEY", raising=False)
    return token


def test_what_scripts_is_skipped_and_the_rest_asks_the_server(
    project: pytest.Pytester, server: FakeServer, token: str
) -> None:
    project.makepyfile(TESTS)
    before = len(server.requests())
    result = project.runpytest("--ares-url", server.url, "-rs")
    result.assert_outcomes(passed=2, skipped=3)
    assert len(server.requests()) >= before + 3
    result.stdout.fnmatch_lines(
        ["*--ares-url: there is none: ARES_API_KEY is not set*", "*--ares-url: the test scripts replies*"]
    )


def test_of_the_contract_there_is_an_answer(project: pytest.Pytester, server: FakeServer, token: str) -> None:
    project.makepyfile(CONTRACT)
    result = project.runpytest("--ares-url", server.url, "-rs", "-k", "plain or read_utf8")
    result.assert_outcomes(passed=1, failed=4, skipped=5)
    result.stdout.fnmatch_lines(
        [
            "TestMute gave back '', and nothing has come from http://*",
            "TestLossy gave back '*', and the server sent '*' (the body is complete)",
            "TestStranger reported *: the server answered 401; is ARES_TOKEN good for it?",
            "TestRaising reported OSError: it is down, and nothing has come from http://*",
            "*--ares-url: only the fake can be told to send what this check is about",
        ]
    )


@pytest.mark.parametrize("url", ["127.0.0.1:3000", "http://127.0.0.1/api", "http://ann:secret@x", ""])
def test_no_origin(project: pytest.Pytester, url: str) -> None:
    result = project.runpytest("--ares-url", url)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--ares-url: an origin is wanted, such as http://127.0.0.1:3000"])
    assert "secret" not in result.stderr.str()
