"""What went through stays nowhere, however it is spelled."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.authoring.load import loads
from mock_ares.recorder.exchange.payload import AnsweredByFakeError, Asked, UnrecordableError
from mock_ares.recorder.exchange.response import ResponseReader
from mock_ares.recorder.exchange.scenarios import asked_of, name_of, recorded, when_of
from mock_ares.recorder.exchange.secrets import Secrets
from mock_ares.scenario.model import Match, When

SECRET = 'p@ss/wörd"+%7e'
SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "percent": quote,
    "percent, all": lambda text: quote(text, safe=""),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON, all": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "HTML": html.escape,
    "hexadecimal": lambda text: text.encode().hex(),
    "Base64": lambda text: base64.b64encode(text.encode()).decode(),
    "Base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "Base64 behind something": lambda text: base64.b64encode(f"u:{text}".encode()).decode().rstrip("=")[3:-1],
}


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_a_known_value_is_found_in_each_spelling(spell: Callable[[str], str]) -> None:
    secrets = Secrets()
    secrets.learn([SECRET])
    said = spell(SECRET)
    masked = secrets.masked(f"<<{said}>>")
    assert said not in masked
    assert masked.startswith("<<") and masked.endswith(">>")
    assert len(masked) == len(said) + 4
    assert secrets.found["secret"] >= 1


def test_more_than_can_be_looked_for_is_said() -> None:
    secrets = Secrets()
    secrets.learn(f"secret-{number}" for number in range(1000))
    assert not secrets.full
    secrets.learn(["one-more"])
    assert secrets.full


def test_one_may_be_learned_while_a_text_is_looked_through() -> None:
    """Recordings are written in threads, and meanwhile requests come in."""
    secrets = Secrets()
    secrets.learn(["first-secret", "second-secret"])
    looking = secrets._found("first-secret second-secret third-secret", False)
    assert next(looking) == ("secret", (0, 12))
    secrets.learn(["third-secret"])
    assert [span for _, span in looking] == [(13, 26)]
    assert secrets.masked("third-secret") == "xxxxxxxxxxxx"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=40), st.integers(0, 5))
def test_any_value_behind_any_bytes_in_base64(value: str, before: int) -> None:
    secrets = Secrets()
    secrets.learn([value])
    coded = base64.b64encode(b"x" * before + value.encode() + b"yy").decode()
    assert secrets.masked(coded) != coded or len(value) < 6


@pytest.mark.parametrize(
    ("fields", "query", "body", "learnt"),
    [
        ([("authorization", "Bearer abcdefgh")], "", b"", "abcdefgh"),
        ([("authorization", f"Basic {base64.b64encode(b'bob:hunter22').decode()}")], "", b"", "hunter22"),
        ([("cookie", "sid=s3cr3tcookie; theme=dark")], "", b"", "s3cr3tcookie"),
        ([("x-api-key", "key-12345")], "", b"", "key-12345"),
        ([], "token=t0k3n%2B1&page=2", b"", "t0k3n+1"),
        ([], "", b'{"user": {"password": "hunter22", "n": 1}}', "hunter22"),
        ([], "", b'{"tokens_used": 3, "api_keys": [{"api_key": "k1k2k3k4"}]}', "k1k2k3k4"),
        ([], "", b"user=bob&password=hunter%2022", "hunter 22"),
    ],
)
def test_requests_tell_what_is_secret(fields: list[tuple[str, str]], query: str, body: bytes, learnt: str) -> None:
    secrets = Secrets()
    secrets.learn_request(fields, query, body)
    assert learnt not in secrets.masked(f"you said {learnt}, bob")
    assert "bob" in secrets.masked("you said, bob")


@pytest.mark.parametrize(
    "email",
    [
        "bob@example.com",
        "a.b+c@mail.example.co.uk",
        "bob%40example.com",
        r"bob\u0040example.com",
        "bob&#64;example.com",
    ],
)
def test_mails_are_known_by_their_form(email: str) -> None:
    for text in (f"to {email}.", f"<{email}>", f'"x\\n{email}"', f'"\\u000a{email}"'):
        masked = Secrets().masked(text)
        assert not any(part in masked for part in ("bob", "a.b", "example")), masked
    assert json.loads(Secrets().masked('{"a": "x\\nbob@example.com"}')) == {"a": "x\nxxx@xxxxxxx.xxx"}


@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.7:11434/api/chat",
        "192.168.1.20:8080",
        "[fd00::1]:443",
        "ollama.internal.example:11434",
        "localhost:5432",
    ],
)
def test_addresses_are_taken_out_of_error_texts_only(address: str) -> None:
    text = f"LLM error: connect to {address} failed at 12:30"
    assert Secrets().masked(text) == text
    masked = Secrets().masked(text, addresses=True)
    assert not any(part in masked for part in ("10.0.0.7", "192.168", "fd00", "internal", "5432", "11434"))
    assert masked.startswith("LLM error: connect to ") and masked.endswith(" failed at 12:30")


CHAT = ("POST", "/api/chat/stream", "application/json")


def asked(message: str, **more: str) -> Asked:
    return asked_of(*CHAT, json.dumps({"message": message, **more}).encode(), credentials=True)


@pytest.mark.parametrize(
    ("message", "matched", "other"),
    [
        ("mail bob@example.com now", "mail eve@example.org now", "mail now"),
        ("my password: hunter22", "my password: other", "my pass"),
        ("key ares_0123456789abcdef?", "key ares_ffffffffffffffff?", "key"),
    ],
)
def test_a_message_is_asked_for_without_its_secret(message: str, matched: str, other: str) -> None:
    import re

    when = when_of(asked(message), Secrets())
    assert isinstance(when.message, Match) and when.message.pattern is not None
    assert re.search(when.message.pattern, matched)
    assert not re.search(when.message.pattern, other)
    assert not any(part in repr(when) + name_of(when) for part in ("bob", "hunter22", "0123456789"))


def test_a_plain_message_is_asked_for_as_it_is() -> None:
    when = when_of(asked("Grüß Gott?", agent_type="sales"), Secrets())
    assert when == When(endpoint="/api/chat/stream", agent_type="sales", message="Grüß Gott?")
    assert name_of(when).startswith("post-api-chat-stream-agent-sales-gr-gott-")
    assert name_of(when) < name_of(when_of(asked("Grüß Gott?"), Secrets()))  # which would answer first otherwise


@pytest.mark.parametrize(
    ("method", "path", "body", "kind"),
    [
        ("POST", "/api/auth/login", b"{}", AnsweredByFakeError),
        ("GET", "/v1/api-keys", b"", AnsweredByFakeError),
        ("DELETE", "/api/v1/api-keys/7", b"", AnsweredByFakeError),
        ("POST", "/api/chat/stream", b"{}", AnsweredByFakeError),
        ("TRACE", "/api/agents", b"", UnrecordableError),
        ("GET", "/a{b}", b"", UnrecordableError),
    ],
)
def test_what_is_never_kept(method: str, path: str, body: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        asked_of(method, path, "application/json", body, credentials=True)


def of_stream(payload: bytes, secrets: Secrets, media: bytes = b"text/event-stream", status: int = 200) -> str:
    reader = ResponseReader("POST", 1_000_000)
    reader.feed(b"HTTP/1.1 %d X\r\ncontent-type: %b\r\nx-secret-token: abc\r\n\r\n" % (status, media) + payload, 0.0)
    reader.end()
    who = asked("hi")
    text = recorded(None, 1, when_of(who, secrets), who, reader, "complete", 0.0, secrets).text
    assert loads(text)
    return text


@pytest.mark.parametrize(
    "payload",
    [
        b"data: bob@\n\ndata: exam\n\ndata: ple.com\n\n",
        b"data: write to bob@example.com\n\n",
        b': bob@example.com\n\ndata: {"event":"token","content":"bob@exa"}\n\n'
        b'data: {"event":"token","content":"mple.com"}\n\n',
        b'data: {"event":"start","password":"bobexample"}\n\ndata: {"event":"token","content":"bobexample"}\n\n',
        b'data: {"event":"error","context_id":"c","error":"http://bob.example.com:1/ failed"}\n\n',
        b'data: {"delta": "bob@example.com", "finish_reason": null, "x": 1}\r\n\r\n',
    ],
)
def test_streams_are_kept_without(payload: bytes) -> None:
    text = of_stream(payload, Secrets())
    assert "example" not in text and "x-secret-token" not in text
    assert "bob" not in text


@pytest.mark.parametrize(
    ("media", "content"),
    [
        (b"application/json", b'{"user":"bob@example.com","api_key":"bobexample","at":["http://bob.example.com/x"]}'),
        (b"text/plain", b"no route to bob.example.com:443, password=bobexample"),
        (b"text/html", b"<p>bob@example.com</p>"),
    ],
)
def test_content_is_kept_without(media: bytes, content: bytes) -> None:
    text = of_stream(content, Secrets(), media, 500)
    assert "example" not in text and "bob" not in text
