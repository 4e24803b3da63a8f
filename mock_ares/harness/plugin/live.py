"""``--ares-url``: the tests that use ``ares``, and what can be run of a contract, against a server that is up."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import pytest

from mock_ares.ares.profiles import PROFILES
from mock_ares.authoring.load import load_all
from mock_ares.expectation import expect
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.model import STREAM_PATH, Case, Observation, Target
from mock_ares.harness.plugin.fixtures import KEY_PATHS
from mock_ares.recorder.session import RecordingSession
from mock_ares.recorder.upstream import Upstream, UpstreamError
from mock_ares.scenario.model import Scenario
from mock_ares.server.replies.unsent import Asking, draw

DEADLINE = 120.0
"""Seconds for an answer."""
MESSAGE = Case(()).message


class LiveAres:
    """What ``ares`` is then: it cannot be told what to answer, and a test that would tell it is skipped."""

    path = STREAM_PATH
    ca = None
    """A real server's authority is one that clients know."""

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
    requests = replies = property(reply)

    def told(self) -> list[str]:
        """Of requests nothing is known."""
        return []


def ask(client: PythonClient, url: str) -> None:
    """A client's question to the server, by way of a recorder: it must give back the text that went through."""
    with TemporaryDirectory() as folder:
        recorded = Path(folder) / "recorded"
        try:
            with RecordingSession(Upstream.of(url), recorded) as session:
                seen = client.observe(Target(session.url, STREAM_PATH, _credential("ARES_TOKEN"), MESSAGE, DEADLINE))
        except UpstreamError as error:
            pytest.fail(f"--ares-url: {error}", pytrace=False)
        replies = tuple(reply for scenario in load_all([recorded]) for reply in scenario.replies)
    said = f"{client.name} {_outcome(seen)}"
    if not replies:
        pytest.fail(f"{said}, and nothing has come from {url}", pytrace=False)
    plan = draw(Scenario(replies[-1:]), 0, Asking(""), PROFILES["server"]).plan
    status, expected = plan.head and plan.head.status, expect(plan)
    if not plan.streams:
        pytest.fail(f"{said}: the server answered {status}; is ARES_TOKEN good for it?", pytrace=False)
    right = expected.outcome != "exact" if seen.text is None else expected.accepts(seen.text)
    if not right or (seen.text is not None and expected.outcome == "error"):
        pytest.fail(f"{said}, and the server sent {expected.text!r} ({expected.why})", pytrace=False)


def _outcome(seen: Observation) -> str:
    if seen.timed_out:
        return f"was given up after {DEADLINE:g} s"
    return f"reported {seen.error}" if seen.text is None else f"gave back {seen.text!r}"


def only_the_fake() -> NoReturn:
    _skip("only the fake can be told to send what this check is about")


def _credential(name: str) -> str:
    return os.environ.get(name) or _skip(f"there is none: {name} is not set")


def _skip(why: str) -> NoReturn:
    pytest.skip(f"--ares-url: {why}")
