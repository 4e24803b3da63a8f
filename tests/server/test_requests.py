from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.ares.bodies import BODY_LIMIT, ChatRequest, parse_chat
from mock_ares.ares.errors import PLAIN, HttpError
from mock_ares.ares.profiles import PROFILES

DOCS, SERVER = PROFILES["docs"], PROFILES["server"]
STREAM, V1, API_V1 = "/api/chat/stream", "/v1/chat/stream", "/api/v1/chat/stream"
JSON = "application/json"


def chat(body: Any, profile: str = "docs", path: str = STREAM) -> ChatRequest:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    found = parse_chat(data, JSON, PROFILES[profile], path)
    assert isinstance(found, ChatRequest), found
    return found


def refused(body: Any, profile: str = "docs", path: str = STREAM, content_type: str | None = JSON) -> HttpError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    found = parse_chat(data, content_type, PROFILES[profile], path)
    assert isinstance(found, HttpError), found
    return found


def message(error: HttpError) -> tuple[int, str]:
    assert error.content_type == JSON
    fields = json.loads(error.body)
    assert list(fields) == ["error"]
    return error.status, fields["error"]


@pytest.mark.parametrize("profile", ["docs", "server"])
def test_the_whole_request(profile: str) -> None:
    found = chat({"message": "hi", "agent_type": "hr", "context_id": "c1", "unknown": [1]}, profile)
    assert found == ChatRequest("hi", "hr", "c1", model=None, messages=None)


@pytest.mark.parametrize("profile", ["docs", "server"])
def test_what_is_optional_may_be_absent_or_null(profile: str) -> None:
    assert chat({"message": ""}, profile) == chat({"message": "", "agent_type": None, "context_id": None}, profile)


class TestDocs:
    @pytest.mark.parametrize(
        ("body", "status", "text"),
        [
            (b"", 400, "Invalid JSON in request body"),
            (b"not json", 400, "Invalid JSON in request body"),
            (b'{"message":"hi"', 400, "Invalid JSON in request body"),
            (b'{"message":"hi"} x', 400, "Invalid JSON in request body"),
            (b'{"message":5,}', 400, "Invalid JSON in request body"),  # before anything is said of the 5
            (b'{"message":NaN}', 400, "Invalid JSON in request body"),
            (b'{"message":"\xff"}', 400, "Invalid JSON in request body"),
            (b'{"message":"hi","x":"\xff"}', 400, "Invalid JSON in request body"),
            (b'{"message":"\\ud800"}', 400, "Invalid JSON in request body"),
            (b'\xef\xbb\xbf{"message":"hi"}', 400, "Invalid JSON in request body"),
            (b"{}", 400, "Missing required field: message"),
            (b"null", 400, "Missing required field: message"),
            (b'["hi",null,null]', 400, "Missing required field: message"),
            (b'"hi"', 400, "Missing required field: message"),
            (b'{"message":null}', 422, "Invalid value for field: message"),
            (b'{"message":5}', 422, "Invalid value for field: message"),
            (b'{"message":["hi"]}', 422, "Invalid value for field: message"),
            (b'{"message":"a","message":"b"}', 422, "Invalid value for field: message"),
            (b'{"message":"hi","agent_type":5}', 422, "Invalid value for field: agent_type"),
            (b'{"message":"hi","agent_type":{"router":null}}', 422, "Invalid value for field: agent_type"),
            (b'{"message":"hi","context_id":{}}', 422, "Invalid value for field: context_id"),
        ],
    )
    def test_refuses(self, body: bytes, status: int, text: str) -> None:
        assert message(refused(body)) == (status, text)

    def test_any_agent_may_be_named(self) -> None:
        assert chat({"message": "", "agent_type": "router"}, path="/api/chat").agent_type == "router"

    @pytest.mark.parametrize("content_type", [None, "", "text/plain", "application/x-www-form-urlencoded"])
    def test_only_json(self, content_type: str | None) -> None:
        error = refused({"message": "hi"}, content_type=content_type)
        assert message(error) == (415, "Content-Type must be application/json")

    def test_not_over_two_mebibytes(self) -> None:
        assert message(refused(b"x" * (BODY_LIMIT + 1))) == (413, "Request body too large")


class TestServer:
    """The JSON texts themselves are in ``test_serde``."""

    def test_syntax_is_400(self) -> None:
        text = b"Failed to parse the request body as JSON: EOF while parsing a value at line 1 column 0"
        assert refused(b"", "server") == HttpError(400, (), text, PLAIN)

    def test_data_is_422(self) -> None:
        start = b"Failed to deserialize the JSON body into the target type: "
        text = start + b"message: invalid type: integer `5`, expected a string at line 1 column 12"
        assert refused(b'{"message":5}', "server") == HttpError(422, (), text, PLAIN)

    def test_no_json_is_415(self) -> None:
        text = b"Expected request with `Content-Type: application/json`"
        assert refused({"message": "hi"}, "server", content_type="text/json") == HttpError(415, (), text, PLAIN)

    def test_too_large_is_413(self) -> None:
        text = b"Failed to buffer the request body: length limit exceeded"
        assert refused(b"x" * (BODY_LIMIT + 1), "server") == HttpError(413, (), text, PLAIN)

    @pytest.mark.parametrize("agent_type", ["router", "Router", "research", ""])
    def test_any_agent_can_be_asked_for(self, agent_type: str) -> None:
        assert chat({"message": "hi", "agent_type": agent_type}, "server", "/api/chat").agent_type == agent_type

    def test_an_array_of_all_members_is_an_object(self) -> None:
        assert chat(["hi", "product", "c1"], "server") == ChatRequest("hi", "product", "c1", None, None)
        assert chat(["hi", "product", "c1"], "server", API_V1) == ChatRequest("hi", "product", "c1", None, None)


@pytest.mark.parametrize("profile", ["docs", "server"])
class TestOrder:
    def test_content_type_before_size(self, profile: str) -> None:
        assert refused(b"x" * (BODY_LIMIT + 1), profile, content_type=None).status == 415

    def test_size_before_json(self, profile: str) -> None:
        assert refused(b"x" * (BODY_LIMIT + 1), profile).status == 413
        assert refused(b"x" * BODY_LIMIT, profile).status == 400

    def test_the_limit_itself_is_allowed(self, profile: str) -> None:
        body = b'{"message":"' + b"x" * (BODY_LIMIT - 14) + b'"}'
        assert len(body) == BODY_LIMIT
        assert len(chat(body, profile).message) == BODY_LIMIT - 14


# Asked of mime 0.3.17, by which axum reads the field.
@pytest.mark.parametrize(
    ("content_type", "is_json"),
    [
        ("application/json", True),
        ("APPLICATION/JSON", True),
        ("application/json;", True),
        ("application/json; charset=utf-8", True),
        ('application/json;charset="utf-8"', True),
        ("application/vnd.a+json", True),
        ("application/x+y+json", True),
        ("application/json+xml", True),
        ("application/json+", True),
        ("application/json;a=b;c=d", True),
        ("application/json;  a=b", True),
        ("application/json; a=", True),
        ("application/json; a=b; ", True),
        ('application/json; a="b;c"', True),
        ('application/json; a=""x"', True),
        ('application/json;a="b" ;c=d', True),
        ("application/+json", False),
        ("application/jsonx", False),
        ("text/json", False),
        ("*/*", False),
        ("application/json, text/plain", False),
        ("application/json; a = b", False),
        ("application/json;;", False),
        ("application/json; a", False),
        ('application/json; a="b', False),
        ('application/json; a=""', False),
        ("application/json;a=b c", False),
        ('application/json;a="b"c', False),
        ("application/json;=b", False),
        ("application/json ;a=b", False),
        ('application/json;a="\xe9"', False),
        ("application/json;a=\xe9", False),
        ("application", False),
        ("application/", False),
        ("/json", False),
        ("json", False),
        ("", False),
        ("multipart/form-data; boundary=x", False),
    ],
)
def test_what_counts_as_json(content_type: str, is_json: bool) -> None:
    found = parse_chat(b'{"message":"hi"}', content_type, SERVER, STREAM)
    assert isinstance(found, ChatRequest) == is_json


TURNS = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "first"},
    {"role": "assistant", "content": "yes?"},
    {"role": "user", "content": "last"},
]
V1_PATHS = [("docs", V1), ("docs", API_V1), ("docs", "/v1/chat"), ("docs", "/api/v1/chat")]


@pytest.mark.parametrize(("profile", "path"), V1_PATHS)
class TestMessages:
    def test_the_users_last_is_the_message(self, profile: str, path: str) -> None:
        found = chat({"model": "m1", "messages": TURNS, "agent_type": "hr"}, profile, path)
        assert (found.message, found.model, found.agent_type) == ("last", "m1", "hr")
        assert found.messages == tuple((turn["role"], turn["content"]) for turn in TURNS)

    def test_without_a_user_the_last_is(self, profile: str, path: str) -> None:
        assert chat({"messages": TURNS[:1]}, profile, path).message == "Be brief."
        assert chat({"messages": []}, profile, path).message == ""

    def test_a_message_wins(self, profile: str, path: str) -> None:
        found = chat({"message": "hi", "messages": TURNS, "model": "m1"}, profile, path)
        assert (found.message, found.messages, found.model) == ("hi", None, "m1")

    def test_null_is_no_list(self, profile: str, path: str) -> None:
        assert refused({"messages": None}, profile, path).status == 422
        assert refused({"messages": None, "message": "hi"}, profile, path).status == 422


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"messages": "hi"}, 422, "Invalid value for field: messages"),
        ({"messages": ["hi"]}, 422, "Invalid value for field: messages[0]"),
        ({"messages": [{"role": "user", "content": 5}]}, 422, "Invalid value for field: messages[0].content"),
        ({"messages": [TURNS[0], {"role": "user"}]}, 400, "Missing required field: messages[1].content"),
        ({"messages": TURNS, "model": 5}, 422, "Invalid value for field: model"),
        ({"model": "m1"}, 400, "Missing required field: message"),
    ],
)
def test_messages_are_checked(body: Any, status: int, text: str) -> None:
    assert message(refused(body, path=V1)) == (status, text)


@pytest.mark.parametrize(
    ("profile", "path"),
    [("docs", STREAM), ("docs", "/api/chat"), ("server", STREAM), ("server", V1), ("server", API_V1)],
)
def test_elsewhere_the_message_is_missing(profile: str, path: str) -> None:
    error = refused({"messages": TURNS}, profile, path)
    if profile == "docs":
        assert message(error) == (400, "Missing required field: message")
    else:
        assert error.status == 422
        assert b"missing field `message`" in error.body


def test_the_server_says_of_the_v1_form_what_serde_would() -> None:
    error = refused(b"{}", "server", API_V1)
    assert error.body.endswith(b"missing field `message` at line 1 column 2")


@given(
    body=st.binary() | st.text().map(str.encode) | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["message", "messages", "model", "x"]), inner),
    ).map(lambda value: json.dumps(value).encode()),
    profile=st.sampled_from(["docs", "server"]),
    path=st.sampled_from([STREAM, V1, API_V1, "/api/chat"]),
    content_type=st.sampled_from([JSON, None]) | st.text(),
)  # fmt: skip
def test_anything_is_answered(body: bytes, profile: str, path: str, content_type: str | None) -> None:
    found = parse_chat(body, content_type, PROFILES[profile], path)
    if isinstance(found, HttpError):
        assert 400 <= found.status < 500
        found.body.decode()
    else:
        found.message.encode()
