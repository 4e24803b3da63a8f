"""What the ``ares`` fixture is: a fake of a test's own, by a token on a server that it shares.

Everything here may be used from any thread. Under Hypothesis each example is a *scene* of its own, with a token, a
script and a journal that no other example has touched; what was scripted before the examples is there in each.
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from mock_ares.ares.credentials import Credentials
from mock_ares.harness.plugin.scripted import ScriptedReply
from mock_ares.scenario.diagnostics import dotted, nearest, placed
from mock_ares.scenario.model import Pause, Reply, Scenario, Text
from mock_ares.scenario.position import Position
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.record.journal import Exchange
from mock_ares.server.replies.library import Turn
from mock_ares.server.transport.client_socket import BARRIER

if TYPE_CHECKING:
    from mock_ares.scenario.reply_words import ReplyWords

STREAM_PATH = "/api/chat/stream"
KEY_PATHS = {"docs": "/v1/chat/stream", "server": "/api/v1/chat/stream"}
LONGEST_TEXT = 60
"""Characters of a reply's text that name it."""
OWN = Path(__file__).parent


Then = Literal["repeat", "cycle", "fail"]


class NeverAskedError(AssertionError):
    """Replies were scripted and no client asked for them."""


class NeverReleasedWarning(UserWarning):
    """A stream stood at a pause until released when its test ended."""


@dataclass(frozen=True, slots=True)
class ReplyScript:
    """Replies that are given in turn, to all requests or to those that a ``when`` is about."""

    turn: Turn
    replies: list[ScriptedReply]

    @property
    def scenario(self) -> Scenario:
        return self.turn.scenario


@dataclass(slots=True)
class Scene:
    """A token, its script and its journal."""

    server: FakeServer
    name: str
    credentials: Credentials
    scripts: list[ReplyScript] = field(default_factory=list)
    """Each with replies of its own; one at most is for every request."""

    @classmethod
    def open(cls, server: FakeServer, name: str) -> Scene:
        return cls(server, name, server.admit(name))

    def add(self, scripted: list[ScriptedReply], then: Then | None = None) -> None:
        """Replies for every request, behind those that are there."""
        replies = tuple(each.reply for each in scripted)
        script = next((script for script in self.scripts if script.scenario.when is None), None)
        if script is None:
            turn = self.server.script(self.credentials.id, *replies, then=then or "repeat", name=self.name)
            self.scripts.append(ReplyScript(turn, list(scripted)))
        elif all(each.stands_in for each in script.replies):
            script.turn.taken = 0
            script.turn.scenario = replace(script.scenario, replies=replies, then=then or script.scenario.then)
            script.replies[:] = scripted
        else:
            now = script.scenario
            script.turn.scenario = replace(now, replies=(*now.replies, *replies), then=then or now.then)
            script.replies.extend(scripted)

    def add_when(self, scenario: Scenario, scripted: list[ScriptedReply]) -> None:
        """Replies for what a scenario's ``when`` is about."""
        replies = tuple(each.reply for each in scripted)
        turn = self.server.script_when(self.credentials.id, replace(scenario, replies=replies))
        self.scripts.append(ReplyScript(turn, list(scripted)))

    def copy(self, scripts: list[ReplyScript]) -> None:
        """The same scripts, from their beginnings."""
        for script in scripts:
            if script.scenario.when is None:
                self.add(script.replies, script.scenario.then)
            else:
                self.add_when(script.scenario, script.replies)

    @property
    def scripted(self) -> list[ScriptedReply]:
        return [each for script in self.scripts for each in script.replies if not each.stands_in]

    @property
    def never_asked(self) -> list[tuple[int, ScriptedReply]]:
        """With their numbers, from 1."""
        asked = [
            n < script.turn.taken
            for script in self.scripts
            for n, each in enumerate(script.replies)
            if not each.stands_in
        ]
        pairs = zip(asked, self.scripted, strict=True)
        return [(n, each) for n, (was, each) in enumerate(pairs, 1) if not was and not each.optional]

    def requests(self) -> list[Exchange]:
        return self.server.requests(self.credentials.id)

    def release(self, scripted: ScriptedReply, every: bool) -> None:
        """Ends a pause of a reply, or all of them; of one that is in another scene, nothing."""
        for script in self.scripts:
            for number, each in enumerate(script.replies):
                if each is scripted:
                    releases = script.turn.releases(number)
                    self.server.loop.call_soon_threadsafe(partial(releases.release, every=every))

    def held(self) -> Iterator[str]:
        """Of each stream that stands at a pause until released: what it is, and what ends it."""
        if not BARRIER.available or not any(each.reply.is_held for each in self.scripted):
            return  # where no socket can be asked about, a client that has left looks like one that has said all
        for exchange in self.requests():
            if exchange.held is not None and exchange.given is not None:
                yield (
                    f"{self.name} ended while a stream stood at {_pause(exchange)} of {_said(exchange.given)}; it was "
                    "reset. reply.release() ends a pause, and a client that leaves needs none"
                )

    def close(self) -> None:
        self.server.dismiss(self.credentials.id)


class Requests(list[Exchange]):
    """Exchanges, a line each where they are printed."""

    def __repr__(self) -> str:
        rows = [list(facts(exchange)) for exchange in self]
        return "\n".join(aligned(rows)) or "no requests"


class Ares:
    """A fake ARES that is a test's own, whatever else runs beside it.

    A client that uses ``token``, or ``api_key`` on the key route, gets the replies scripted here, in turn; behind the
    last one it gets that again. Without a script it gets the server's default answer.
    """

    def __init__(self, server: FakeServer, name: str = "this test", folder: Path | None = None) -> None:
        self._server = server
        self._name = name
        self._folder = folder or Path()
        self._lock = threading.RLock()
        self._first = self._now = self._last = Scene.open(server, name)
        self._example: object = None
        self._others: list[Ares] = []

    def __repr__(self) -> str:
        return f"<ares of {self._name} at {self.url}>"

    @property
    def url(self) -> str:
        """The origin, without a path."""
        return self._server.url

    @property
    def ca(self) -> Path | None:
        """The authority that a client is to trust, where the fake speaks TLS (``Settings(tls=True)``)."""
        return self._server.ca

    @property
    def path(self) -> str:
        """Of the stream that takes a token."""
        return STREAM_PATH

    @property
    def v1_path(self) -> str:
        """Of the stream that takes an API key."""
        return KEY_PATHS[self._server.fake.profile.name]

    @property
    def token(self) -> str:
        """A JWT, for ``path``."""
        return self._scene.credentials.token

    @property
    def api_key(self) -> str:
        """Shares script and journal with the token."""
        return self._scene.credentials.api_key

    def reply(
        self,
        text: str | Text | Reply | Mapping[str, Any] | None = None,
        /,
        *,
        optional: bool = False,
        **words: Unpack[ReplyWords],
    ) -> ScriptedReply:
        """Scripts the next reply, in the words of a scenario file; or one that is made already.

        What it gives can be released, where the reply has pauses ``until: released``. A reply that is never asked for
        fails the test, unless it is ``optional``. Raises TypeError for an unknown word,
        ValueError for what is wrong with the value of one, or cannot be played.
        """
        __tracebackhide__ = True
        try:
            made = self._made(text, words)
        except (TypeError, ValueError) as error:
            raise error.with_traceback(None) from None  # the line that is wrong is the test's
        return self._add(ScriptedReply(made, optional, _place(), self._release))

    def script(self, file: str | Path | Scenario, *, optional: bool = False) -> Scenario:
        """Scripts the replies of a scenario: a file beside the test, or the name of one of the library.

        Where it has a ``when``, they are for the requests that this is about, and others are answered as without it.
        Raises FileNotFoundError, or ScenarioError for what is wrong in the file.
        """
        return self._script(file if isinstance(file, Scenario) else self._load(file), _place(), optional)

    def _add(self, scripted: ScriptedReply) -> ScriptedReply:
        with self._lock:
            self._scene.add([scripted])
        return scripted

    def _script(self, scenario: Scenario, place: str, optional: bool = False) -> Scenario:
        for reply in scenario.replies:
            self._check(reply)
        scripted = [
            ScriptedReply(_seeded(reply, scenario.seed), optional, place, self._release) for reply in scenario.replies
        ]
        with self._lock:
            if scenario.when is None:
                self._scene.add(scripted, scenario.then)
            else:
                self._scene.add_when(scenario, scripted)
        return scenario

    @property
    def replies(self) -> list[ScriptedReply]:
        """What is scripted, in its order; those of a file are released by way of this."""
        return self._scene.scripted

    @property
    def requests(self) -> Requests:
        """What the client has asked for and what became of it, oldest first; in an example, the example's."""
        return Requests(self._scene.requests())

    def fresh(self) -> Ares:
        """Another one beside this: for a second user in the same test. Checked at the test's end as this one is."""
        other = Ares(self._server, f"{self._name} ({len(self._others) + 2})", self._folder)
        self._others.append(other)
        return other

    # Called by the fixture

    def finish(self, *, passed: bool) -> None:
        """The test has ended. Raises NeverAskedError for replies that nobody asked for, if it has passed."""
        everyone = [self, *self._others]
        unasked = [ares._now for ares in everyone if ares._now.never_asked and not ares._played_examples]
        held = [line for ares in everyone for line in ares._now.held()] if passed else []
        for ares in everyone:
            ares._now.close()
        for line in held:
            warnings.warn(line, NeverReleasedWarning, stacklevel=2)
        if passed and unasked:
            raise NeverAskedError("\n".join(_told(scene) for scene in unasked))

    def told(self) -> list[str]:
        """The requests of the test, a line each: of its last example, if it had any."""
        everyone = (self, *self._others)
        return aligned([list(facts(each, ares._answered(each))) for ares in everyone for each in ares._last.requests()])

    def _answered(self, exchange: Exchange) -> str:
        """What answered a request, as its line says it."""
        return answered(exchange)

    # Scenes

    @property
    def _scene(self) -> Scene:
        """This example's; outside of examples, and in threads that Hypothesis does not know of, the one that is on."""
        example = _current_example()
        if example is not None and example is not self._example:
            self._begin(example)
        return self._now

    @property
    def _played_examples(self) -> bool:
        return self._last is not self._first

    def _begin(self, example: Any) -> None:
        from hypothesis.control import cleanup

        with self._lock:
            self._example = example
            scene = Scene.open(self._server, f"an example of {self._name}")
            scene.copy(self._first.scripts)
            self._server.fake.tenants.share(self._first.credentials.id, scene.credentials.id)
            self._now = self._last = scene
        cleanup(partial(self._end, scene))

    def _end(self, scene: Scene) -> None:
        __tracebackhide__ = True
        failed = sys.exc_info()[0] is not None  # or rejected by assume()
        with self._lock:
            self._server.fake.tenants.share(self._first.credentials.id, None)
            self._now = self._first
        unasked = bool(scene.never_asked)
        scene.close()
        if unasked and not failed:
            raise NeverAskedError(_told(scene))

    # Scripts

    def _release(self, scripted: ScriptedReply, every: bool) -> None:
        self._scene.release(scripted, every)

    def _made(self, text: Any, words: ReplyWords) -> Reply:
        from mock_ares.authoring.calls import reply

        made = text if isinstance(text, Reply) and not words else reply(text, **words)
        self._check(made)
        return made

    def _load(self, file: str | Path) -> Scenario:
        for path in (self._folder / file, Path(file)):
            if path.is_file():
                from mock_ares.authoring.load import load

                return load(path)
        from mock_ares.authoring.shipped import library

        if (scenario := library().get(str(file))) is not None:
            return scenario
        hint = nearest(str(file), library(), tell_all=False)
        where = f"neither in {self._folder.resolve()} nor in {Path().resolve()}, and no scenario of the library"
        raise FileNotFoundError(f"there is no scenario file {str(file)!r}: {where}{hint}")

    def _check(self, reply: Reply) -> None:
        """Raises ValueError for what the server would find out too late to tell the test."""
        from mock_ares.ares.errors import lookup
        from mock_ares.authoring.dry_run import rehearse

        fake = self._server.fake
        if reply.error is not None:
            try:
                lookup(fake.profile, reply.error)
            except LookupError as error:
                raise ValueError(f"error: {error.args[0]}") from None
        if reply.speaks and reply.dialect is None:
            spoken: Any = fake.settings.dialect or fake.profile.default_dialect
            reply = replace(reply, dialect=spoken)
        if mistakes := rehearse(reply):
            raise ValueError("\n".join(placed(dotted(place), message) for place, message in mistakes))


def _current_example() -> object:
    """Hypothesis's context of the example that this thread runs; None where there is none."""
    control = sys.modules.get("hypothesis.control")
    return control.current_build_context() if control and control.currently_in_test_context() else None


def _seeded(reply: Reply, seed: int) -> Reply:
    return replace(reply, seed=seed) if reply.speaks and reply.seed is None else reply


def _place() -> str:
    """The line that called into this module: ``test_chat.py:12``."""
    frame = sys._getframe(1)
    while frame.f_back is not None and Path(frame.f_code.co_filename).parent == OWN:
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"


def _told(scene: Scene) -> str:
    unasked, requests = scene.never_asked, len(scene.requests())
    came = {0: "no request", 1: "1 request"}.get(requests, f"{requests} requests")
    replies = "1 scripted reply was" if len(unasked) == 1 else f"{len(unasked)} scripted replies were"
    lines = [f"{replies} never asked for in {scene.name}; {came} came:"]
    for number, each in unasked:
        lines.append(f"  reply {number} of {len(scene.scripted)}, {each.place}: {_named(each.reply)}")
    return "\n".join([*lines, "If it need not be asked for, say so: ares.reply(..., optional=True)"])


def _named(reply: Reply) -> str:
    faults = ", ".join(fault.name for fault in reply.faults)
    return f"{_said(reply)} with {faults}" if faults else _said(reply)


def _said(reply: Reply) -> str:
    if reply.error is not None:
        return f"error {reply.error}"
    if reply.redirect is not None:
        return f"redirect to {reply.redirect.to}"
    text = "".join(reply.chunks) if isinstance(reply.chunks, tuple) else reply.text
    if text is None:
        return f"status {reply.status or 200}"
    shown = repr(text)
    return shown if len(shown) <= LONGEST_TEXT else f"{shown[: LONGEST_TEXT - 1]}…"


def aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(f"{fact:<{wide}}" for fact, wide in zip(row, widths, strict=True) if wide).rstrip() for row in rows
    ]


def answered(exchange: Exchange) -> str:
    return "" if exchange.reply is None else f"reply {exchange.reply + 1} of {exchange.scenario}"


def facts(exchange: Exchange, by: str | None = None) -> Iterator[str]:
    """As many for each exchange; empty what does not apply. ``by``: what answered it, where that is put otherwise."""
    yield f"{exchange.method} {exchange.path}"
    yield "" if exchange.message is None else f"message {exchange.message[:LONGEST_TEXT]!r}"
    yield f"credentials {exchange.credentials}"
    yield answered(exchange) if by is None else by
    yield f"status {exchange.status or 'none'}"
    yield f"{exchange.bytes} bytes"
    yield exchange.ending if exchange.held is None else f"held at {_where(exchange)}, never released"
    yield exchange.reason


def _pauses(exchange: Exchange) -> list[Pause]:
    """Those until released."""
    return [pause for pause in exchange.given.pace.pauses if pause.until is not None] if exchange.given else []


def _pause(exchange: Exchange) -> str:
    """Where a stream stands: ``pause 1 of 2 until released``."""
    return f"pause {exchange.held} of {len(_pauses(exchange))} until released"


def _where(exchange: Exchange) -> str:
    """The same for a line: ``'Neural networks'`` or ``chunk 3``, where there is one; ``pause 1 of 2`` of several."""
    pauses = _pauses(exchange)
    if len(pauses) != 1:
        return f"pause {exchange.held} of {len(pauses)}"
    at = Position.of(pauses[0].at)
    return str(at) if at.text is None else repr(at.text)
