"""The decoder against a second one that is slow and plain, the encoder against the decoder."""

from __future__ import annotations

from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares import sse
from mock_ares.sse import Decoder, LineDecoder, ServerSentEvent

"""A shared machine stalls at times, and no test here is about how long one example takes."""

TOKENS = [
    *(b"data", b"event", b"id", b"retry", b"message", b"foo", b"12", b"0", b"x", b"\0"),
    *(b":", b": ", b" ", b"\n", b"\n\n", b"\r", b"\r\n", b"\r\n\r\n", b"data: ", b"data:"),
    *(b"\xef\xbb\xbf", b"\xef", b"\xbb\xbf", b"\xc3\xa9", b"\xc3", b"\xa9", b"\xe2\x80\xa8", b"\xc2\x85"),
    *(b"\xf0\x9f\xa7\xa0", b"\xf0\x9f", b"\xed\xa0\x80", b"\xff", b"\x0b", b"\x0c", b"\x1c", b"\xf4\x90"),
]
soup = st.lists(st.sampled_from(TOKENS) | st.binary(max_size=3), max_size=40).map(b"".join)
cuts = st.lists(st.integers(0, 400), max_size=12)
kinds = st.sampled_from(["lf", "crlf", "cr", "mixed"])
values = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=12)
names = st.sampled_from(["data", "id", "event", "foo", "data ", "Data"])
field_lines = st.lists(
    st.tuples(names, values) | st.tuples(names, st.none()) | st.tuples(st.just(""), values) | st.just(("", None)),
    max_size=20,
)


def pieces(data: bytes, at: list[int]) -> list[bytes]:
    return [data[a:b] for a, b in pairwise([0, *sorted(min(cut, len(data)) for cut in at), len(data)])]


def fed(parts: list[bytes]) -> tuple[list[ServerSentEvent], int | None, str]:
    decoder = Decoder()
    events = [event for part in parts for event in decoder.feed(part)]
    assert decoder.close() == []
    return events, decoder.retry, decoder.last_event_id


# -- A decoder straight from the texts: each step walks over the whole rest again --------------------


def reference_utf8(data: bytes) -> str:
    """The UTF-8 decoder of the Encoding standard (8.1.1), state by state."""
    text, needed, seen, point, lower, upper, at = "", 0, 0, 0, 0x80, 0xBF, 0
    while at < len(data):
        byte = data[at]
        if needed and not lower <= byte <= upper:
            needed, seen, lower, upper = 0, 0, 0x80, 0xBF
            text += "\ufffd"  # and the byte is looked at again
            continue
        at += 1
        if needed:
            lower, upper = 0x80, 0xBF
            point, seen = (point << 6) | (byte & 0x3F), seen + 1
            if seen == needed:
                text, needed, seen = text + chr(point), 0, 0
        elif byte <= 0x7F:
            text += chr(byte)
        elif 0xC2 <= byte <= 0xDF:
            needed, point = 1, byte & 0x1F
        elif 0xE0 <= byte <= 0xEF:
            lower = 0xA0 if byte == 0xE0 else 0x80
            upper = 0x9F if byte == 0xED else 0xBF
            needed, point = 2, byte & 0xF
        elif 0xF0 <= byte <= 0xF4:
            lower = 0x90 if byte == 0xF0 else 0x80
            upper = 0x8F if byte == 0xF4 else 0xBF
            needed, point = 3, byte & 0x7
        else:
            text += "\ufffd"
    return text + "\ufffd" if needed else text


def reference_lines(stream: str) -> tuple[list[str], str]:
    """``end-of-line = ( cr lf / cr / lf )``; what no line end follows is the rest."""
    lines, line = [], ""
    while stream:
        for end in ("\r\n", "\r", "\n"):
            if stream.startswith(end):
                lines.append(line)
                line, stream = "", stream[len(end) :]
                break
        else:
            line, stream = line + stream[0], stream[1:]
    return lines, line


def reference(data: bytes) -> tuple[list[ServerSentEvent], int | None, str]:
    stream = reference_utf8(data)
    stream = stream[1:] if stream[:1] == "\ufeff" else stream
    events, retry, last_event_id = [], None, ""
    data_buffer = type_buffer = id_buffer = ""
    for line in reference_lines(stream)[0]:
        if line == "":
            last_event_id = id_buffer
            if data_buffer:
                assert data_buffer[-1] == "\n"
                events.append(ServerSentEvent(data_buffer[:-1], type_buffer or "message", last_event_id))
            data_buffer = type_buffer = ""
            continue
        if line[0] == ":":
            continue
        field, value = (line[: line.index(":")], line[line.index(":") + 1 :]) if ":" in line else (line, "")
        if value[:1] == " ":
            value = value[1:]
        if field == "event":
            type_buffer = value
        elif field == "data":
            data_buffer += value + "\n"
        elif field == "id" and "\0" not in value:
            id_buffer = value
        elif field == "retry" and value and all(char in "0123456789" for char in value):
            retry = int(value)
    return events, retry, last_event_id


@given(soup)
def test_agrees_with_the_reference_on_byte_soup(data: bytes) -> None:
    assert fed([data]) == reference(data)
    assert sse.decode(data) == reference(data)[0]


@given(soup, cuts)
def test_cuts_change_nothing(data: bytes, at: list[int]) -> None:
    assert fed(pieces(data, at)) == fed([data])
    assert fed([bytes([byte]) for byte in data]) == fed([data])


@given(st.binary(max_size=60))
def test_utf8_errors_are_replaced_as_the_encoding_standard_has_it(data: bytes) -> None:
    line = data.replace(b"\n", b"").replace(b"\r", b"")
    assert sse.decode(b"data: " + line + b"\n\n") == [ServerSentEvent(reference_utf8(line))]


@given(soup, cuts)
def test_lines_are_the_references_and_the_rest_is_given_at_close(data: bytes, at: list[int]) -> None:
    decoder = LineDecoder()
    lines = [line for part in pieces(data, at) for line in decoder.feed(part)]
    stream = reference_utf8(data).removeprefix("\ufeff")
    assert (lines, "".join(decoder.close())) == reference_lines(stream)


def test_the_line_decoder_is_new_after_close() -> None:
    decoder = LineDecoder()
    assert decoder.feed(b"\xef\xbb\xbfa\r") == ["a"]
    assert decoder.close() == []
    assert decoder.feed(b"\n\xef\xbb\xbfb\nc") == ["", "\ufeffb"]
    assert decoder.close() == ["c"]
    assert decoder.feed(b"\xef\xbb\xbfa\n") == ["a"]


def test_a_decoder_is_new_after_close_but_for_what_reconnecting_needs() -> None:
    decoder = Decoder()
    assert decoder.feed(b"retry: 9\nid: 4\ndata: a\n\nevent: x\nid: 5\ndata: lost\r") == [ServerSentEvent("a", id="4")]
    assert decoder.close() == []
    assert (decoder.retry, decoder.last_event_id) == (9, "4")
    assert decoder.feed(b"\n\ndata: b\n\n") == [ServerSentEvent("b")]


def test_an_event_comes_with_the_byte_that_ends_it() -> None:
    decoder = Decoder()
    counts = [len(decoder.feed(bytes([byte]))) for byte in b"data: a\r\rdata: b\r\n\r\ndata: c\n\n"]
    assert [index for index, count in enumerate(counts) if count] == [8, 18, 28]


@pytest.mark.parametrize("digits", ["9" * 18, "0" * 5000 + "7"])
def test_retry_is_read_in_base_ten(digits: str) -> None:
    assert fed([f"retry: {digits}\n".encode()])[1] == int(digits.lstrip("0"))


def test_a_retry_beyond_every_lifetime_is_capped() -> None:
    assert fed([b"retry: " + b"9" * 100_000 + b"\n"])[1] == 10**18


# -- Encoding ---------------------------------------------------------------------------------------


@given(field_lines, kinds, st.booleans(), st.integers(0, 99), cuts)
def test_lines_come_back_as_they_were_given(
    lines: list[sse.Line], kind: sse.NewlineKind, space: bool, seed: int, at: list[int]
) -> None:
    body = sse.encode_lines(lines, sse.newlines(kind, seed), space)
    decoder = LineDecoder()
    found = [line for part in pieces(body, at) for line in decoder.feed(part)] + decoder.close()
    assert len(found) == len(lines)
    for line, (name, value) in zip(found, lines, strict=True):
        got_name, colon, got_value = line.partition(":")
        assert (got_name, got_value.removeprefix(" ") if colon else None) == (name, value)


@given(st.lists(values.filter(bool), max_size=8), kinds, st.booleans(), st.integers(0, 99), cuts)
def test_events_come_back_as_they_were_given(
    data: list[str], kind: sse.NewlineKind, space: bool, seed: int, at: list[int]
) -> None:
    lines: list[sse.Line] = [line for value in data for line in (("data", value), ("", "note"), ("", None))]
    body = sse.encode_lines(lines, sse.newlines(kind, seed), space)
    assert fed(pieces(body, at))[0] == [ServerSentEvent(value) for value in data]


@pytest.mark.parametrize(
    ("line", "space", "expected"),
    [
        (("data", "x"), True, b"data: x\n"),
        (("data", "x"), False, b"data:x\n"),
        (("data", " x"), True, b"data:  x\n"),
        (("data", " x"), False, b"data:  x\n"),
        (("data", ""), True, b"data: \n"),
        (("data", ""), False, b"data:\n"),
        (("data", None), True, b"data\n"),
        (("", "keep-alive"), True, b": keep-alive\n"),
        (("", "keep-alive"), False, b":keep-alive\n"),
        (("", None), True, b"\n"),
    ],
)
def test_spelling(line: sse.Line, space: bool, expected: bytes) -> None:
    assert sse.encode_lines([line], sse.newlines("lf"), space) == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (("data", "a\nb"), "cannot hold a line end: 'a\\nb'; write several lines"),
        (("data", "a\rb"), "cannot hold a line end"),
        (("", "a\rb"), "cannot hold a line end"),
        (("da\nta", None), "cannot hold a line end"),
        (("da:ta", "x"), "cannot hold a colon"),
        (("data", "\ud83e"), "surrogates not allowed"),
    ],
)
def test_what_no_line_can_carry_is_refused(line: sse.Line, reason: str) -> None:
    with pytest.raises(ValueError, match="(?s)" + reason.replace("\\", "\\\\")):
        sse.encode_lines([line], sse.newlines("lf"))


@pytest.mark.parametrize(("kind", "newline"), [("lf", "\n"), ("crlf", "\r\n"), ("cr", "\r")])
def test_plain_newlines(kind: sse.NewlineKind, newline: str) -> None:
    assert list(islice(sse.newlines(kind, 3), 4)) == [newline] * 4


@given(st.integers())
def test_mixed_newlines_use_all_three_and_never_merge(seed: int) -> None:
    drawn = list(islice(sse.newlines("mixed", seed), 200))
    assert set(drawn) == {"\n", "\r\n", "\r"}
    assert ("\r", "\n") not in set(pairwise(drawn))
    assert drawn == list(islice(sse.newlines("mixed", seed), 200))
    assert len(LineDecoder().feed("".join(drawn).encode())) == 200


def test_mixed_newlines_of_a_seed_are_the_same_everywhere() -> None:
    assert list(islice(sse.newlines("mixed", 7), 8)) == ["\r\n", "\n", "\r\n", "\r", "\r\n", "\n", "\r", "\r\n"]
