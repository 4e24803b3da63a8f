"""ARES's own user interface works against the server profile, in all that it does."""

from __future__ import annotations

import pytest

from mock_ares.faults import error_event, missing_end, reset_peer
from mock_ares.scenario.model import Framing, Reply
from tests.ares.routes.official_ui import OfficialUi, UiError
from tests.server.live import Live

ANN = {"email": "ann@example.com", "password": "correct horse"}


@pytest.fixture
def ui(server: Live) -> OfficialUi:
    """Registered, on the chat page."""
    found = OfficialUi(server)
    found.enter("register", **ANN, name="Ann")
    found.open_chat()
    return found


def scripted(ui: OfficialUi, *replies: Reply) -> OfficialUi:
    ui.token = ui.ares.credentials.token
    ui.ares.server.script(ui.ares.id, *replies)
    return ui


def test_logging_in(ui: OfficialUi) -> None:
    tab = OfficialUi(ui.ares)
    tab.enter("login", **ANN)
    tab.open_chat()
    assert tab.say("hi").role == "assistant"


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("login", {**ANN, "password": "wrong"}, "Invalid credentials"),
        ("register", {**ANN, "name": ""}, "User already exists"),
        ("register", {"email": "x", "password": "short", "name": ""}, "Email required and password must be at least 8"),
        ("login", {"email": "x"}, "Request failed with status 422"),
    ],
)
def test_what_the_login_page_shows(ui: OfficialUi, path: str, fields: dict[str, str], said: str) -> None:
    with pytest.raises(UiError, match=said):
        ui.enter(path, **fields)


def test_what_the_chat_page_loads(ui: OfficialUi) -> None:
    assert [agent["agent_type"] for agent in ui.agents] == ["product", "invoice", "sales", "finance", "hr"]
    assert [workflow["name"] for workflow in ui.workflows] == ["default", "research"]


def test_a_conversation(ui: OfficialUi) -> None:
    scripted(ui, Reply(text="Neural networks learn."), Reply(text="By example.\n\nÉ 🎲"))
    first = ui.say("How?")
    assert (first.content, first.agent, first.is_streaming) == ("Neural networks learn.", "product (system)", False)
    second = ui.say("And how is that?", "hr")
    assert (second.content, second.agent) == ("By example.\n\nÉ 🎲", "hr (system)")
    assert ui.asked == ["/api/chat/stream"] * 2
    found = ui.json("GET", f"/api/conversations/{ui.conversation}")
    assert [message["content"] for message in found["messages"]] == [
        "How?", "Neural networks learn.", "And how is that?", "By example.\n\nÉ 🎲",
    ]  # fmt: skip


def test_an_answer_that_fails(ui: OfficialUi) -> None:
    scripted(ui, Reply(text="Neural networks", faults=(error_event(after=1),)))
    shown = ui.say("How?")
    assert (shown.role, shown.content) == ("system", "Error: Stream error: LLM error: Stream chunk error")
    assert ui.asked == ["/api/chat/stream"]


def test_a_stream_that_breaks_is_asked_for_as_a_whole(ui: OfficialUi) -> None:
    scripted(ui, Reply(text="Neural networks", faults=(reset_peer(after=1),)), Reply(text="Neural networks learn."))
    shown = ui.say("How?")
    assert (shown.content, shown.agent) == ("Neural networks learn.", "Product (user)")
    assert ui.asked == ["/api/chat/stream", "/api/chat"]
    assert ui.say("And?").content == "Neural networks learn."


@pytest.mark.parametrize(("error", "said"), [("unavailable", "status 503"), ("internal", "the model did not answer")])
def test_both_endpoints_fail(ui: OfficialUi, error: str, said: str) -> None:
    scripted(ui, Reply(error=error))
    shown = ui.say("How?")
    assert shown.role == "system"
    assert said in shown.content


def test_an_expired_token(ui: OfficialUi) -> None:
    ui.token = ui.ares.fake.keyring.issue_jwt(lifetime=-3600)
    assert ui.say("How?").content == "Error: Unauthorized"


def test_comments_between_events(ui: OfficialUi) -> None:
    scripted(ui, Reply(text="Neural networks learn.", framing=Framing(between=(": keep-alive",))))
    assert ui.say("How?").content == "Neural networks learn."


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(text="abc", dialect="text"), id="plain chunks"),
        pytest.param(Reply(text="abc", framing=Framing(newline="crlf")), id="CRLF"),
        pytest.param(Reply(text="abc", faults=(missing_end(),)), id="no done"),
    ],
)
def test_what_it_waits_for_without_end(ui: OfficialUi, reply: Reply) -> None:
    """Its own mistakes, which the simulation has too; else the tests above would prove little."""
    scripted(ui, reply)
    assert ui.say("How?").is_streaming


def test_the_pages_profile_is_not_its_world(docs: Live) -> None:
    with pytest.raises(UiError, match="Failed to parse"):
        OfficialUi(docs).enter("register", **ANN, name="Ann")
