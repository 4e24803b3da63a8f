"""Conversations: what chats leave behind, and what is done with it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from mock_ares.faults import close_early, duplicate_chunk, error_event, invalid_utf8, missing_end, reset_peer, truncate
from mock_ares.scenario.model import Reply
from tests.ares.routes.frontend import Frontend, error
from tests.server.live import Live, until


def scripted(page: Frontend, *replies: Reply) -> Frontend:
    """As the user that the replies are for."""
    page.ares.server.script(page.ares.id, *replies)
    page.bearer = page.ares.credentials.token
    return page


class TestWhatChatsLeaveBehind:
    @pytest.mark.parametrize("path", ["/api/chat", "/api/chat/stream"])
    def test_a_turn(self, page: Frontend, path: str) -> None:
        scripted(page, Reply(text="Neural networks learn."))
        assert page.chat("How?", "c1", path).status == 200
        assert page.said("c1") == [("user", "How?"), ("assistant", "Neural networks learn.")]

    def test_turns_of_one_conversation(self, page: Frontend) -> None:
        scripted(page, Reply(text="one"), Reply(text="two"))
        id = page.chat("1").json["context_id"]
        page.chat("2", id, "/api/chat/stream")
        assert page.said(id) == [("user", "1"), ("assistant", "one"), ("user", "2"), ("assistant", "two")]
        assert [found["id"] for found in page.conversations()] == [id]
        assert page.conversations()[0]["message_count"] == 4

    def test_a_key_and_its_jwt_share_them(self, page: Frontend) -> None:
        scripted(page, Reply(text="one"))
        key = page.ares.credentials.api_key
        assert page.post(f"{page.v1}/chat", {"message": "1", "context_id": "c1"}, bearer=key).status == 200
        assert page.said("c1") == [("user", "1"), ("assistant", "one")]

    def test_the_form_with_messages_is_a_conversation_of_its_own(self, docs_page: Frontend) -> None:
        scripted(docs_page, Reply(text="one"))
        body = {"messages": [{"role": "user", "content": "1"}], "context_id": "c1"}
        assert docs_page.post("/v1/chat", body, bearer=docs_page.ares.credentials.api_key).status == 200
        assert docs_page.conversations() == []

    @pytest.mark.parametrize(
        ("faults", "dialect"),
        [
            pytest.param((reset_peer(after=1),), "text", id="reset"),
            pytest.param((close_early(after=1),), "text", id="closed"),
            pytest.param((truncate(after=1),), "text", id="cut where HTTP cannot tell"),
            pytest.param((error_event(after=1, message="no"),), "typed", id="an error event"),
            pytest.param((missing_end(),), "typed", id="no end record"),
        ],
    )
    def test_no_turn_of_what_did_not_come_to_its_end(self, page: Frontend, faults: Any, dialect: Any) -> None:
        scripted(page, Reply(text="Neural networks learn.", faults=faults, dialect=dialect))
        self.ask_and_see(page.ares, "c1")
        assert page.said("c1") == []
        assert page.conversations()[0]["message_count"] == 0

    def ask_and_see(self, ares: Live, context: str) -> None:
        """A streamed answer, to whatever end."""
        body = json.dumps({"message": "hi", "context_id": context}).encode()
        ares.raw(ares.request("/api/chat/stream", body, "connection: close"))

    def test_no_turn_where_the_client_left(self, page: Frontend) -> None:
        scripted(page, Reply(text="x" * 12_000_000, chunks="whole"))
        with page.ares.socket() as connection:
            connection.sendall(page.ares.request("/api/chat/stream", b'{"message":"hi","context_id":"c1"}'))
            assert connection.recv(100)
            assert page.said("c1") == []
        until(lambda: page.ares.exchanges[0].ending == "client-left")
        assert page.said("c1") == []

    def test_no_conversation_of_an_error(self, page: Frontend) -> None:
        scripted(page, Reply(error="unavailable"))
        page.chat("hi", "c1")
        assert page.conversations() == []

    @pytest.mark.parametrize("agent", ["router", "nope"])
    def test_an_agent_that_does_not_answer_leaves_an_empty_one(self, server_page: Frontend, agent: str) -> None:
        body = {"message": "hi", "context_id": "c1", "agent_type": agent}
        server_page.enter()
        assert server_page.post("/api/chat", body).status in (400, 404)
        assert [(each["id"], each["message_count"]) for each in server_page.conversations()] == [("c1", 0)]

    @pytest.mark.parametrize("path", ["/api/chat", "/api/chat/stream"])
    def test_a_text_that_no_database_takes(self, server_page: Frontend, path: str) -> None:
        scripted(server_page, Reply(text="a\0b"))
        assert server_page.chat("hi", "c1", path).status == (500 if path == "/api/chat" else 200)
        assert server_page.said("c1") == []

    def test_a_fault_that_loses_nothing(self, page: Frontend) -> None:
        scripted(page, Reply(text="a b", faults=(duplicate_chunk(chunk=1),)))
        assert page.chat("hi", "c1", "/api/chat/stream").status == 200
        assert len(page.said("c1")) == 2

    def test_bytes_that_are_no_text(self, page: Frontend) -> None:
        scripted(page, Reply(text="Neural networks", faults=(invalid_utf8(after=1),)))
        page.chat("hi", "c1", "/api/chat/stream")
        assert "\ufffd" in page.said("c1")[1][1]

    def test_an_empty_answer(self, page: Frontend) -> None:
        scripted(page, Reply(text=""))
        for path in ("/api/chat", "/api/chat/stream"):
            page.chat("", path, path)
        assert [found["message_count"] for found in page.conversations()] == [2, 2]

    def test_the_server_counts_what_was_said_before(self, server_page: Frontend) -> None:
        scripted(server_page, Reply(text="12345"))
        counted = [server_page.chat("1234", "c1").headers["x-input-tokens"] for _ in range(3)]
        assert counted == ["1", str(1 + 2 + 1), str(2 * (1 + 2) + 1)]

    def test_a_reader_of_the_last_byte_finds_the_turn(self, page: Frontend) -> None:
        """However the connection ends, and though the answer's exchange may not be over on the other side."""
        scripted(page, Reply(text="Neural networks learn."))
        for number in range(30):
            self.ask_and_see(page.ares, f"c{number}")
            assert len(page.said(f"c{number}")) == 2


class TestShapes:
    def test_the_list(self, page: Frontend) -> None:
        page.enter()
        assert page.conversations() == []
        page.chat("hi", "c1")
        zone = "Z" if page.docs else "+00:00"
        (found,) = page.conversations()
        assert list(found) == ["id", "title", "message_count", "created_at", "updated_at"]
        assert found["title"] == (None if page.docs else "")
        assert found["created_at"] == found["updated_at"] == f"2026-03-13T14:22:00{zone}"

    def test_one(self, page: Frontend) -> None:
        page.enter()
        page.chat("hi", "c1")
        found = page.get("/api/conversations/c1").json
        assert list(found) == ["id", "title", "messages", "created_at", "updated_at"]
        assert found["title"] is None
        assert [message["id"] for message in found["messages"]] == ["c1-0", "c1-1"]
        assert list(found["messages"][0]) == ["id", "role", "content", "created_at"]
        assert found["messages"][0]["created_at"] == found["created_at"]

    def test_the_latest_update_comes_first(self, page: Frontend) -> None:
        """In the server a turn is none."""
        page.enter()
        for id in ("a", "b", "a"):
            page.clock.now += 10
            page.chat("hi", id)
        assert [found["id"] for found in page.conversations()] == (["a", "b"] if page.docs else ["b", "a"])
        page.clock.now += 10
        page.send("PUT", "/api/conversations/a", {"title": "A"})
        assert [found["id"] for found in page.conversations()] == ["a", "b"]


class TestChanges:
    @pytest.mark.parametrize(
        ("body", "title"), [({"title": "T"}, "T"), ({"title": ""}, ""), ({"title": None}, None), ({}, None)]
    )
    def test_a_title(self, page: Frontend, body: dict[str, Any], title: str | None) -> None:
        page.enter()
        page.chat("hi", "c1")
        page.send("PUT", "/api/conversations/c1", {"title": "before"})
        assert page.send("PUT", "/api/conversations/c1", body).json == {"success": True}
        assert page.get("/api/conversations/c1").json["title"] == title

    def test_a_title_of_another_type(self, page: Frontend) -> None:
        page.enter()
        assert page.send("PUT", "/api/conversations/c1", {"title": 5}).status == 422

    def test_deleting(self, page: Frontend) -> None:
        page.enter()
        page.chat("hi", "c1")
        got = page.send("DELETE", "/api/conversations/c1")
        assert (got.status, got.body) == (204, b"")
        assert "content-length" not in got.headers
        assert page.conversations() == []
        assert page.send("DELETE", "/api/conversations/c1").status == 404

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    def test_one_that_is_not_there(self, page: Frontend, method: str) -> None:
        page.enter()
        got = page.send(method, "/api/conversations/c1", {})
        assert error(got) == (404, {"error": "Conversation not found"} | ({} if page.docs else {"code": "NOT_FOUND"}))

    @pytest.mark.parametrize(("method", "what"), [("GET", "access"), ("PUT", "modify"), ("DELETE", "delete")])
    def test_somebody_elses(self, page: Frontend, method: str, what: str) -> None:
        page.enter()
        page.chat("mine", "c1")
        page.enter("bob@example.com")
        said = f"Not authorized to {what} this conversation"
        expected = (401, {"error": said, "code": "AUTHENTICATION_FAILED"})
        got = page.send(method, "/api/conversations/c1", {})
        assert error(got) == ((404, {"error": "Conversation not found"}) if page.docs else expected)

    def test_going_on_with_somebody_elses(self, page: Frontend) -> None:
        """The server lets anybody; in the pages' world an id is one's own."""
        mine = page.enter().bearer
        page.chat("mine", "c1")
        page.enter("bob@example.com")
        page.chat("yours", "c1")
        assert [found["id"] for found in page.conversations()] == (["c1"] if page.docs else [])
        page.bearer = mine
        assert len(page.said("c1")) == (2 if page.docs else 4)

    @pytest.mark.parametrize("id", ["a b", "a/b", "ä", "%", "..", "a?b", "x" * 3000])
    def test_any_text_is_an_id(self, page: Frontend, id: str) -> None:
        page.enter()
        page.chat("hi", id)
        assert page.get(f"/api/conversations/{quote(id, safe='')}").json["id"] == id
