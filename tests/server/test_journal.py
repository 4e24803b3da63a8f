from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.server.auth import Keyring
from mock_ares.server.journal import MOST_BODY, Exchange, Journal, redacted, redacted_body, redacted_text
from tests.growth import LINEAR, growth

PAIR = Keyring().pair()
TOKEN, KEY = PAIR.token, PAIR.api_key
PIECES = ("eyJ", "eyJa.", "eyJ-", "ares_", "&token=", '"token":"', "eyJ.eyJ", "\\")
"""What is nearly a secret, over and over."""


def opened(journal: Journal, path: str = "/", query: str = "") -> Exchange:
    return journal.open("POST", path, [("host", "x")], 1.0, query)


class TestExchanges:
    def test_numbers_go_on_when_the_oldest_are_forgotten(self) -> None:
        journal = Journal(most=2)
        for _ in range(5):
            opened(journal)
        assert [exchange.number for exchange in journal] == [4, 5]
        assert len(journal) == 2

    def test_those_of_an_owner(self) -> None:
        journal = Journal()
        opened(journal).owner = "me"
        opened(journal).owner = "you"
        assert [exchange.number for exchange in journal.of("me")] == [1]
        assert journal.of("nobody") == []

    def test_clearing(self) -> None:
        journal = Journal()
        opened(journal)
        journal.clear()
        assert list(journal) == []
        assert opened(journal).number == 2

    def test_reading_while_it_grows(self) -> None:
        journal = Journal()
        opened(journal)
        for _ in journal:
            opened(journal)
        assert len(journal) == 2

    def test_as_dict_is_json(self) -> None:
        exchange = opened(Journal())
        exchange.body = b"\xff\0x"
        fields = exchange.as_dict()
        assert json.loads(json.dumps(fields))["body"] == "\ufffd\0x"
        assert fields["headers"] == {"host": "x"}
        assert (fields["ending"], fields["status"], fields["duration"]) == ("open", None, None)


class TestRedaction:
    @pytest.mark.parametrize("name", ["authorization", "cookie", "proxy-authorization", "x-admin-secret", "x-api-key"])
    @pytest.mark.parametrize(
        "value", ["hunter2", TOKEN, KEY, "", "hunter2 "], ids=["word", "jwt", "key", "none", "space"]
    )
    def test_headers_that_hold_secrets(self, name: str, value: str) -> None:
        ((_, kept),) = redacted([(name, value)])
        assert "hunter2" not in kept.removeprefix("hunter2 [")
        assert TOKEN not in kept
        assert KEY not in kept

    def test_the_scheme_is_kept(self) -> None:
        assert redacted([("authorization", f"Bearer {TOKEN}")]) == (("authorization", "Bearer [redacted]"),)
        assert redacted([("authorization", TOKEN)]) == (("authorization", "[redacted]"),)

    def test_tokens_and_keys_in_other_headers(self) -> None:
        headers = [("x-forwarded-auth", f"token={TOKEN}; {KEY}"), ("accept", "*/*")]
        assert redacted(headers) == (("x-forwarded-auth", "token=[redacted] [redacted]"), ("accept", "*/*"))

    @pytest.mark.parametrize(
        ("body", "kept"),
        [
            (b'{"password":"hunter2","x":1}', b'{"password":"[redacted]","x":1}'),
            (b'{"refresh_token" : "hunter2"}', b'{"refresh_token" : "[redacted]"}'),
            (b'{"secret":"hun\\"ter2","x":"y"}', b'{"secret":"[redacted]","x":"y"}'),
            (b'{"password":"hunter2', b'{"password":"[redacted]'),
            (b'{"password":"hunter2\\', b'{"password":"[redacted]\\'),
            (b'{"password":"hun\\\nter2"}', b'{"password":"[redacted]"}'),
            (b'{"password":"\xff\xfehunter2"}', b'{"password":"[redacted]"}'),
            (b"email=a&password=hunter2&x=1", b"email=a&password=[redacted]&x=1"),
            (b"\xff\xfe", b"\xff\xfe"),
            (b'{"message":"a password, a token"}', b'{"message":"a password, a token"}'),
        ],
    )
    def test_bodies(self, body: bytes, kept: bytes) -> None:
        assert redacted_body(body) == kept

    def test_what_the_end_of_the_kept_part_cuts(self) -> None:
        for size in range(MOST_BODY - 40, MOST_BODY + 5):
            body = b"x" * size + b'"password":"' + b'hunter2\\"' * 10
            assert b"hunter2" not in redacted_body(body)
            assert len(redacted_body(b"x" * size)) == min(size, MOST_BODY)

    def test_queries_and_paths(self) -> None:
        exchange = opened(Journal(), f"/keys/{KEY}", f"access_token={TOKEN}&token=hunter2&page=1")
        assert exchange.path == "/keys/[redacted]"
        assert exchange.query == "access_token=[redacted]&token=[redacted]&page=1"

    def test_ordinary_text_stays(self) -> None:
        for text in ("", "eyJ", "eyJ.a", "ares_", "ares_xxx", "token=", "/api/chat?page=1", "Bearer of good news, é"):
            assert redacted_text(text) == text.replace("token=", "token=[redacted]")

    @given(before=st.text(), after=st.text())
    def test_wherever_a_token_stands_alone(self, before: str, after: str) -> None:
        assert TOKEN not in redacted_text(f"{before} {TOKEN} {after}")
        assert KEY not in redacted_text(f"{before} {KEY} {after}")

    @pytest.mark.parametrize("piece", PIECES)
    def test_twice_the_text_costs_about_twice(self, piece: str) -> None:
        assert growth(lambda count: redacted_text(piece * count), 30_000) < LINEAR
