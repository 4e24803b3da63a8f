"""The ``server`` profile says what a real server said, byte for byte: every recorded exchange is asked again."""

from __future__ import annotations

import re

import pytest

from mock_ares.server.hosting.app import create_app
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.hosting.loop import Server
from mock_ares.server.state import Settings
from mock_ares.server.transport.uvicorn_config import h11_protocol, httptools_protocol
from tests.documents import text
from tests.recordings.model import scenarios
from tests.recordings.replay import Exchange, Replayed, plain, recorded
from tests.recordings.restored import Restored

SECRET = b"real-secret-that-is-at-least-32-characters"
SPEED = 1000.0
"""What took 15 s takes 15 ms."""

MEANT = {
    "Pages of this machine may read every answer": r"b-cors-.*-(localhost_5173|null|pna)",
    "Configuration and health name": r"c-config|c-healthd|b-meth2-(GET|HEAD)-config_info|b-meth2-HEAD-health_detailed",
    "Research and workflows have answers of their own": r"c-research(-def|-0|-11|-fail)?"
    r"|c-wf-(run-ctx|emptyq|research)",
    "The owner of a key has three agents": r"c-v1-agents(-x=1|-page=[02]|-per_page=(\d+|pc31))?|c-v1-run-\w+-real"
    r"|b-methkey-GET-api_v1_agents",
    "Keys made by `POST /api/v1/api-keys` begin with `ares_`": r"c-v1-key-create(-exp)?",
    "`/v1/chat` and `/v1/chat/stream` are there": r"c-v1-bare-stream",
    "Everybody has all agents that `/api/agents` names": r"a-agent-invoice|a-unknownmodel|b-auth-othersub",
    "Who names no agent gets `product`": r"a-router-(research|finance)",
    "Of two messages of one second the user's comes first": r"c-conv-get(-titled)?",
    "Nobody waits for a quarter of an hour": r"c-chat-openai500",
}
"""What differs on purpose, in words of docs/ares.md, and the cases, each of which must differ."""

Answered = dict[str, tuple[Exchange, Replayed]]


@pytest.fixture(scope="module", params=[httptools_protocol, h11_protocol], ids=["httptools", "h11"])
def answered(request: pytest.FixtureRequest) -> Answered:
    """Each case, and what one fake answered to all of them in the order of the recording."""
    settings = Settings(profile="server", scenario="hello", secret=SECRET, speed=SPEED)
    server = FakeServer(settings, scenarios())
    server._server.stop()
    server._server = Server(create_app(fake=server.fake), http=request.param(), on_start=server._started)
    server.url = server._server.url
    with server:
        restored = Restored(server)
        exchanges = sorted(recorded(), key=lambda each: each.place)
        return {each.case: (each, restored.ask(each)) for each in exchanges}


def differ(exchange: Exchange, found: Replayed) -> bool:
    return (plain(exchange.response), exchange.ending) != (plain(found.response), found.ending)


def meant(case: str) -> str | None:
    return next((reason for reason, pattern in MEANT.items() if re.fullmatch(pattern, case)), None)


def test_every_exchange_is_answered_as_the_real_server_did(answered: Answered) -> None:
    wrong = [
        f"{case}: {exchange.ending}, {found.ending}\n  {plain(exchange.response)!r}\n  {plain(found.response)!r}"
        for case, (exchange, found) in answered.items()
        if differ(exchange, found) and meant(case) is None
    ]
    assert not wrong, f"{len(wrong)} of {len(answered)} differ:\n" + "\n".join(wrong)


def test_what_is_meant_otherwise_differs(answered: Answered) -> None:
    """An exception that is none any more has to go."""
    same = [case for case, (exchange, found) in answered.items() if meant(case) and not differ(exchange, found)]
    unknown = [pattern for pattern in MEANT.values() if not any(re.fullmatch(pattern, case) for case in answered)]
    assert (same, unknown) == ([], [])


def test_what_is_meant_otherwise_is_told() -> None:
    page = " ".join(text("docs/ares.md").split())
    assert [reason for reason in MEANT if reason not in page] == []
