"""Generated text has the amount asked for, and the same for the same seed."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.dialects import DIALECTS
from mock_ares.plan import lorem


@given(st.integers(0, 6000), st.integers())
def test_words_are_counted(n: int, seed: int) -> None:
    text = lorem.words(n, seed)
    assert len(text.split(" ")) == n or text == ""
    assert bool(text) == bool(n)
    assert text == lorem.words(n, seed)


@given(st.integers(0, 60_000), st.integers())
def test_bytes_are_counted(n: int, seed: int) -> None:
    text = lorem.size(n, seed)
    assert len(text.encode()) == n
    assert text == lorem.size(n, seed)


@given(st.integers(1, 300), st.integers())
def test_it_reads_like_sentences(n: int, seed: int) -> None:
    text = lorem.words(n, seed)
    assert re.fullmatch(r"[A-Z][a-z]*(,? [a-z]+)*\.( [A-Z][a-z]*(,? [a-z]+)*\.)*", text)


@given(st.integers(0, 2000), st.integers(0, 2000), st.integers())
def test_a_shorter_one_is_the_beginning_of_a_longer(n: int, more: int, seed: int) -> None:
    assert lorem.size(n + more, seed).startswith(lorem.size(n, seed))
    assert lorem.words(n + more, seed).startswith(lorem.words(n, seed).rstrip("."))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_carries_it(dialect: str) -> None:
    assert DIALECTS[dialect].refuse(lorem.size(50_000, 5)) is None


def test_nothing_is_asked_for() -> None:
    assert lorem.words(0, 1) == lorem.words(-1, 1) == lorem.size(0, 1) == lorem.size(-1, 1) == ""


def test_seeds_differ() -> None:
    assert len({lorem.words(20, seed) for seed in range(20)}) == 20


def test_eight_megabytes_repeat_no_long_stretch() -> None:
    text = lorem.size(8 << 20, 3)
    sentences = text.split(". ")
    tens = {tuple(sentences[at : at + 10]) for at in range(0, len(sentences) - 10, 10)}
    assert len(tens) == len(range(0, len(sentences) - 10, 10))


def test_a_seed_says_the_same_everywhere() -> None:
    """Written down once; another Python or another machine must agree."""
    text = "One noisy embedding updates incremental answers. The curious planner predicts dense rewards."
    assert lorem.words(12, 7) == text
    assert lorem.size(40, 7) == text[:40]
