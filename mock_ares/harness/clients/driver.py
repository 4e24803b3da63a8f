"""Clients behind a driver: one process for all examples, JSON lines on its standard input and output."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from copy import copy

from mock_ares.harness.clients.adapter import Shown, declared
from mock_ares.harness.clients.command import CommandClient, check_command, environment, named
from mock_ares.harness.clients.processes.child import Child, ended_cpu, status_text
from mock_ares.harness.clients.protocol import (
    DriverMessage,
    Halves,
    Hello,
    LineReader,
    ProtocolError,
    decode_hello,
    decode_message,
    encode_request,
)
from mock_ares.harness.clients.running_example import LOOK, RunningExample, UnacceptableError
from mock_ares.harness.model import Observation, Target, UsageError
from mock_ares.monotonic import monotonic

HELLO_SECONDS = 30.0
"""Within which a driver must say hello; some are compiled first."""
FIRST, MOST_FIRST = 4.0, 2.5
"""A new process is taken to need so many times as long for its first question as for its hello, and no more than so
many seconds: Java's loads its HTTP client then, which on a busy machine took eight times as long.
"""
GOODBYE_SECONDS = 1.0
"""From the end of its standard input, or of its output, until it is ended."""
MOST_HELLO = 1 << 16
"""Bytes."""
MOST_BYTES = 256 << 20
"""What a driver may write in one example: a text is written twice, and JSON can take six bytes for one."""
ADVICE = 'a driver\'s first line is {"protocol": 1}; a command that writes the text itself goes with --exec'


class DriverClient(CommandClient):
    """A command that speaks the protocol. Its hello may name it, and declare capabilities beside those given here."""

    abreast = True
    hello_seconds = HELLO_SECONDS
    most_bytes = MOST_BYTES
    """Of its messages in one example; more are the client's failure."""
    _talk: DriverSession | None = None
    _last_id = 0

    def start(self) -> None:
        if self._talk is None:
            check_command(self._argv)
            self._meet(self._connect())

    def observe(self, target: Target, shown: Shown | None = None) -> Observation:
        return self._observe([RunningExample(target, shown, self._limit)])[0]

    def observe_together(self, targets: Sequence[Target]) -> list[Observation]:
        return self._observe([RunningExample(target, limit=self._limit) for target in targets])

    def _observe(self, examples: list[RunningExample]) -> list[Observation]:
        try:
            talk = self._ready()
        except UsageError as error:  # it could be started before, so this is its doing
            return [example.failed(f"the driver does not start again: {error}") for example in examples]
        first = self._last_id + 1
        self._last_id += len(examples)
        asked = dict(enumerate(examples, first))
        said: dict[int, Observation] = {}
        reason = ""
        try:
            for number, example in asked.items():
                talk.child.write(encode_request(number, example.target, more=number < self._last_id))
            self._listen(talk, asked, said)
        except (ProtocolError, UnacceptableError) as error:
            reason = str(error)
        finally:
            if len(said) < len(asked):
                self._end()
        return [
            said.get(number) or (example.failed(reason) if reason else example.given_up())
            for number, example in asked.items()
        ]

    def another(self) -> DriverClient:
        other = copy(self)
        other._talk = None
        return other

    def cpu(self) -> float | None:
        """Seconds of all its processes so far."""
        running = 0.0 if self._talk is None else self._talk.child.cpu()
        return None if running is None else ended_cpu() + running

    def close(self) -> None:
        if self._talk is not None:
            self._talk.child.hang_up()
            self._talk.child.wait(monotonic() + GOODBYE_SECONDS)
        self._end()

    def _end(self) -> None:
        talk, self._talk = self._talk, None
        if talk is not None:
            talk.child.end()

    def _meet(self, hello: Hello) -> None:
        if self.name == named(self._argv):
            self.name = hello.name or self.name
        try:
            capabilities, timeout = declared(hello.capabilities, self.timeout)
        except UsageError as error:
            self._end()
            raise UsageError(f"the hello of {self.name}: {error}") from None
        self.capabilities |= capabilities
        self.timeout = timeout if self.timeout is None else self.timeout

    def _ready(self) -> DriverSession:
        """The process, or a new one where it has ended meanwhile."""
        if self._talk is not None and self._talk.child.exited:
            self._end()
        if self._talk is None:
            self._connect()
        assert self._talk is not None
        return self._talk

    def _connect(self) -> Hello:
        """Start the process. Raises UsageError where it does not say hello."""
        begun = monotonic()
        talk = DriverSession(Child(self._argv, environment(), talks=True), MOST_HELLO)
        try:
            hello = self._greeted(talk)
        except (ProtocolError, UnacceptableError) as error:
            talk.child.end()
            raise UsageError(self._stranger(error)) from None
        except BaseException:
            talk.child.end()
            raise
        self.slowest_start = max(self.slowest_start, min(FIRST * (monotonic() - begun), MOST_FIRST))
        talk.most_bytes = self.most_bytes
        self._talk = talk
        return hello

    def _stranger(self, error: Exception) -> str:
        """What is told of a process that does not say hello."""
        return f"{named(self._argv)} does not speak the driver protocol: {error}; {ADVICE}"

    def _greeted(self, talk: DriverSession) -> Hello:
        first = talk.hear(monotonic() + self.hello_seconds)
        if first is None:
            raise UnacceptableError(f"no line from it within {self.hello_seconds:g} s")
        hello = decode_hello(first)
        if hello.error is not None:
            raise UsageError(hello.error)
        return hello

    def _listen(self, talk: DriverSession, asked: dict[int, RunningExample], said: dict[int, Observation]) -> None:
        """What is said of each; of those that the driver has to be given up for nothing."""
        halves = {number: Halves() for number in asked}
        talk.count = 0
        while len(said) < len(asked) and (line := _in_time(talk, asked[self._last_id])) is not None:
            message = decode_message(line)
            if not 0 < message.id <= self._last_id:
                raise ProtocolError(f"there is no example of this id, {self._last_id} was asked last", line)
            number = message.id
            # An earlier example's client may still have something to say; nobody listens.
            awaited = number in asked and number not in said
            if awaited and (observation := _heed(message, asked[number], halves[number])):
                said[number] = observation


def _in_time(talk: DriverSession, example: RunningExample) -> bytes | None:
    """The next line; None where the driver has to be given up."""
    while monotonic() < example.until:
        if (line := talk.hear(min(example.until, monotonic() + LOOK))) is not None:
            return line if monotonic() < example.until else None
    return None


def _heed(message: DriverMessage, example: RunningExample, halves: Halves) -> Observation | None:
    """The observation, where the message ends the example."""
    if message.kind == "piece":
        example.show(halves.join(message.text))
        return None
    example.show(halves.rest())
    if message.kind == "restart":
        example.restart()
        return None
    if message.kind == "error":
        return example.failed(message.text)
    stopped = example.satisfied or example.target.cancel_in is not None
    return example.cancelled() if stopped else example.returned(message.text)


class DriverSession:
    """A driver's process, heard line by line."""

    def __init__(self, child: Child, most_bytes: int) -> None:
        self.child = child
        self.most_bytes = most_bytes
        self.count = 0
        """Bytes of the lines heard since it was last set."""
        self._lines = LineReader()
        self._heard: deque[bytes] = deque()

    def hear(self, until: float) -> bytes | None:
        """The next line; None where none came ``until`` then. Raises UnacceptableError at the end, and for a flood."""
        while not self._heard:
            data = self.child.read(until)
            if data is None:
                return None
            if not data:
                raise UnacceptableError(self._farewell())
            self._heard.extend(self._lines.feed(data))
            self._bound(self.count + self._lines.pending if not self._heard else 0)
        line = self._heard.popleft()
        self.count += len(line) + 1
        self._bound(self.count)
        return line

    def _bound(self, count: int) -> None:
        if count > self.most_bytes:
            raise UnacceptableError(f"the driver wrote more than {self.most_bytes} bytes")

    def _farewell(self) -> str:
        left = self._lines.unfinished
        midst = f" in the midst of a line, {left[:100].decode(errors='replace')!r}" if left else ""
        if self.child.wait(monotonic() + GOODBYE_SECONDS):
            return f"the driver ended{midst}: {status_text(self.child.end(), self.child.words)}"
        return f"the driver closed its standard output{midst}"
