"""Where a client meets a case: one fake, a token for each example, and a deadline.

The example's replies are the script of its token, so nothing that an earlier example's client still does can touch it.
When the deadline passes the fake ends the connections, and whoever asks from then on gets an error.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from itertools import accumulate
from types import TracebackType

from mock_ares.ares.chats import CHATS
from mock_ares.ares.credentials import Credentials
from mock_ares.harness.clients.running_example import GRACE
from mock_ares.harness.model import (
    KEY_PATH,
    Boundaries,
    Case,
    Client,
    HarnessError,
    Observation,
    Over,
    Target,
    UsageError,
)
from mock_ares.harness.play.client_gate import MOST_PATIENCE, ClientGate, Withholding, withheld
from mock_ares.harness.play.open_keyring import OpenKeyring
from mock_ares.harness.result import ExampleResult, RecordedRequest
from mock_ares.harness.settings import Transport
from mock_ares.harness.surroundings import UNTRUSTING, obstacle, proxy, unreachable
from mock_ares.harness.verdict.diagnosis import quoted
from mock_ares.monotonic import monotonic
from mock_ares.plan.build import chunks_of
from mock_ares.plan.model import StreamPlan
from mock_ares.scenario.model import Body, Content, Reply, RetryAfter, Scenario, Text
from mock_ares.server import state
from mock_ares.server.certificates.identity import CertificateError
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.hosting.loop import CannotListenError
from mock_ares.server.record.journal import Exchange
from mock_ares.server.replies.library import Turn
from mock_ares.server.transport.client_socket import BARRIER
from mock_ares.server.transport.read_barrier import SwitchError
from mock_ares.server.transport.tls.handshake_words import UNTRUSTED
from mock_ares.server.transport.wire import Wire

ATTEMPTS = 4
"""A client that asks again gets so many times the deadline in all."""
SETTLED = 0.25
"""Seconds for which the end of the last exchange is waited for when the client is done."""
NOTICED, NOTICED_AT_LAST = 0.1, 2.0
"""Seconds between two questions: so long a client has to see that the connection of the first has ended."""
START, MOST_START = 4.0, 60.0
"""Until its first request a client gets so many times what that took at most before, on a busy machine, and no more
than so many seconds.
"""
MOST_SLACK = 10.0
"""So many seconds, and no more than ``START`` times what it took until its first request, are added to the deadline: a
process that has just begun, as each does after a hang, is as slow at its first answer.
"""
CLOSED = 3.0
"""The same for a client that was stopped by its caller."""
DIGESTED = 500_000.0
"""Bytes of a large reply for which a client gets a second more."""
GONE = Scenario(name="over", replies=(Reply(status=503, content=Content(json={"error": "This example is over"})),))


class ExampleRunner:
    """``with ExampleRunner() as runner``: plays cases to clients, one at a time. Not to be shared between threads."""

    def __init__(
        self,
        profile: str = "docs",
        host: str = "127.0.0.1",
        port: int | None = None,
        transport: Transport = Transport(),
    ) -> None:
        """``port``: where clients look for it that bring credentials of their own; None: they are pointed to it."""
        self.is_found = port is not None
        self.transport = transport
        origins = ("*",) if self.is_found else None
        settings = state.Settings(profile=profile, origins=origins, tls=transport.tls, http=transport.http)
        try:
            self.server = FakeServer(settings, host=host, port=port or 0)
        except CertificateError as error:
            raise UsageError(str(error)) from None
        except (SwitchError, CannotListenError) as error:
            where = "; the client looks for its server there (--port)" if self.is_found else ""
            raise UsageError(f"{error}{where}") from None
        if self.is_found:
            self.server.fake.keyring = OpenKeyring(profile=self.server.fake.profile)
        self.gate = self.server.fake.clock = ClientGate()
        self.server.fake.on_answer = self._answered
        self._plans: dict[int, StreamPlan] = {}
        self._keeps = False
        """Whether pauses until released are the client's to end; else nobody would."""
        self.wires: list[tuple[str, Wire]] = []
        self._is_trusted = False
        """Whether a client has asked, and so trusts whom it should."""

    @classmethod
    def of(cls, client: Client, profile: str, transport: Transport = Transport()) -> ExampleRunner:
        """One where the client finds it. Raises UsageError where it cannot get there."""
        if transport.http == "2" and not transport.tls and getattr(client, "is_browser", False):
            raise UsageError(
                "browsers speak HTTP/2 over TLS alone, without prior knowledge: --tls --http 2, http/2+tls"
            )
        runner = cls(profile, port=getattr(client, "port", None), transport=transport)
        if (find := getattr(client, "find", None)) is not None:
            find(runner.url)
        return runner

    @property
    def url(self) -> str:
        return self.server.url

    def start(self) -> ExampleRunner:
        self.server.start()
        return self

    def close(self) -> None:
        """Also of one that was never started."""
        self.server.stop()

    def __enter__(self) -> ExampleRunner:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def observe(self, client: Client, case: Case, *, deadline: float = 10.0, noticed: float = NOTICED) -> ExampleResult:
        """Plays the case to the client.

        ``deadline``: seconds from each request after which it is given up, beside what the reply itself lasts.
        ``noticed``: seconds between two questions, where a connection has ended. A client that fails then gets as many
        as ``NOTICED_AT_LAST``, for a busy machine may have kept it from seeing that.
        Raises HarnessError for a case that cannot be played.
        """
        if case.bad_tls is not None and not self._is_trusted:
            self._see_trust(client, deadline)
        if (prepare := getattr(client, "prepare", None)) is not None:
            prepare()
        credentials = self.server.credentials()
        replies = tuple(withheld(reply) for reply in case.replies) if case.withhold else case.replies
        self.server.script(credentials.id, *replies)
        failures = self.server.fake.failures.count
        self._plans.clear()
        self._keeps = case.at_once and getattr(client, "releases", False)
        self.wires.clear()
        self.server.fake.handshakes.clear()
        example = _Example(self, credentials.id, case, deadline, noticed, min(START * client.slowest_start, MOST_START))
        target = self._target(credentials, case, example)
        with example:
            found = (self._ask_together if case.at_once else self._ask)(client, target, example)
        *earlier, last = found
        self._is_trusted = self._is_trusted or bool(last.asked)
        if last.observation.error is not None and earlier and _ends_idle(case) and noticed < NOTICED_AT_LAST:
            return self.observe(client, case, deadline=deadline, noticed=NOTICED_AT_LAST)
        self._refuse_to_judge(client, case, last.observation, last.asked or last.strays, failures)
        if example.was_avoided and not (last.asked or last.strays):  # which may come on a connection from before
            raise HarnessError("the client never connected to where it was pointed, so it is not known what it refuses")
        if example.expired or _too_late(last.observation, target):
            last = replace(last, observation=replace(last.observation, timed_out=True))
        if self._unknown(credentials.id, last.asked):
            client.boundaries = "best-effort"
        client.slowest_start = max(client.slowest_start, example.start)
        void = _void(client, last.observation, last.asked)
        return replace(last, earlier=tuple(earlier), stalled=example.stalled, void=void)

    def _see_trust(self, client: Client, deadline: float) -> None:
        """Asks for a plain stream first. Raises HarnessError where the client does not trust the fake, or never asks:
        then it says nothing that it refuses somebody else."""
        if not self.observe(client, Case((Reply(chunks=("ab",)),)), deadline=deadline).asked:
            raise HarnessError("no request came over a good certificate either: what the client refuses says nothing")

    def _ask(self, client: Client, target: Target, example: _Example) -> list[ExampleResult]:
        """One question after the other, and what came of each."""
        case, found = example.case, list[ExampleResult]()
        stopped = case.cancel_after is not None or case.cancel_in is not None
        while True:
            before = self.server.fake.journal.last
            observation = client.observe(target, example.shown)
            self._settle(example.owner, before, CLOSED if stopped else SETTLED)
            found.append(ExampleResult(case, observation, *self._since(before, example)))
            if len(found) == case.questions or observation.timed_out or example.expired:
                return found
            if _ends_idle(case):
                time.sleep(example.noticed)

    def _ask_together(self, client: Client, target: Target, example: _Example) -> list[ExampleResult]:
        """Two questions at once, told apart by what they ask."""
        before = self.server.fake.journal.last
        messages = (f"{target.message}, and why", target.message)
        questions = [replace(target, message=message) for message in messages]
        questions[-1] = replace(questions[-1], new_chat=example.case.new_chat)
        observations = client.observe_together(questions)
        self._settle(example.owner, before, SETTLED)
        asked, strays = self._since(before, example)
        return [
            ExampleResult(example.case, observation, tuple(a for a in asked if a.exchange.message == message), strays)
            for message, observation in zip(messages, observations, strict=True)
        ]

    def _refuse_to_judge(
        self, client: Client, case: Case, observation: Observation, exchanges: Sequence[object], failures: int
    ) -> None:
        """Raises HarnessError for what is not the client's doing."""
        if failed := self.server.fake.failures.since(failures):
            raise HarnessError(f"the fake itself failed, which says nothing about the client: {failed[0]}")
        reason = obstacle(observation.error)
        if reason is not None and not (case.bad_tls is not None and reason == UNTRUSTING):
            raise HarnessError(f"{reason} (the client reported: {quoted(observation.error or '', 120)})")
        if exchanges:
            return
        if (
            case.bad_tls is None
            and self._ca is not None
            and any(UNTRUSTED in words for words in self.server.fake.handshakes)
        ):
            raise HarnessError(f"no request came: {UNTRUSTING}")
        if reason := unreachable(self.url):
            raise HarnessError(reason)
        if client.in_process and (reason := proxy(self.url)):
            raise HarnessError(f"no request came, and {reason}")

    def _unknown(self, owner: str, asked: tuple[RecordedRequest, ...]) -> bool:
        """Whether the client's sockets are not this machine's to ask about: it runs in a container, or elsewhere."""
        known = any(wire.known for whose, wire in self.wires if whose == owner)
        return not known and any(each.exchange.boundaries == "best-effort" for each in asked)

    def _target(self, credentials: Credentials, case: Case, example: _Example) -> Target:
        token = credentials.api_key if case.path == KEY_PATH else credentials.token
        deadline = example.most + GRACE
        url = self._url_for(case)
        before = self.server.fake.journal.last
        return Target(
            url, case.path, token, case.message, deadline, case.cancel_after, credentials.api_key, case.cancel_in,
            example.over, asked=lambda: self._asked(before, credentials.id), release=partial(self._release, before),
            ca=self._ca, http_version=self.transport.http,
        )  # fmt: skip

    def _url_for(self, case: Case) -> str:
        if case.bad_tls is not None:
            return self.server.bad_tls(case.bad_tls).url
        return self.server.refused_url if case.refused else self.url

    @property
    def _ca(self) -> str | None:
        return None if self.server.ca is None else str(self.server.ca)

    def _answered(self, exchange: Exchange, plan: StreamPlan, wire: Wire) -> None:
        self._plans[exchange.number] = plan
        if not self._keeps:
            exchange.releases.release(every=True)
        self.wires.append((exchange.owner, wire))

    def _release(self, before: int, requests: Sequence[RecordedRequest] | None) -> None:
        """See ``Target.release``. From any thread; what the client asks for after that finds it done."""

        def release() -> None:
            self._keeps = self._keeps and requests is not None
            asked = self.server.fake.journal.since(before) if requests is None else [r.exchange for r in requests]
            for exchange in asked:
                exchange.releases.release(every=True)

        self.server.loop.call_soon_threadsafe(release)

    def _of(self, owner: str, before: int) -> list[Exchange]:
        found = [exchange for exchange in self.server.fake.journal.since(before) if exchange.owner == owner]
        return [each for each in found if is_chat(each)] if self.is_found else found

    def _asked(self, before: int, owner: str) -> tuple[RecordedRequest, ...]:
        return tuple(
            RecordedRequest(e, self._plans[e.number]) for e in self._of(owner, before) if e.number in self._plans
        )

    def _settle(self, owner: str, before: int, patience: float) -> None:
        """Waits until the exchanges have ended; the client is done, and the fake may not yet have noticed."""
        until = monotonic() + patience
        while any(e.ending == "open" for e in self._of(owner, before)) and monotonic() < until:
            time.sleep(0.0005)

    def _since(self, before: int, example: _Example) -> tuple[tuple[RecordedRequest, ...], tuple[Exchange, ...]]:
        """What it has asked, as it stands now; what came when it was over got an answer that nobody wrote."""
        over = example.over.at or math.inf
        asked = tuple(
            RecordedRequest(replace(each.exchange), each.plan)
            for each in self._asked(before, example.owner)
            if each.exchange.started < over
        )
        for each in asked:
            if each.plan.dialect == "none" and each.exchange.status == 500 and b"cannot be played" in each.plan.payload:
                raise HarnessError(each.plan.payload.decode())
        return asked, tuple(replace(e) for e in self._of("", before))


class _Example:
    """The deadline and the gate of one example. Its methods are called in the fake's loop unless they say otherwise."""

    def __init__(
        self, runner: ExampleRunner, owner: str, case: Case, deadline: float, noticed: float, patience: float
    ) -> None:
        self._server, self._gate, self._wires = runner.server, runner.gate, runner.wires
        self._is_found = runner.is_found
        self._before = self._server.fake.journal.last
        self.case, self.noticed = case, noticed
        self._bad_tls = None if case.bad_tls is None else self._server.bad_tls(case.bad_tls)
        self._accepted = 0 if self._bad_tls is None else self._bad_tls.accepted
        self.owner = owner
        self._deadline = deadline + max(lasting(reply) for reply in case.replies)
        self._held = _withholding(case, deadline) if case.withhold else None
        if self._held is not None:  # each piece may be waited for
            self._deadline += self._held.patience * len(self._held.due)
        self._patience = max(self._deadline, patience)
        self.most = self._patience + MOST_SLACK + self._deadline * (1 if _asks_once(case) else ATTEMPTS)
        self._begun = monotonic()
        self._handle: asyncio.TimerHandle | None = None
        self.expired, self.over = False, Over()

    @property
    def was_avoided(self) -> bool:
        """Whether nobody has connected to what must be refused."""
        return self._bad_tls is not None and self._bad_tls.accepted == self._accepted

    @property
    def stalled(self) -> int | None:
        return self._held.stalled if self._held else None

    def shown(self, text: str) -> None:
        """From any thread."""
        if self._held is not None:
            self._server.loop.call_soon_threadsafe(self._gate.show, len(text))

    def __enter__(self) -> None:
        if self._is_found:  # whoever asks meanwhile is this example's client
            self._server.fake.tenants.enter(self.owner, "an example")
        self._server.loop.call_soon_threadsafe(self._begin)

    def __exit__(self, *_: object) -> None:
        self._do(self._end)
        if self._is_found:
            self._server.fake.tenants.leave(self.owner)

    def _do(self, what: Callable[[], None]) -> None:
        """Has it done in the loop, and returns when it is."""
        done: Future[None] = Future()

        def do() -> None:
            try:
                what()
                done.set_result(None)
            except BaseException as error:
                done.set_exception(error)

        self._server.loop.call_soon_threadsafe(do)
        done.result(10)

    def _begin(self) -> None:
        self._gate.begin(self._held)
        self._watch()

    def _watch(self) -> None:
        now = monotonic()
        asked = self._asked()
        until = asked[-1] + self._deadline + self._slack(asked[0]) if asked else self._begun + self._patience
        left = min(until, self._begun + self.most) - now
        if left > 0:
            self._handle = self._server.loop.call_later(left, self._watch)
        else:
            self.expired, self.over.at = True, now
            self._over()
            if self._bad_tls is not None:
                self._bad_tls.abort()
            for owner, wire in self._wires:  # the idle ones, too: it may be waiting for their end
                if owner == self.owner:
                    wire.reset()

    def _slack(self, asked: float) -> float:
        return min(START * (asked - self._begun), MOST_SLACK)

    def _asked(self) -> list[float]:
        return sorted(e.started for e in self._server.fake.journal.since(self._before) if e.owner == self.owner)

    @property
    def start(self) -> float:
        """Seconds until it asked. From any thread; 0 where it never did."""
        asked = self._asked()
        return asked[0] - self._begun if asked else 0.0

    def _over(self) -> None:
        fake = self._server.fake
        fake.scripts[self.owner] = Turn(GONE)
        fake.end(self.owner)

    def _end(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._gate.begin(None)
        self._over()


def is_chat(exchange: Exchange) -> bool:
    """Whether it asks what an example is about; pages ask for other things, too."""
    return exchange.method == "POST" and exchange.path in CHATS


def lasting(reply: Reply) -> float:
    """Seconds that a reply takes by its own pace and for its size, or a little more."""
    pace = reply.pace
    chunks = len(chunks_of(reply, "", reply.seed or 0)) if pace.interval and not reply.error else 0
    pauses = sum(pause.lasts or 0.0 for pause in pace.pauses)
    retry_after = reply.retry_after
    announced = retry_after.date if isinstance(retry_after, RetryAfter) else retry_after or 0.0
    spoken = pace.head + pace.first + chunks * pace.interval * (1 + pace.jitter) + pauses
    return spoken + announced + size_of(reply) / DIGESTED


def size_of(reply: Reply) -> int:
    """About as many characters as its text has."""
    text = reply.text
    if isinstance(text, Text):
        return text.bytes or (text.words or 0) * 8
    return len(text or "")


def _ends_idle(case: Case) -> bool:
    return any(isinstance(reply.body, Body) and reply.body.connection.startswith("idle") for reply in case.replies)


def _asks_once(case: Case) -> bool:
    """A stream that ends well gives no reason to ask again."""
    (first, *others) = case.replies
    spoken = first.text is not None or isinstance(first.chunks, tuple)
    return spoken and not others and not first.faults


def _withholding(case: Case, deadline: float) -> Withholding:
    chunks = chunks_of(case.replies[0], case.message, case.replies[0].seed or 0)
    return Withholding(tuple(accumulate(map(len, chunks))), patience=min(deadline / 2, MOST_PATIENCE))


def _too_late(observation: Observation, target: Target) -> bool:
    return observation.duration > target.deadline and not observation.cancelled


def boundaries_of(client: Client) -> Boundaries:
    """What can be promised of a client's reads: where no socket can be asked about, none of anybody's."""
    return client.boundaries if BARRIER.available else "best-effort"


def _void(client: Client, observation: Observation, asked: tuple[RecordedRequest, ...]) -> bool:
    """Whether a promised boundary was given up while the client was at work.

    One that reads no more holds every boundary up: if the exchange has not ended when it is done, that is what it does.
    """
    if boundaries_of(client) != "exact" or observation.timed_out:
        return False
    return any(e.boundaries == "best-effort" and e.ending != "open" for e in (each.exchange for each in asked))
