"""The corrected clients over TLS: told of the authority by what their libraries read, and of nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import nullcontext
from typing import get_args

import pytest

from mock_ares.authoring.calls import reply
from mock_ares.client import AresError, stream_chat
from mock_ares.faults import close_early, drop_tls, reset_peer
from mock_ares.harness.clients.driver import DriverClient
from mock_ares.plan.model import TlsBreak
from mock_ares.scenario.fault import Fault
from mock_ares.scenario.model import BadTls, Body, Reply
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.clients.rig import PATH, Runner
from tests.clients.test_library import play
from tests.clients.test_samples import TOOLS, each

HERE = [tool for tool in TOOLS if tool not in ("browser", "rust")]
"""The client on reqwest is built without the crates for TLS."""


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        with FakeServer(Settings(speed=math.inf, tls=True, http="1.1")) as server:
            yield server


@pytest.fixture
def trusting(fake: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in fake.trust.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def drivers() -> Iterator[dict[str, DriverClient]]:
    """Those that are asked here alone: they read whom to trust when they start."""
    started: dict[str, DriverClient] = {}
    yield started
    for client in started.values():
        client.close()


@each(*HERE)
@pytest.mark.usefixtures("trusting")
def test_the_text_comes_through_exactly(tool: str, fake: FakeServer, runner: Runner) -> None:
    outcome, expected, boundaries = play(fake, runner, f"{tool}/fixed", "read-utf8")
    assert (expected, boundaries) == ("exact", "exact")
    assert not outcome.failed, outcome.said
    assert outcome.text


@each(*HERE)
@pytest.mark.parametrize("name", ["drop-rst", "drop-fin-inside-event"])
@pytest.mark.usefixtures("trusting")
def test_a_dropped_connection_is_a_failure(tool: str, name: str, fake: FakeServer, driven: Runner) -> None:
    outcome, expected, _ = play(fake, driven, f"{tool}/fixed", name)
    assert (expected, outcome.failed) == ("error", True)


@each(*HERE)
def test_who_is_not_told_asks_nothing(tool: str, fake: FakeServer, runner: Runner) -> None:
    before = len(fake.requests())
    outcome = runner(f"{tool}/fixed", fake.url, fake.credentials().token)
    assert (outcome.text, outcome.failed) == ("", True)
    assert len(fake.requests()) == before


@pytest.mark.slow
@each(*HERE)
@pytest.mark.usefixtures("trusting")
def test_whom_nobody_can_trust_is_sent_nothing(tool: str, fake: FakeServer, runner: Runner) -> None:
    me = fake.credentials()
    for kind in get_args(BadTls):
        if kind != "endless-handshake":
            outcome = runner(f"{tool}/fixed", fake.bad_tls(kind).url, me.token)
            assert (outcome.text, outcome.failed) == ("", True), kind
            assert fake.bad_tls(kind).accepted, kind
    assert fake.requests(me.id) == []


TAKES: dict[str, set[TlsBreak]] = {
    "node": {"no-close-notify", "inside-record", "alert", "bad-record"},
    "curl": {"no-close-notify", "inside-record"},
    "python-httpx": {"no-close-notify", "inside-record"},
    "go": {"no-close-notify"},
    "java": {"no-close-notify"},
    "python-requests": set(),
}
"""Who takes what for the end of a body that ends with the connection: the flaws of ``tls-truncation``."""


@pytest.mark.slow
@each(*HERE)
@pytest.mark.usefixtures("trusting")
def test_tls_that_breaks_off(tool: str, fake: FakeServer, runner: Runner) -> None:
    for how in get_args(TlsBreak):
        fault = drop_tls(2, how)
        for body in (Body("close"), Body(), Body("length")):
            me = fake.credentials()
            fake.script(me.id, cut_reply(fault, body))
            outcome = runner(f"{tool}/fixed", fake.url, me.token)
            assert outcome.failed or (body.framing == "close" and how in TAKES[tool]), (how, body)
            assert "ab cd ".startswith(outcome.text)  # Java's drops what it has in hand when the connection fails


class TestCuts:
    """Of a body that ends with the connection: what docs/tls.md says of each client. A library that takes a cut for an
    end may learn better."""

    @each(*HERE)
    @pytest.mark.usefixtures("trusting")
    def test_by_a_reset(self, tool: str, fake: FakeServer, driven: Runner) -> None:
        assert _cut(fake, driven, tool, reset_peer(after=2)) or tool == "node"

    @each(*HERE)
    @pytest.mark.usefixtures("trusting")
    def test_without_close_notify(self, tool: str, fake: FakeServer, driven: Runner) -> None:
        assert _cut(fake, driven, tool, close_early(after=2)) or tool != "python-requests"

    @each(*HERE)
    @pytest.mark.usefixtures("trusting")
    def test_with_close_notify(self, tool: str, fake: FakeServer, driven: Runner) -> None:
        assert _cut(fake, driven, tool, close_early(after=2, close_notify=True)) is False

    @pytest.mark.usefixtures("trusting")
    @pytest.mark.parametrize(
        ("fault", "fails"),
        [(reset_peer(after=2), True), (close_early(after=2), True), (close_early(after=2, close_notify=True), False)],
    )
    def test_of_the_reference(self, fault: Fault, fails: bool, fake: FakeServer) -> None:
        me = fake.credentials()
        fake.script(me.id, cut_reply(fault))
        shown = list[str]()
        with pytest.raises(AresError) if fails else nullcontext():
            for piece in stream_chat(f"{fake.url}{PATH}", me.token, "hi"):
                shown.append(piece)
        assert "".join(shown) == "ab cd "


def cut_reply(fault: Fault, body: Body = Body("close")) -> Reply:
    return reply(chunks=("ab ", "cd ", "ef"), text=None, body=body, faults=[fault])


def _cut(fake: FakeServer, runner: Runner, tool: str, fault: Fault) -> bool:
    """Whether the client reports failure."""
    me = fake.credentials()
    fake.script(me.id, cut_reply(fault))
    outcome = runner(f"{tool}/fixed", fake.url, me.token)
    assert outcome.text == "ab cd "
    return outcome.failed
