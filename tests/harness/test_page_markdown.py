"""What a rendered text stands for."""

from __future__ import annotations

import pytest

from mock_ares.harness.clients.page import markdown
from mock_ares.harness.clients.page.markdown import source_of

RENDERED = [
    ("ab", "ab"),
    ("", ""),
    ("**a**_b_ `c`", "ab c"),
    ("a  b", "a b"),
    ("a\nb", "a b"),
    ("a\n\nb", "a\n\nb"),
    ("a\n\nb", "ab"),
    ("# a\n\n- b\n- c\n", "a\nb\nc"),
    ("1. x\n2. y", "x\ny"),
    ("1. 1", "1"),
    ("> - 1. a", "1. a"),
    ("a\n---\nb\n===", "a\nb"),
    ('[a](http://x "t") ![b](c)', "a b"),
    ("```py\nx - 1\n```", "x - 1"),
    ("&amp; &lt;", "& <"),
    ("a <b>c</b>", "a c"),
    ("a<script>x=1</script>b", "ab"),
    ("a\0b", "a\ufffdb"),
    (" a ", "a"),
    (r"\*a\*", "*a*"),
    ("| a | b |\n|---|---|\n| c | d |", "a\tb\nc\td"),
]
OTHER = [
    ("a b", "ab"),
    ("Neural net", "Neuralnet"),
    ("ha", "h a"),
    ("ab", "abc"),
    ("ab", "b"),
    ("a-b", "ab"),
    ("a (b)", "a b"),
    ("C#", "C"),
    ("2 + 2", "2 2"),
    ("a1. b", "a b"),
]


@pytest.mark.parametrize(("sent", "shown"), RENDERED)
def test_marks_may_be_lost(sent: str, shown: str) -> None:
    assert source_of(sent, shown) == sent


@pytest.mark.parametrize(("sent", "shown"), OTHER)
def test_and_nothing_else(sent: str, shown: str) -> None:
    assert source_of(sent, shown) != sent


def test_a_beginning_stands_for_a_beginning() -> None:
    assert source_of("**ab** cd", "ab") == "**ab"
    assert source_of("**ab** cd", "") == ""
    assert source_of("**ab** cd", "**a") == "**a"


def test_long_ones_are_compared_without_marks_and_white_space(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markdown, "LONG", 5)
    assert source_of("**ab** cd", "ab cd") == "**ab** cd"
    assert source_of("**ab** cd", "ab ce") is None
    assert source_of("abcd efgh", "abcd") == "abcd"
