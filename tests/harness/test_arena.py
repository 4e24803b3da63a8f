"""The arena: what a client meets in one example, and that nothing of it is left for the next."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from mock_ares.faults import close_early, empty_reply, garbage, hang, reset_peer
from mock_ares.harness.checks.rows import case, one, say
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.model import KEY_PATH, Boundaries, Case, HarnessError, Observation, Target
from mock_ares.harness.play.example_runner import ExampleRunner, lasting
from mock_ares.scenario.model import Body, Pace, Pause, Redirect, Reply, RetryAfter, Segments, Text
from mock_ares.server.transport.client_socket import ClientSocket
from mock_ares.server.transport.read_barrier import Boundary
from mock_ares.server.transport.wire import Wire
from tests.harness import right_client as right
from tests.harness import wrong_clients as wrong


@pytest.fixture(scope="module")
def arena() -> Iterator[ExampleRunner]:
    with ExampleRunner() as arena:
        yield arena


@dataclass
class Local:
    """A client that runs in the calling thread, and that a test can look into."""

    act: Callable[[Target, Callable[[str], object]], Observation]
    name: str = "local"
    boundaries: Boundaries = "exact"
    capabilities: frozenset[str] = frozenset()
    timeout: float | None = None
    in_process: bool = False
    slowest_start: float = 0.0
    targets: list[Target] = field(default_factory=list)

    def start(self) -> None: ...

    def observe(self, target: Target, shown: Any = None) -> Observation:
        self.targets.append(target)
        return self.act(target, shown)

    def observe_together(self, targets: Sequence[Target]) -> list[Observation]:
        return [self.observe(target) for target in targets]

    def another(self) -> None: ...

    def close(self) -> None: ...


def reads_all(target: Target, shown: Callable[[str], object]) -> Observation:
    begun = time.monotonic()
    pieces: list[str] = []
    try:
        for piece in right.stream_chat(target.url + target.path, target.token, target.message):
            pieces.append(piece)
            shown(piece)
    except Exception as error:
        return Observation(None, repr(error), tuple(pieces), duration=time.monotonic() - begun)
    return Observation("".join(pieces), None, tuple(pieces), duration=time.monotonic() - begun)


@pytest.fixture
def client() -> Local:
    return Local(reads_all)


class TestAnExample:
    @pytest.mark.needs_barrier
    def test_the_client_gets_the_reply(self, arena: ExampleRunner, client: Local) -> None:
        played = arena.observe(client, one("ab", "cd"))
        assert played.observation.text == "abcd"
        (asked,) = played.asked
        assert (asked.exchange.reply, asked.exchange.ending, asked.plan.text) == (0, "complete", "abcd")
        assert asked.exchange.boundaries == "exact" and not played.void
        assert asked.gzip

    def test_the_target_says_where_and_what(self, arena: ExampleRunner, client: Local) -> None:
        arena.observe(client, one("ab", message="hello", cancel_after=1))
        (target,) = client.targets
        assert (target.url, target.path) == (arena.url, "/api/chat/stream")
        assert (target.message, target.cancel_after) == ("hello", 1)

    def test_the_key_route_gets_a_key(self, arena: ExampleRunner, client: Local) -> None:
        played = arena.observe(client, one("ab", path=KEY_PATH))
        assert client.targets[0].token.startswith("ares_")
        assert played.exchanges[0].credentials == "api-key"
        assert played.observation.text == "ab"

    def test_each_example_has_a_token_of_its_own(self, arena: ExampleRunner, client: Local) -> None:
        first = arena.observe(client, one("ab"))
        second = arena.observe(client, one("cd"))
        assert first.exchanges[0].owner != second.exchanges[0].owner
        assert len(second.asked) == 1

    def test_more_than_one_question(self, arena: ExampleRunner, client: Local) -> None:
        played = arena.observe(client, case(say("ab"), say("cd"), questions=2))
        assert (played.observation.text, [e.reply for e in played.exchanges]) == ("cd", [1])
        (first,) = played.earlier
        assert (first.observation.text, [e.reply for e in first.exchanges]) == ("ab", [0])

    def test_two_questions_at_once(self, arena: ExampleRunner) -> None:
        echo = Reply(text=Text(template="to {message}"), pace=Pace(every=0.01))
        with PythonClient(right.stream_chat) as client:
            played = arena.observe(client, case(echo, message="a", at_once=True))
        assert (played.observation.text, played.earlier[0].observation.text) == ("to a", "to a, and why")
        assert [len(each.asked) for each in (played, *played.earlier)] == [1, 1]

    def test_the_replies_are_given_in_turn_and_the_last_repeats(self, arena: ExampleRunner) -> None:
        client = PythonClient(wrong.retries_anew)
        played = arena.observe(client, case(Reply(status=503, content="empty"), say("ab")))
        assert played.observation.text == "ab"
        assert [e.reply for e in played.exchanges] == [0, 1]
        assert [plan.text for plan in played.plans] == ["", "ab"]
        played = arena.observe(client, one("ab", "cd", faults=(close_early(1),)))
        assert [e.reply for e in played.exchanges] == [0, 0, 0] or [e.reply for e in played.exchanges] == [0, 1, 2]
        assert [e.ending for e in played.exchanges] == ["close"] * 3

    def test_a_zombie_of_an_earlier_example_gets_nothing_of_the_next(self, arena: ExampleRunner, client: Local) -> None:
        arena.observe(client, one("ab"))
        old = client.targets[0]
        seen: list[int] = []

        def act(target: Target, shown: Callable[[str], object]) -> Observation:
            seen.append(wrong.posted(old.url + old.path, old.token, "again").status)
            return reads_all(target, shown)

        played = arena.observe(Local(act), one("cd"))
        assert seen == [503]
        assert played.observation.text == "cd"
        assert len(played.asked) == 1 and played.strays == ()

    def test_requests_without_a_token_are_strays(self, arena: ExampleRunner) -> None:
        def act(target: Target, shown: Callable[[str], object]) -> Observation:
            wrong.posted(target.url + target.path, "nonsense", "x")
            wrong.posted(target.url + "/elsewhere", target.token, "x")
            return Observation(None, "no")

        played = arena.observe(Local(act), one("ab"))
        assert played.asked == ()
        assert [(e.path, e.status) for e in played.strays] == [("/api/chat/stream", 401), ("/elsewhere", 404)]

    def test_a_redirect_away_is_the_example_s(self, arena: ExampleRunner) -> None:
        client = PythonClient(wrong.follows_with_credentials)
        played = arena.observe(client, case(Reply(redirect=Redirect(to="away")), say("ab")))
        assert played.observation.text == "ab"
        assert [(e.reply, e.credentials) for e in played.exchanges] == [(0, "jwt"), (1, "sent")]

    def test_a_case_that_cannot_be_played_is_the_harness_s_error(self, arena: ExampleRunner, client: Local) -> None:
        with pytest.raises(HarnessError, match="byte 900"):
            arena.observe(client, one("ab", segments=Segments(at=(900,))))

    def test_cases_may_be_generated_by_seed_and_size(self, arena: ExampleRunner, client: Local) -> None:
        from mock_ares.scenario.model import Text

        played = arena.observe(client, Case(replies=(Reply(text=Text(bytes=300_000), chunks="whole"),)))
        assert len(played.observation.text or "") == 300_000 == len(played.plans[0].text)


class TestTheDeadline:
    def test_the_fake_ends_the_connections(self, arena: ExampleRunner, client: Local) -> None:
        played = arena.observe(client, one("ab", faults=(hang(1),)), deadline=1.0)
        assert played.observation.timed_out
        assert played.observation.shown == ("ab",)
        assert played.exchanges[0].ending == "ended"

    def test_it_counts_from_the_last_request(self, arena: ExampleRunner) -> None:
        def slow_retry(url: str, token: str, message: str) -> Iterator[str]:
            yield from wrong.retrying(url, token, message, lambda: time.sleep(1))

        replies = case(*[Reply(status=503, content="empty")] * 2, say("ab"))
        played = arena.observe(PythonClient(slow_retry), replies, deadline=1.8)
        assert not played.observation.timed_out
        assert played.observation.text == "ab"

    def test_a_start_may_take_four_times_what_it_took_before(self, arena: ExampleRunner) -> None:
        def starts_late(target: Target, shown: Callable[[str], object]) -> Observation:
            time.sleep(1.0)
            return reads_all(target, shown)

        client = Local(starts_late)
        assert arena.observe(client, one("ab"), deadline=0.2).observation.timed_out
        assert client.slowest_start >= 1.0
        assert arena.observe(client, one("ab"), deadline=2.5).observation.text == "ab"
        assert arena.observe(client, one("ab"), deadline=0.2).observation.timed_out is False

    def test_who_was_slow_to_ask_may_be_as_slow_to_read(self, arena: ExampleRunner) -> None:
        """As a process that has just begun is."""

        def begins(target: Target, shown: Callable[[str], object]) -> Observation:
            time.sleep(0.5)
            observation = reads_all(target, shown)
            time.sleep(1.0)
            return observation

        client = Local(begins, slowest_start=0.5)
        assert arena.observe(client, one("ab"), deadline=0.2).observation.timed_out is False

    def test_what_is_asked_when_it_is_over_is_no_part_of_it(self, arena: ExampleRunner) -> None:
        def asks_late(target: Target, shown: Callable[[str], object]) -> Observation:
            time.sleep(0.6)
            return reads_all(target, shown)

        played = arena.observe(Local(asks_late), one("ab"), deadline=0.1)
        assert played.observation.timed_out and played.asked == ()

    def test_a_client_that_asks_for_ever_is_given_up(self, arena: ExampleRunner) -> None:
        def for_ever(url: str, token: str, message: str) -> str:
            while True:
                wrong.posted(url, token, message)
                time.sleep(0.05)

        played = arena.observe(PythonClient(for_ever), case(Reply(status=503, content="empty")), deadline=0.2)
        assert played.observation.timed_out
        assert len(played.asked) > 1

    def test_what_the_reply_lasts_is_not_counted(self, arena: ExampleRunner, client: Local) -> None:
        played = arena.observe(client, one("ab", "cd", pace=Pace(every=1.4)), deadline=1.0)
        assert played.observation.text == "abcd"
        assert not played.observation.timed_out

    def test_no_test_is_there_that_releases_it(self, arena: ExampleRunner, client: Local) -> None:
        played = arena.observe(client, one("ab", "cd", pace=Pace(pauses=(Pause(1, until="released"),))))
        assert played.observation.text == "abcd"

    @pytest.mark.parametrize(
        ("reply", "seconds"),
        [
            (say("a", "b"), 0),
            (say("a", "b", pace=Pace(head=1, first=2, every=3)), 9),
            (say("a", "b", pace=Pace(every=1, jitter=0.5)), 3),
            (say("a", pace=Pace(pauses=(Pause(at=0, lasts=4), Pause(at=1)))), 4),
            (say("a", pace=Pace(pauses=(Pause(at=0, until="released"),))), 0),
            (Reply(status=503, retry_after=5.0), 5),
            (Reply(status=503, retry_after=RetryAfter(6.0)), 6),
        ],
    )
    def test_what_a_reply_lasts(self, reply: Reply, seconds: float) -> None:
        assert lasting(reply) == seconds

    def test_the_next_example_is_not_touched(self, arena: ExampleRunner, client: Local) -> None:
        arena.observe(client, one("ab", faults=(hang(0),)), deadline=0.1)
        assert arena.observe(client, one("cd"), deadline=5.0).observation.text == "cd"


class TestWithholding:
    def test_each_piece_comes_when_the_last_was_shown(self, arena: ExampleRunner, client: Local) -> None:
        played = arena.observe(client, one("ab", "cd", "ef", withhold=True))
        assert played.stalled is None
        assert played.observation.shown == ("ab", "cd", "ef")

    @pytest.mark.parametrize("dialect", ["typed", "delta"])
    def test_dialects_with_records_around_the_chunks(self, arena: ExampleRunner, dialect: str) -> None:
        client = PythonClient(getattr(right, dialect))
        played = arena.observe(client, one("ab", "cd", "ef", withhold=True, dialect=dialect))
        assert played.stalled is None
        assert played.observation.text == "abcdef"

    def test_a_client_that_keeps_a_piece_is_told_from_a_slow_one(self, arena: ExampleRunner) -> None:
        played = arena.observe(PythonClient(wrong.buffers), one("ab", "cd", withhold=True), deadline=1.0)
        assert played.stalled == 1
        assert played.observation.text == "abcd"  # in the end it gets everything

        def slow(url: str, token: str, message: str) -> Iterator[str]:
            for piece in right.stream_chat(url, token, message):
                time.sleep(0.2)
                yield piece

        played = arena.observe(PythonClient(slow), one("ab", "cd", "ef", withhold=True), deadline=2.0)
        assert played.stalled is None

    def test_a_client_that_is_one_piece_behind(self, arena: ExampleRunner) -> None:
        def behind(url: str, token: str, message: str) -> Iterator[str]:
            last = ""
            for piece in right.stream_chat(url, token, message):
                if last:
                    yield last
                last = piece
            yield last

        played = arena.observe(PythonClient(behind), one("ab", "cd", "ef", withhold=True), deadline=1.2)
        assert played.stalled == 1
        assert played.observation.text == "abcdef"

    def test_the_gate_is_shut_again_for_the_next(self, arena: ExampleRunner, client: Local) -> None:
        arena.observe(PythonClient(wrong.buffers), one("ab", "cd", withhold=True), deadline=0.4)
        played = arena.observe(client, one("ab", "cd", "ef", withhold=True))
        assert played.stalled is None and played.observation.shown == ("ab", "cd", "ef")


async def gives_up(wire: Wire, patience: float) -> Boundary:
    """As where the machine is too busy."""
    wire._protocol.peer.unread()
    return "timeout"


@pytest.mark.needs_barrier
class TestVoid:
    def test_boundaries_that_could_not_be_kept(
        self, arena: ExampleRunner, client: Local, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Wire, "read_barrier", gives_up)
        assert arena.observe(client, one("ab", segments="byte")).void
        assert not arena.observe(client, one("ab", segments="free")).void

    def test_nobody_vouches_where_no_socket_can_be_asked_about(
        self, arena: ExampleRunner, client: Local, no_barrier: None
    ) -> None:
        assert not arena.observe(client, one("ab", segments="byte")).void

    def test_nobody_vouches_for_a_client_of_another_machine(
        self, arena: ExampleRunner, client: Local, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ClientSocket, "unread", lambda self: None)
        assert not arena.observe(client, one("ab", segments="byte")).void
        assert client.boundaries == "best-effort"

    def test_nobody_vouches_for_a_client_that_cuts_anew(
        self, arena: ExampleRunner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Wire, "read_barrier", gives_up)
        assert not arena.observe(Local(reads_all, boundaries="best-effort"), one("ab", segments="byte")).void

    def test_a_client_that_stops_reading_is_judged(self, arena: ExampleRunner) -> None:
        kept: list[object] = []

        def stops(target: Target, shown: Callable[[str], object]) -> Observation:
            pieces = right.stream_chat(target.url + target.path, target.token, target.message)
            kept.append(pieces)  # the connection stays open, and unread
            return Observation(next(pieces), None)

        played = arena.observe(Local(stops), one("ab", "cd", "ef", "gi", segments="byte"))
        assert not played.void
        assert played.observation.text == "ab"


class TestKeptConnections:
    """A connection that one example ends must not be another's trouble."""

    HARMFUL = (
        case(Reply(faults=(empty_reply(),))),
        case(Reply(faults=(garbage(),))),
        one("ab", faults=(close_early(1),)),
        one("ab", "cd", faults=(reset_peer(1),)),
        one("ab", faults=(close_early(1, inside_http_chunk=True),)),
        one("ab", body=Body("close")),
        one("ab", body=Body("http1.0")),
        one("ab", body=Body(connection="close")),
        case(Reply(status=401, content="empty")),
        case(Reply(status=503, content="empty", body=Body("length", connection="close"))),
        one("ab", interim=(103,)),
        one("ab", body=Body(trailers={"x-a": "b"})),
    )

    def test_a_pool_never_fails_a_good_example(self, arena: ExampleRunner) -> None:
        with httpx.Client() as pool:

            def chat(url: str, token: str, message: str) -> str:
                headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
                with pool.stream("POST", url, json={"message": message}, headers=headers) as response:
                    response.raise_for_status()
                    return "".join(right.read(response.iter_bytes()))

            client = PythonClient(chat)
            for harmful in self.HARMFUL * 8:
                arena.observe(client, harmful)
                assert arena.observe(client, one("ab", "cd")).observation.text == "abcd", harmful

    def test_a_good_connection_is_used_again(self, arena: ExampleRunner) -> None:
        ports: list[int] = []
        with httpx.Client() as pool:

            def chat(url: str, token: str, message: str) -> str:
                headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
                with pool.stream("POST", url, json={"message": message}, headers=headers) as response:
                    ports.append(response.extensions["network_stream"].get_extra_info("client_addr")[1])
                    return response.read().decode()

            client = PythonClient(chat)
            for _ in range(5):
                arena.observe(client, one("ab"))
        assert len(set(ports)) == 1


def test_it_leaves_nothing_behind() -> None:
    before = threading.active_count()
    with ExampleRunner() as arena:
        client = PythonClient(right.stream_chat)
        arena.observe(client, one("ab", faults=(hang(1),)), deadline=0.1)
        client.close()
    assert threading.active_count() <= before
