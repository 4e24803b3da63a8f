"""What the count of ``tests.growth`` tells from linear work."""

from __future__ import annotations

import pytest

from tests.growth import LINEAR, Work, growth


def a_list(n: int) -> None:
    found = list[int]()
    for number in range(n):
        found.append(number)


def copies_of_it_all(n: int) -> None:
    for _ in range(20):
        bytearray(bytes(n))


def loops_in_loops(n: int) -> None:
    for _ in range(n // 5):
        for _ in range(n // 5):
            pass


def joined_to_what_there_is(n: int) -> None:
    found = b""
    for _ in range(n):
        found = found + b"x"


def cut_off_the_front(n: int) -> None:
    rest = bytes(n)
    while rest:
        rest = rest[1:]


def a_tuple_anew(n: int) -> None:
    found = tuple[int, ...]()
    for number in range(n):
        found = (*found, number)


@pytest.mark.parametrize("work", [a_list, copies_of_it_all], ids=lambda work: work.__name__)
def test_linear_work(work: Work) -> None:
    assert growth(work, 10_000) < LINEAR


@pytest.mark.parametrize(
    "work", [loops_in_loops, joined_to_what_there_is, cut_off_the_front, a_tuple_anew], ids=lambda work: work.__name__
)
def test_quadratic_work(work: Work) -> None:
    assert growth(work, 10_000) > LINEAR
