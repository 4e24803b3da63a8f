"""Nothing invisible stays unnamed, and nothing that could move a terminal's line gets through."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.harness.report.counterexample.characters import byte_tokens, clean, name, token, tokens


@pytest.mark.parametrize(
    ("char", "label"),
    [
        ("\n", "LF"), ("\r", "CR"), ("\0", "NUL"), ("\t", "TAB"), ("\x1b", "ESC"), ("\u2028", "U+2028"),
        ("\u2029", "U+2029"), ("\x85", "NEL"), ("\ufeff", "BOM"), ("\u200d", "ZWJ"), ("\ufffd", "U+FFFD"),
        ("\u0301", "U+0301"), ("\U000e0001", "U+E0001"), ("\ud800", "U+D800"), ("⟨", "U+27E8"), ("│", "U+2502"),
        ("a", None), ("é", None), ("🧠", None), ("字", None), (" ", None),
    ],
)  # fmt: skip
def test_what_cannot_be_seen_has_a_name(char: str, label: str | None) -> None:
    assert name(char) == label


def shown(text: str) -> str:
    return "".join(each.shown for each in tokens(text))


def test_a_space_is_named_where_nobody_would_see_it() -> None:
    assert shown("a b") == "a b"
    assert shown(" a") == "⟨SP⟩a"
    assert shown("a ") == "a⟨SP⟩"
    assert shown("a  b") == "a⟨SP⟩⟨SP⟩b"
    assert shown("a \nb") == "a⟨SP⟩⟨LF⟩b"
    assert token(" ", spaces=True).shown == "⟨SP⟩"


def shown_bytes(data: bytes, *ends: int) -> str:
    return "".join(each.shown for _, each in byte_tokens(data, ends))


def test_a_character_that_a_read_cuts_comes_as_its_bytes() -> None:
    brain = "🧠".encode()
    assert shown_bytes(brain) == "🧠"
    assert shown_bytes(brain, 4) == "🧠"
    assert shown_bytes(brain, 2) == "⟨F0⟩⟨9F⟩⟨A7⟩⟨A0⟩"
    assert shown_bytes(b"a\xffb\xe4\xbd") == "a⟨FF⟩b⟨E4⟩⟨BD⟩"
    assert shown_bytes(b"\xed\xa0\x80") == "⟨ED⟩⟨A0⟩⟨80⟩"


@given(st.binary(max_size=60), st.sets(st.integers(0, 60)))
def test_every_byte_is_told_once(data: bytes, ends: set[int]) -> None:
    found = list(byte_tokens(data, tuple(ends)))
    assert [end for end, _ in found] == sorted({end for end, _ in found})
    assert (found[-1][0] if found else 0) == len(data)
    assert {end for end in ends if 0 < end <= len(data)} <= {end for end, _ in found}


@given(st.text(st.characters()))
def test_no_control_character_gets_through(text: str) -> None:
    for said in (shown(text), shown_bytes(text.encode("utf-8", "surrogatepass"))):
        assert not any(unicodedata.category(char)[0] in "CMZ" and char != " " for char in said)
    harmless = "\n\u200d\u200c\ufe0f\xa0"
    assert not any(unicodedata.category(char)[0] == "C" and char not in harmless for char in clean(text))
