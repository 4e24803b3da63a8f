"""``--ares-url``: the tests that use ``ares``, and what can be run of a contract, against a server that is up."""

from __future__ import annotations

import os
from typing import Any, NoReturn

import pytest

from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.model import STREAM_PATH, Case, Target
from mock_ares.harness.plugin.fixtures import KEY_PATHS

DEADLINE = 120.0
"""Seconds for an answer."""


class LiveAres:
    """What ``ares`` is then: it cannot be told what to answer, and a test that would tell it is skipped."""

    path = STREAM_PATH

    def __init__(self, url: str, profile: str) -> None:
        self.url = url
        self.v1_path = KEY_PATHS[profile]

    @property
    def token(self) -> str:
        return _credential("ARES_TOKEN")

    @property
    def api_key(self) -> str:
        return _credential("ARES_API_KEY")

    def reply(self, *_: Any, **__: Any) -> NoReturn:
        _skip("the test scripts replies, or looks into the fake's journal, and this server is real")

    script = fresh = reply
    requests = property(reply)

    def told(self) -> list[str]:
        """Of requests nothing is known."""
        return []


def ask(client: PythonClient, url: str) -> None:
    """A client's question to the server: it must come to an answer."""
    target = Target(url, STREAM_PATH, _credential("ARES_TOKEN"), Case(()).message, DEADLINE)
    seen = client.observe(target)
    if seen.timed_out:
        pytest.fail(f"{client.name} was given up after {DEADLINE:g} s", pytrace=False)
    if seen.error is not None:
        pytest.fail(f"{client.name} reported: {seen.error}", pytrace=False)
    if not seen.text:
        pytest.fail(f"{client.name} gave back an empty text", pytrace=False)


def only_the_fake() -> NoReturn:
    _skip("only the fake can be told to send what this check is about")


def _credential(name: str) -> str:
    return os.environ.get(name) or _skip(f"there is none: {name} is not set")


def _skip(why: str) -> NoReturn:
    pytest.skip(f"--ares-url: {why}")
