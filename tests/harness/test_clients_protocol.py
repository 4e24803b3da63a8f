"""The messages between harness and driver: as the document and its schemas have them."""

from __future__ import annotations

import itertools
import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.harness.clients.protocol import (
    KINDS,
    DriverMessage,
    Halves,
    Hello,
    LineReader,
    ProtocolError,
    decode_hello,
    decode_message,
    decode_request,
    encode_hello,
    encode_message,
    encode_request,
)
from mock_ares.harness.model import CAPABILITIES, Target
from mock_ares.paths import CONTRACTS

TEXTS = st.text(st.characters(codec=None))  # lone surrogates too
JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | TEXTS, lambda s: st.lists(s, max_size=2))
MEMBERS: dict[str, st.SearchStrategy[Any]] = {
    "id": st.integers(1, 9) | JSON,
    "restart": st.just(True) | JSON,
    "new": JSON,
    **dict.fromkeys(("piece", "text", "error"), TEXTS | JSON),
}


def schema(name: str) -> Any:
    return jsonschema_rs.validator_for(json.loads((CONTRACTS / "driver" / f"{name}.schema.json").read_text()))


HELLO, REQUEST, MESSAGE = schema("hello"), schema("request"), schema("message")


def one_line(data: bytes) -> Any:
    assert data.isascii()
    assert data.index(b"\n") == len(data) - 1
    return json.loads(data)


def test_the_schema_knows_all_that_a_request_says() -> None:
    everything = Target("https://a", "/b", "c", "d", 5.0, 3, cancel_in=1.0, ca="e.pem", http_version="2")
    said = one_line(encode_request(1, everything, more=True))
    known = json.loads((CONTRACTS / "driver" / "request.schema.json").read_text())["properties"]
    assert REQUEST.is_valid(said) and said.keys() == known.keys()


class TestMessages:
    @given(st.sampled_from(KINDS), st.integers(1), TEXTS)
    def test_come_back_and_fit_the_schema(self, kind: Any, number: int, text: str) -> None:
        message = DriverMessage(number, kind, "" if kind == "restart" else text)
        line = encode_message(message)
        fields = one_line(line)
        if text.isprintable():  # the validator takes no lone surrogates
            assert MESSAGE.is_valid(fields)
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        assert decode_message(line) == DriverMessage(number, kind, "" if kind == "restart" else joined)

    @given(st.fixed_dictionaries({}, optional=MEMBERS))
    def test_what_the_schema_refuses_is_refused(self, fields: dict[str, Any]) -> None:
        line = json.dumps(fields).encode()
        try:
            valid = MESSAGE.is_valid(json.loads(line.decode()))
        except (ValueError, UnicodeError):
            return
        if type(fields.get("id")) is float or (type(fields.get("id")) is int and fields["id"] < 1):
            return  # 1.0 is an integer to JSON Schema; what is below 1 is refused as an id that was never given
        try:
            decode_message(line)
        except ProtocolError:
            assert not valid
        else:
            assert valid

    def test_members_that_are_not_known_are_passed_over(self) -> None:
        assert decode_message(b'{"id": 1, "piece": "a", "at": 5}\r') == DriverMessage(1, "piece", "a")

    @pytest.mark.parametrize(
        ("line", "wrong"),
        [
            (b"", "no JSON: ''"),
            (b"debug: here", "no JSON: 'debug: here'"),
            (b"\xff", "no JSON: '\ufffd'"),
            (b"[" * 100_000, "no JSON: "),
            (b"9" * 100_000, "no JSON"),
            (b"[]", "no JSON object"),
            (b'{"piece": "a"}', 'no whole number "id"'),
            (b'{"id": true, "piece": "a"}', 'no whole number "id"'),
            (b'{"id": "1", "piece": "a"}', 'no whole number "id"'),
            (b'{"id": 1}', "it has none of piece, restart, text, error"),
            (b'{"id": 1, "piece": "a", "text": "a"}', "it has 2 of piece, restart, text, error"),
            (b'{"id": 1, "restart": 1}', "'restart' is not true"),
            (b'{"id": 1, "text": null}', "'text' is no text"),
        ],
    )
    def test_mistakes(self, line: bytes, wrong: str) -> None:
        with pytest.raises(ProtocolError) as mistake:
            decode_message(line)
        assert wrong in str(mistake.value)
        assert len(str(mistake.value)) < 400


class TestHello:
    @pytest.mark.parametrize(
        "hello", [Hello(), Hello("go", ("incremental", "timeout=2.5")), Hello(error="no such module")]
    )
    def test_comes_back_and_fits_the_schema(self, hello: Hello) -> None:
        line = encode_hello(hello)
        assert HELLO.is_valid(one_line(line))
        assert decode_hello(line) == hello

    def test_the_schema_knows_every_capability(self) -> None:
        for word in CAPABILITIES:
            assert HELLO.is_valid({"protocol": 1, "capabilities": [f"{word}=5" if word == "timeout" else word]})

    @pytest.mark.parametrize(
        ("line", "wrong"),
        [
            (b"Hello world", "no JSON: 'Hello world'"),
            (b'{"id": 1, "text": ""}', 'it has no "protocol"'),
            (b'{"protocol": true}', 'it has no "protocol"'),
            (b'{"protocol": 2}', "version 2 of the protocol, expected 1"),
            (b'{"protocol": 1, "name": 5}', "'name' is no text"),
            (b'{"protocol": 1, "error": false}', "'error' is no text"),
            (b'{"protocol": 1, "capabilities": "retry"}', "'capabilities' is no list of texts"),
        ],
    )
    def test_mistakes(self, line: bytes, wrong: str) -> None:
        with pytest.raises(ProtocolError) as mistake:
            decode_hello(line)
        assert wrong in str(mistake.value)
        assert not line.startswith(b"{") or not HELLO.is_valid(json.loads(line))


class TestRequests:
    @given(st.text(st.characters(codec="utf-8")), st.none() | st.integers(1, 99))
    def test_come_back_and_fit_the_schema(self, message: str, cancel_after: int | None) -> None:
        asked = Target("http://127.0.0.1:1", "/x", "t", message, float("inf"), cancel_after)
        line = encode_request(7, asked)
        assert REQUEST.is_valid(one_line(line))
        assert decode_request(line) == (7, asked, False)

    @given(st.none() | st.floats(0.01, 99), st.booleans())
    def test_what_few_have(self, cancel_in: float | None, more: bool) -> None:
        asked = Target("http://127.0.0.1:1", "/x", "t", "hi", float("inf"), cancel_in=cancel_in)
        line = encode_request(7, asked, more=more)
        assert REQUEST.is_valid(one_line(line))
        assert decode_request(line) == (7, asked, more)

    def test_mistakes(self) -> None:
        with pytest.raises(ProtocolError, match="it has no 'url'"):
            decode_request(b'{"id": 1}')


class TestLines:
    @given(st.lists(st.binary()))
    def test_end_at_lf_wherever_reads_end(self, reads: list[bytes]) -> None:
        lines = LineReader()
        found = [line for read in reads for line in lines.feed(read)]
        assert [*found, lines.unfinished] == b"".join(reads).split(b"\n")


class TestHalves:
    @given(TEXTS, st.data())
    def test_cuts_between_units_leave_nothing_behind(self, text: str, data: st.DataObject) -> None:
        """However a language with UTF-16 strings cuts its text into pieces, the pieces are the text."""
        units = text.encode("utf-16-le", "surrogatepass")
        cuts = sorted(data.draw(st.lists(st.integers(0, len(units) // 2))))
        edges = [0, *(cut * 2 for cut in cuts), len(units)]
        halves = Halves()
        pieces = [units[a:b].decode("utf-16-le", "surrogatepass") for a, b in itertools.pairwise(edges)]
        joined = "".join([*map(halves.join, pieces), halves.rest()])
        assert joined == units.decode("utf-16-le", "surrogatepass")
