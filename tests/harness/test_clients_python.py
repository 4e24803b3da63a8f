"""Clients in this process: every shape of function, and everything that one can do instead of answering."""

from __future__ import annotations

import asyncio
import functools
import threading
import time
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from mock_ares.harness.clients import in_process
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.clients.running_example import RunningExample, UnacceptableError
from mock_ares.harness.model import HarnessError, Observation, UsageError
from tests.harness.targets import PATIENCE, target


def observe(function: Callable[..., Any], **options: Any) -> Observation:
    with PythonClient(function) as client:
        return client.observe(target(**options))


def pieces(url: str, token: str, message: str) -> Iterator[str]:
    yield from ("ab", "", "cd")


async def apieces(url: str, token: str, message: str) -> AsyncIterator[str]:
    for piece in ("ab", "", "cd"):
        await asyncio.sleep(0)
        yield piece


async def awaits_pieces(*call: str) -> AsyncIterator[str]:
    return apieces(*call)


async def awaits_iterator(*call: str) -> Iterator[str]:
    await asyncio.sleep(0)
    return pieces(*call)


async def awaits_text(url: str, token: str, message: str) -> str:
    await asyncio.sleep(0)
    return "abcd"


class Caller:
    async def __call__(self, *call: str) -> str:
        return "abcd"


SHAPES: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "text": (lambda *call: "abcd", ()),
    "generator": (pieces, ("ab", "cd")),
    "list": (lambda *call: ["ab", "cd"], ("ab", "cd")),
    "map": (lambda *call: map(str.lower, pieces(*call)), ("ab", "cd")),
    "coroutine": (awaits_text, ()),
    "async generator": (apieces, ("ab", "cd")),
    "coroutine of an async iterator": (awaits_pieces, ("ab", "cd")),
    "coroutine of an iterator": (awaits_iterator, ("ab", "cd")),
    "function that returns a coroutine": (lambda *call: awaits_text(*call), ()),
    "function that returns an async iterator": (lambda *call: apieces(*call), ("ab", "cd")),
    "function that returns a future": (lambda *call: asyncio.ensure_future(awaits_text(*call)), ()),
    "function with a loop of its own": (lambda *call: asyncio.run(awaits_text(*call)), ()),
    "partial": (functools.partial(awaits_text), ()),
    "object": (Caller(), ()),
}


class TestShapes:
    @pytest.mark.parametrize("shape", SHAPES)
    def test_gives_text_and_what_was_shown(self, shape: str) -> None:
        function, shown = SHAPES[shape]
        observation = observe(function)
        assert (observation.text, observation.error, observation.shown) == ("abcd", None, shown)
        assert not observation.timed_out
        assert not observation.cancelled

    def test_the_function_gets_the_full_url(self) -> None:
        observation = observe(lambda url, token, message: f"{url} {token} {message}")
        assert observation.text == "http://127.0.0.1:9/api/chat/stream a-token Hello"

    def test_pieces_are_told_as_they_come(self) -> None:
        heard: list[str] = []

        def checks(*call: str) -> Iterator[str]:
            for number, piece in enumerate("abc"):
                assert len(heard) == number
                yield piece
                assert heard[-1] == piece

        with PythonClient(checks) as client:
            assert client.observe(target(), heard.append).text == "abc"
        assert heard == ["a", "b", "c"]

    def test_all_examples_have_one_thread_and_one_loop(self) -> None:
        async def where(*call: str) -> str:
            return f"{threading.get_ident()} {id(asyncio.get_running_loop())}"

        with PythonClient(where) as client:
            seen = {client.observe(target()).text for _ in range(5)}
        assert len(seen) == 1

    def test_a_task_lives_on_to_the_next_example(self) -> None:
        kept: list[asyncio.Task[str]] = []

        async def connection(*call: str) -> str:
            if not kept:
                kept.append(asyncio.create_task(asyncio.sleep(0, "pooled")))
                return "first"
            return await kept[0]

        with PythonClient(connection) as client:
            assert [client.observe(target()).text for _ in range(2)] == ["first", "pooled"]

    def test_is_named_after_its_function(self) -> None:
        assert PythonClient(pieces).name == "pieces"
        assert PythonClient(Caller()).name == "Caller"
        assert PythonClient(pieces, "mine").name == "mine"

    def test_no_function_is_a_usage_error(self) -> None:
        with pytest.raises(UsageError, match=r"expected a function stream_chat\(url, token, message\), there is a str"):
            PythonClient("pieces", "it").start()  # type: ignore[arg-type]  # that is the mistake


class Unspeakable(Exception):  # noqa: N818
    def __str__(self) -> str:
        raise ValueError


def raising(error: BaseException) -> Callable[..., Any]:
    def raises(*call: str) -> Iterator[str]:
        yield "ab"
        raise error

    return raises


def araising(error: BaseException) -> Callable[..., Any]:
    async def raises(*call: str) -> AsyncIterator[str]:
        yield "ab"
        raise error

    return raises


class TestFailure:
    @pytest.mark.parametrize("shape", [raising, araising])
    @pytest.mark.parametrize(
        ("error", "described"),
        [
            (ValueError("wrong"), "ValueError: wrong"),
            (ConnectionResetError(104, "reset"), "ConnectionResetError: [Errno 104] reset"),
            (TimeoutError(), "TimeoutError"),
            (KeyboardInterrupt(), "KeyboardInterrupt"),
            (SystemExit(3), "SystemExit: 3"),
            (asyncio.CancelledError(), "asyncio.exceptions.CancelledError"),
            (UsageError("mine"), "mock_ares.harness.model.UsageError: mine"),
        ],
    )
    def test_whatever_is_raised_is_a_reported_failure(
        self, shape: Callable[..., Any], error: BaseException, described: str
    ) -> None:
        with PythonClient(shape(error)) as client:
            for _ in range(2):
                observation = client.observe(target())
                assert (observation.text, observation.error, observation.shown) == (None, described, ("ab",))

    def test_an_exception_without_a_text(self) -> None:
        assert "Unspeakable: (str() of it raises ValueError)" in (observe(raising(Unspeakable())).error or "")

    def test_a_long_message_is_cut(self) -> None:
        error = observe(raising(ValueError("x" * 10**6))).error
        assert error is not None
        assert len(error) < 3000

    @pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit])
    def test_a_subtask_that_breaks_off_the_loop(self, raised: type[BaseException]) -> None:
        tasks = list[asyncio.Task[None]]()

        async def breaks(*call: str) -> str:
            async def fail() -> None:
                raise raised

            tasks.append(asyncio.create_task(fail()))
            await asyncio.sleep(3600)
            return "never"

        with PythonClient(breaks) as client:
            for _ in range(2):
                assert client.observe(target()).error == raised.__name__
        # Asked for, or asyncio reports them when they are collected, in the midst of whatever runs then.
        assert [type(task.exception()) for task in tasks] == [raised, raised]

    @pytest.mark.parametrize(
        ("result", "error"),
        [
            (None, "it returned NoneType, expected str"),
            (b"bytes", "it returned bytes, expected str"),
            ({"text": 1}, "it returned dict, expected str"),
            ([b"bytes"], "it gave a piece of type bytes, expected str"),
            (["ab", None], "it gave a piece of type NoneType, expected str"),
        ],
    )
    def test_what_is_no_text(self, result: Any, error: str) -> None:
        observed = observe(lambda *call: result)
        assert observed.text is None
        assert (observed.error or "").startswith(error)

    def test_a_flood_is_the_clients_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(in_process, "RunningExample", lambda target, shown: RunningExample(target, shown, 100))

        def flood(*call: str) -> Iterator[str]:
            while True:
                yield "x" * 30

        observation = observe(flood)
        assert observation.error == "it showed more than 100 characters"
        assert len(observation.shown) == 3

    def test_a_listener_that_fails_is_the_harness_error(self) -> None:
        def listen(piece: str) -> None:
            raise RuntimeError("the listener")

        for function in (pieces, apieces):
            with PythonClient(function) as client, pytest.raises(HarnessError) as failure:
                client.observe(target(), listen)
            assert isinstance(failure.value.__cause__, RuntimeError)


def waits(event: threading.Event) -> Iterator[str]:
    """As one that reads from a connection, which is ended at the deadline."""
    yield "ab"
    event.wait()
    raise ConnectionResetError


def sleeps(*call: str) -> Iterator[str]:
    yield "ab"
    time.sleep(3600)


def spins(*call: str) -> Iterator[str]:
    yield "ab"
    while True:
        pass


def blocks(lock: threading.Lock) -> str:
    with lock:
        return ""


def yields_on(*call: str) -> Iterator[str]:
    while True:
        yield "ab"[: len(call) - 3]


async def waits_on(*call: str) -> AsyncIterator[str]:
    yield "ab"
    await asyncio.sleep(3600)


async def refuses_to_end(*call: str) -> str:
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            continue


async def blocks_the_loop(*call: str) -> AsyncIterator[str]:
    yield "ab"
    while True:
        pass


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_process, "GRACE", 0.2)


def when_given_up(monkeypatch: pytest.MonkeyPatch, then: Callable[[], object]) -> None:
    stop = in_process.RunningCall.stop

    def stopped(call: in_process.RunningCall) -> None:
        stop(call)
        then()

    monkeypatch.setattr(in_process.RunningCall, "stop", stopped)


class TestGivenUp:
    @pytest.mark.parametrize("function", [spins, waits_on, blocks_the_loop, yields_on])
    def test_it_is_stopped_and_nothing_of_it_stays(self, function: Callable[..., Any]) -> None:
        before = set(threading.enumerate())
        with PythonClient(lambda *call: function(*call) if call[2] == "hang" else "next") as client:
            for _ in range(2):
                observation = client.observe(target(0.5, message="hang"))
                assert (observation.text, observation.timed_out) == (None, True)
                assert observation.shown == (() if function is yields_on else ("ab",))
                assert client.observe(target()).text == "next"
        assert set(threading.enumerate()) == before

    def test_one_whose_connection_ends_goes_on_in_its_thread(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(in_process, "GRACE", PATIENCE)
        ended = threading.Event()
        threads = []

        def client_function(url: str, token: str, message: str) -> Any:
            threads.append(threading.current_thread())
            return waits(ended) if message == "hang" else "next"

        when_given_up(monkeypatch, ended.set)
        with PythonClient(client_function) as client:
            assert client.observe(target(0.25, message="hang")).timed_out
            assert client.observe(target()).text == "next"
        assert threads[0] is threads[1]

    def test_one_that_never_returns_is_left_behind(self) -> None:
        lock = threading.Lock()
        with lock, PythonClient(lambda url, token, m: blocks(lock) if m == "hang" else "next") as client:
            assert client.observe(target(0.2, message="hang")).timed_out
            assert client.observe(target()).text == "next"

    def test_one_that_refuses_to_be_cancelled_is_left_behind(self) -> None:
        def function(url: str, token: str, message: str) -> Any:
            return refuses_to_end() if message == "hang" else "next"

        with PythonClient(function) as client:
            assert client.observe(target(0.2, message="hang")).timed_out
            assert client.observe(target()).text == "next"

    def test_what_it_shows_later_is_not_heard(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(in_process, "GRACE", PATIENCE)
        ended, heard = threading.Event(), list[str]()

        def late(*call: str) -> Iterator[str]:
            yield "ab"
            ended.wait()
            yield "late"

        when_given_up(monkeypatch, ended.set)
        with PythonClient(late) as client:
            observation = client.observe(target(0.5), heard.append)
        assert (observation.shown, heard) == (("ab",), ["ab"])


class TestTogether:
    def test_asynchronous_ones_run_in_one_loop(self) -> None:
        met = asyncio.Barrier(2)

        async def meets(url: str, token: str, message: str) -> str:
            async with asyncio.timeout(PATIENCE):
                await met.wait()
            return message

        with PythonClient(meets) as client:
            assert client.capabilities == {"abort", "concurrent"}
            found = client.observe_together([target(message="a"), target(message="b")])
        assert [observation.text for observation in found] == ["a", "b"]

    def test_pieces_are_taken_in_turn(self) -> None:
        heard = list[str]()

        def says(url: str, token: str, message: str) -> Iterator[str]:
            for number in "12":
                heard.append(message + number)
                yield heard[-1]

        with PythonClient(partial(says)) as client:
            assert client.capabilities == {"concurrent"}
            found = client.observe_together([target(message="a"), target(message="b")])
        assert [observation.shown for observation in found] == [("a1", "a2"), ("b1", "b2")]
        assert heard == ["a1", "b1", "a2", "b2"]

    def test_one_that_fails_is_told_from_the_other(self) -> None:
        def fails(url: str, token: str, message: str) -> Iterator[str]:
            yield message
            if message == "a":
                raise ValueError("wrong")

        with PythonClient(fails) as client:
            first, second = client.observe_together([target(message="a"), target(message="b")])
        assert (first.error, first.shown, second.text) == ("ValueError: wrong", ("a",), "b")

    def test_one_that_returns_a_text_is_called_twice(self) -> None:
        with PythonClient(lambda url, token, message: message) as client:
            assert not client.capabilities
            found = client.observe_together([target(message="a"), target(message="b")])
        assert [observation.text for observation in found] == ["a", "b"]


class TestAbort:
    def test_is_cancelled_before_it_has_shown_anything(self) -> None:
        left = threading.Event()

        async def waits(url: str, token: str, message: str) -> str:
            try:
                await asyncio.Event().wait()
            finally:
                left.set()
            return message

        with PythonClient(waits) as client:
            observation = client.observe(replace(target(), cancel_in=0.01))
        assert (observation.text, observation.cancelled) == ("", True) and left.is_set()


class TestCancel:
    @pytest.mark.parametrize("function", [pieces, apieces, awaits_pieces])
    def test_is_stopped_after_so_many_characters(self, function: Callable[..., Any]) -> None:
        observation = observe(function, cancel_after=1)
        assert (observation.text, observation.shown, observation.cancelled) == ("ab", ("ab",), True)

    def test_the_iterators_are_closed(self) -> None:
        closed = []

        def sync(*call: str) -> Iterator[str]:
            try:
                yield from pieces(*call)
            finally:
                closed.append("sync")

        async def asynchronous(*call: str) -> AsyncIterator[str]:
            try:
                async for piece in apieces(*call):
                    yield piece
            finally:
                await asyncio.sleep(0)
                closed.append("async")

        assert observe(sync, cancel_after=1).cancelled
        assert observe(asynchronous, cancel_after=1).cancelled
        assert closed == ["sync", "async"]

    def test_a_client_that_fails_at_its_end(self) -> None:
        def fails(*call: str) -> Iterator[str]:
            try:
                yield "ab"
            finally:
                raise ValueError("cannot stop")

        observation = observe(fails, cancel_after=1)
        assert (observation.error, observation.cancelled) == ("ValueError: cannot stop", True)

    def test_a_text_that_is_shorter_is_not_cancelled(self) -> None:
        observation = observe(pieces, cancel_after=5)
        assert (observation.text, observation.cancelled) == ("abcd", False)

    @pytest.mark.parametrize("failing", [False, True])
    def test_nothing_of_an_example_is_held_on_to(self, failing: bool) -> None:
        """Else a connection that its iterator holds would stay open."""

        class Connection:
            pass

        held: list[weakref.ref[Connection]] = []

        def holds(*call: str) -> Iterator[str]:
            connection = Connection()
            held.append(weakref.ref(connection))
            yield "ab"
            if failing:
                raise ValueError(connection)
            yield "cd"

        with PythonClient(lambda *call: map(str.lower, holds(*call))) as client:
            client.observe(target(cancel_after=None if failing else 1))
            assert held[0]() is None


def shows(example: RunningExample) -> None:
    for _ in range(200):
        example.show("x")


class TestExample:
    def test_shown_from_many_threads(self) -> None:
        heard: list[str] = []
        example = RunningExample(target(), heard.append)
        threads = [threading.Thread(target=shows, args=(example,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert example.returned("").shown == tuple(heard) == ("x",) * 1600

    def test_after_the_end_nothing_counts(self) -> None:
        heard: list[str] = []
        example = RunningExample(target(), heard.append)
        example.show("ab")
        observation = example.failed("why")
        example.show("cd")
        assert (observation.shown, heard) == (("ab",), ["ab"])

    def test_a_restart_takes_back_what_was_shown(self) -> None:
        example = RunningExample(target(), limit=3)
        for piece in ("abc", "abc"):
            example.restart()
            example.show(piece)
        with pytest.raises(UnacceptableError):
            example.show("d")

    def test_a_failure_has_a_reason(self) -> None:
        assert RunningExample(target()).failed("").error == "it gave no reason"
