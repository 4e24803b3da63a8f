from __future__ import annotations

import json
import sys

from mock_ares.server.record import redaction
from mock_ares.server.record.journal import MOST_TEXT, MOST_VALUE, Exchange, Journal, kept_body, kept_text
from mock_ares.server.transport import header_fields
from mock_ares.server.transport.header_fields import SHORT
from tests.server.live import Live


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
        header_fields = exchange.as_dict()
        assert json.loads(json.dumps(header_fields))["body"] == "\ufffd\0x"
        assert header_fields["headers"] == {"host": "x"}
        assert (header_fields["ending"], header_fields["status"], header_fields["duration"]) == ("open", None, None)


class TestBounds:
    def test_texts_are_cut_with_a_mark(self) -> None:
        exchange = Journal().open("M" * 10_000, "/" + "p" * 10_000, [("x-a", "v" * 10_000)], 1.0, "q" * 10_000)
        for kept in (exchange.path, exchange.query, exchange.headers[0][1]):
            assert len(kept) < MOST_VALUE + 50
            assert kept.endswith("characters more]")
        assert len(exchange.method) < 300
        assert kept_text("x" * MOST_TEXT) == "x" * MOST_TEXT
        assert kept_text("x" * (MOST_TEXT + 1)) == "x" * MOST_TEXT + "… [1 characters more]"

    def test_many_fields_are_some(self) -> None:
        kept = Journal().open("GET", "/", [(f"x-{index}", "v" * 1000) for index in range(100)], 1.0).headers
        assert kept[-1] == ("…", "[more fields]")
        assert sum(len(name) + len(value) for name, value in kept) < 20_000

    def test_it_is_bounded_in_bytes(self) -> None:
        journal = Journal(most_bytes=1_000_000)
        for _ in range(100):
            exchange = opened(journal)
            exchange.body, exchange.message = kept_body(b"x" * 2_000_000), kept_text("y" * 2_000_000)
            journal.weigh(exchange)
            assert sum(each.weight() for each in journal) <= 1_000_000
        assert [each.number for each in journal][-1] == 100
        journal.clear()
        for _ in range(20):
            opened(journal).owner = "me"
        journal.forget("me")
        assert len(journal) == 0
        assert journal._size == 0

    def test_a_compressed_body_is_not_kept(self) -> None:
        assert kept_body(b"\x1f\x8b\x08", "gzip") == b"[3 bytes, compressed]"
        assert kept_body(b"abc", "identity") == b"abc"


def test_what_a_client_sends_is_never_interned(docs: Live) -> None:
    """CPython 3.12 frees no interned string; what is remembered of values is bounded in number and size."""
    docs.send("GET", "/health", x_long="v" * 5000)
    value = dict(docs.last.headers)["x-long"]
    assert len(value) > SHORT
    again = (value + "x")[:-1]
    assert sys.intern(again) is again  # else there was one before
    assert all(
        cache.cache_info().maxsize for cache in (header_fields._shared, redaction._is_strong, redaction._is_short)
    )
