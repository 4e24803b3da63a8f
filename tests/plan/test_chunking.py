"""Every way of cutting a text gives the text back, and cuts where it says."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.plan import chunking
from tests.growth import LINEAR, growth

WAYS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "words": chunking.words,
    "characters": chunking.characters,
    "graphemes": chunking.graphemes,
    "every": lambda text: chunking.every(text, 3),
    "sizes": lambda text: chunking.sizes(text, [1, 4, 2]),
    "at": lambda text: chunking.at(text, [7, 2, 2, 0, 90, -1]),
    "random_sizes": lambda text: chunking.random_sizes(text, 2, 5, 11),
    "mid_word": lambda text: chunking.mid_word(text, 11),
}
UNITS = ("learning ", " ", "x", "\n\n.", "e\u0301")
"""What long texts are made of."""
ways = pytest.mark.parametrize("way", WAYS)
texts = st.lists(
    st.sampled_from(["learn", "naïve", " ", "  ", "\n", "\t", ".", "_", "e\u0301", "\u00a0", "\u2028", "学习"])
    | st.sampled_from(["\U0001f469\u200d\U0001f52c", "\U0001f1e9\U0001f1ea", "\r\n", "\x1c", "\ud83e"])
    | st.text(max_size=4),
    max_size=12,
).map("".join)
sizes = st.lists(st.integers(1, 6), min_size=1, max_size=4)


@ways
@given(text=texts)
def test_concatenation_is_the_text_and_no_chunk_is_empty(way: str, text: str) -> None:
    chunks = WAYS[way](text)
    assert isinstance(chunks, tuple)
    assert "".join(chunks) == text
    assert all(chunks)
    assert chunks == WAYS[way](text)


@ways
def test_an_empty_text_has_no_chunks(way: str) -> None:
    assert WAYS[way]("") == ()


@ways
def test_a_single_character_is_one_chunk(way: str) -> None:
    assert WAYS[way]("a") == ("a",)


@pytest.mark.parametrize(
    ("text", "chunks"),
    [
        ("The answer to your", ("The", " answer", " to", " your")),
        ("  two  spaces ", ("  two", "  spaces", " ")),
        ("one\n\ntwo.", ("one", "\n\ntwo.")),
        (" \n", (" \n",)),
    ],
)
def test_words(text: str, chunks: tuple[str, ...]) -> None:
    assert chunking.words(text) == chunks


@given(texts)
def test_each_word_has_its_white_space_in_front(text: str) -> None:
    chunks = chunking.words(text)
    assert [chunk.lstrip() for chunk in chunks if chunk.strip()] == text.split()
    assert all(chunk.strip() for chunk in chunks[:-1])


def test_characters_are_code_points() -> None:
    assert chunking.characters("e\u0301\U0001f469\u200d\U0001f52c") == (
        "e",
        "\u0301",
        "\U0001f469",
        "\u200d",
        "\U0001f52c",
    )


def test_graphemes_keep_together_what_is_seen_as_one() -> None:
    seen = ("e\u0301", "\U0001f469\u200d\U0001f52c", "\U0001f1e9\U0001f1ea", "\U0001f1eb\U0001f1f7", "\r\n", "a", "한")
    assert chunking.graphemes("".join(seen)) == seen


@given(texts, st.integers(1, 9))
def test_every(text: str, n: int) -> None:
    assert all(len(chunk) == n for chunk in chunking.every(text, n)[:-1])
    assert len(chunking.every(text, n)) == -(-len(text) // n)


@given(texts, sizes)
def test_sizes_are_used_over_and_over(text: str, counts: list[int]) -> None:
    chunks = chunking.sizes(text, counts)
    wanted = [counts[index % len(counts)] for index in range(len(chunks))]
    assert [len(chunk) for chunk in chunks[:-1]] == wanted[:-1]
    assert not chunks or len(chunks[-1]) <= wanted[-1]


@given(texts, st.lists(st.integers(-3, 30)))
def test_at_cuts_there_and_nowhere_else(text: str, positions: list[int]) -> None:
    ends = list(accumulate(map(len, chunking.at(text, positions))))
    assert ends[:-1] == sorted({position for position in positions if 0 < position < len(text)})


@given(texts, st.integers(1, 5), st.integers(0, 5), st.integers())
def test_random_sizes_keep_their_bounds(text: str, least: int, more: int, seed: int) -> None:
    lengths = [len(chunk) for chunk in chunking.random_sizes(text, least, least + more, seed)]
    assert all(least <= length <= least + more for length in lengths[:-1])
    assert not lengths or lengths[-1] <= least + more


def word_character(char: str) -> bool:
    return char == "_" or unicodedata.category(char)[0] in "LN"


@given(texts, st.integers())
def test_mid_word_cuts_between_word_characters(text: str, seed: int) -> None:
    chunks = chunking.mid_word(text, seed)
    for before, after in pairwise(chunks):
        assert word_character(before[-1])
        assert word_character(after[0])


@given(texts, st.integers())
def test_mid_word_cuts_every_word_that_can_be_cut(text: str, seed: int) -> None:
    runs = "".join(char if word_character(char) else " " for char in text).split(" ")
    chunks = chunking.mid_word(text, seed)
    assert max(len(chunks) - 1, 0) == sum(len(run) > 1 for run in runs)


@pytest.mark.parametrize("text", [". , !", "a b c", "e\u0301", "\U0001f9e0\U0001f9e0"])
def test_mid_word_leaves_a_text_without_such_a_place_whole(text: str) -> None:
    assert chunking.mid_word(text, 3) == (text,)


def test_another_seed_cuts_elsewhere() -> None:
    text = "incremental learners reconsider everything"
    assert len({chunking.mid_word(text, seed) for seed in range(20)}) > 10
    assert len({chunking.random_sizes(text, 1, 9, seed) for seed in range(20)}) > 10


def test_a_seed_cuts_the_same_everywhere() -> None:
    """Written down once; another Python or another machine must agree."""
    text = "Neural networks learn by example."
    sized = chunking.random_sizes(text, 1, 6, 7)
    assert "|".join(sized) == "Neu|ra|l ne|tworks| |l|earn |b|y e|xampl|e|."
    assert "|".join(chunking.mid_word(text, 7)) == "Neu|ral ne|tworks lear|n b|y e|xample."


@pytest.mark.parametrize("counts", [[], [0], [3, -1]])
def test_sizes_that_make_no_chunks_are_refused(counts: list[int]) -> None:
    with pytest.raises(ValueError, match="chunk sizes must be given and be at least 1"):
        chunking.sizes("text", counts)


@pytest.mark.parametrize(("least", "most"), [(0, 3), (4, 3), (-1, -1)])
def test_random_sizes_that_make_no_chunks_are_refused(least: int, most: int) -> None:
    with pytest.raises(ValueError, match=f"got min {least} and max {most}"):
        chunking.random_sizes("text", least, most, 1)


@ways
@pytest.mark.parametrize("unit", UNITS)
def test_the_cost_grows_with_the_text(way: str, unit: str) -> None:
    assert growth(lambda n: WAYS[way](unit * (n // len(unit))), 100_000) < LINEAR
