"""Two texts side by side."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from mock_ares.harness.report.counterexample.differences import Side, compared, first_difference, spans
from tests.growth import LINEAR, growth

small = st.text("ab \n", max_size=12)


def marked(side: Side) -> str:
    """What differs in square brackets."""
    return "".join(f"[{shown}]" if differs else shown for shown, differs, _ in side.runs())


def both(sent: str, received: str, columns: int = 80) -> tuple[str, str]:
    left, right = compared(sent, received, columns)
    return marked(left), marked(right)


def test_what_is_missing_is_marked_in_what_was_sent() -> None:
    assert both("Neural networks learn.", "Neural works learn.") == ("Neural [net]works learn.", "Neural works learn.")
    assert both("0", "") == ("[0]", "")


def test_what_was_added_or_altered_is_marked_in_both() -> None:
    assert both("Hello", "HelHello") == ("Hello", "Hel[Hel]lo")
    assert both("a\u2028b", "a\ufffdb") == ("a[⟨U+2028⟩]b", "a[⟨U+FFFD⟩]b")


def test_several_differences_are_told_apart() -> None:
    sent = "the quick brown fox jumps over the lazy dog"
    assert both(sent, sent.replace("k b", "kb").replace("y d", "yd")) == (
        "the quick[⟨SP⟩]brown fox jumps over the lazy[⟨SP⟩]dog",
        "the quickbrown fox jumps over the lazydog",
    )


def test_texts_that_have_little_in_common_differ_as_a_whole() -> None:
    assert both("Another early tokenizer", "Neural ne") == ("[Another early tokenizer]", "[Neural ne]")


def test_a_long_text_is_cut_around_the_first_difference() -> None:
    sent = "a" * 1000 + "X" + "b" * 1000
    left, right = compared(sent, "a" * 1000 + "b" * 1000, 30)
    assert marked(left) == "a" * 10 + "[X]" + "b" * 15
    assert marked(right) == "a" * 10 + "b" * 16
    assert left.cut_before and left.cut_after and left.is_cut


@given(small, small)
@example("ab", "ba")
def test_without_the_marked_parts_the_texts_are_the_same(sent: str, received: str) -> None:
    lacking, extra = spans(sent, received)
    assert _without(sent, lacking) == _without(received, extra)
    assert (first_difference(sent, received) is None) == (sent == received)
    assert bool(lacking or extra) == (sent != received)


def _without(text: str, ranges: list[tuple[int, int]]) -> str:
    return "".join(char for at, char in enumerate(text) if not any(begin <= at < end for begin, end in ranges))


@given(st.text(max_size=80), st.text(max_size=80), st.integers(30, 60))
def test_no_side_is_wider_than_it_may_be(sent: str, received: str, columns: int) -> None:
    for side in compared(sent, received, columns):
        width = sum(mark.token.width for mark in side.marks) + 2 * side.cut_before + 2 * side.cut_after
        assert width <= columns


def long_texts(size: int) -> None:
    compared("ab" * size, "ab" * (size - 5) + "x" + "ab" * 4, 80)


def test_the_cost_grows_with_the_texts() -> None:
    assert growth(long_texts, 20_000) < LINEAR
