"""Checks are given out once, and behind those that they rest on, whoever takes them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.run.check_turns import Turns


def turns(*names: str) -> Turns:
    return Turns(CHECKS[name] for name in names)


def order(*names: str) -> list[str]:
    return [check.id for check in turns(*names)]


def test_what_others_rest_on_comes_before_them() -> None:
    assert order("comments", "everything", "bom", "text-newlines") == ["bom", "text-newlines", "comments", "everything"]


def test_who_rests_on_none_that_is_there_keeps_its_place() -> None:
    assert order("comments", "bom") == ["comments", "bom"]


def test_a_second_thread_waits_for_what_is_running() -> None:
    shared, passed = turns("text-newlines", "comments"), threading.Event()
    first = iter(shared)
    assert next(first).id == "text-newlines"
    with ThreadPoolExecutor(1) as thread:
        second = thread.submit(lambda: [(check.id, passed.is_set()) for check in shared])
        passed.set()
        first.close()
        assert second.result(10) == [("comments", True)]


def test_who_waits_is_told_that_nothing_comes() -> None:
    shared = turns("text-newlines", "comments")
    first = iter(shared)
    next(first)
    with ThreadPoolExecutor(1) as thread:
        second = thread.submit(list, shared)
        shared.stop()
        assert second.result(10) == []
