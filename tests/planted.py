"""A property that is wrong for ``test_fuzz``; pytest collects it only where it is named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(0, 50))
def test_planted(number: int) -> None:
    assert number < 40
