"""What one fake has: its settings, and everything that changes while it runs."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, Literal

from mock_ares.ares.credentials import Keyring
from mock_ares.ares.profiles import PROFILES, Profile
from mock_ares.ares.rate_limit import AddressLimit, RateLimit
from mock_ares.plan.model import StreamPlan
from mock_ares.scenario.catalogue import Entry
from mock_ares.scenario.model import DialectName, Scenario
from mock_ares.server.certificates.identity import Certificate
from mock_ares.server.record.internal_errors import Failures
from mock_ares.server.record.isolation import Isolation
from mock_ares.server.record.journal import Exchange, Journal
from mock_ares.server.record.observers import Observer
from mock_ares.server.replies.cors import Cors
from mock_ares.server.replies.executor import Executor
from mock_ares.server.replies.library import Library, Turn
from mock_ares.server.replies.lookup import Facts, applies
from mock_ares.server.replies.overrides import Overrides
from mock_ares.server.replies.plan_cache import PlanCache
from mock_ares.server.timing.deadlines import Deadlines
from mock_ares.server.timing.playback_clock import PlaybackClock
from mock_ares.server.transport.client_socket import BARRIER
from mock_ares.server.transport.read_barrier import pauses
from mock_ares.server.transport.wire import Wire

if TYPE_CHECKING:
    from mock_ares.ares.memory.store import Store, Stores

MOST_TICKETS = 1000
MOST_HANDSHAKES = 100
LOOKS = 16
"""Rounds of the event loop from the end of a connection to the journal, with some to spare."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a fake is set up."""

    profile: str = "docs"
    """Whose behaviour: ``docs``, ARES's pages, or ``server``, its source."""
    scenario: str | None = None
    """The scenario that answers where none is asked for and none applies; by default the built-in one."""
    awaited: bool = False
    """The file of that scenario has mistakes: it answers once they are mended, until then the built-in one does."""
    dialect: DialectName | None = None
    """How chunks become events; None: the profile's way."""
    speed: float = 1.0
    """2 is twice as fast, infinity (``--instant``) does not wait at all."""
    origins: tuple[str, ...] | None = None
    """For CORS; None: loopback origins and ``null``."""
    rate_limit: tuple[int, float] | None = None
    """So many requests in so many seconds, for each token."""
    quota: tuple[int, float] | None = None
    """The same over a longer time, which says that it is used up."""
    address_limit: tuple[int, float] | None = None
    """So many requests at once for each address, whatever they ask for, and then one each so many seconds."""
    secret: bytes | None = None
    """Signs tokens; None: one that everybody knows."""
    journal: int = 1000
    """How many exchanges are remembered."""
    latency: float = 0.0
    """Seconds that every answer is late, at any speed."""
    exposed: bool = False
    """It listens beyond loopback: the control API then wants its token."""
    replica: bool = False
    """It is one of several that share no state: what would need some is not there."""
    control_token: str | None = None
    """What callers of the control API must show; None: nothing, and beyond loopback nobody may call it."""
    tls: bool | Certificate = False
    """https: by an authority that is made once and kept, or with files of one's own."""
    http: Literal["1.1", "2", "both"] = "both"
    """Which versions are spoken: over TLS ALPN chooses, in clear text a client's first bytes do (prior knowledge)."""
    http2_streams: int = 128
    """How many streams a client may have open at once on one connection."""
    http2_window: int = 1024 * 1024
    """Bytes of a request's body that a client may send before they are read, once it has heard of it: until then the
    usual 65,535. With 0 it waits for leave that never comes."""

    def __post_init__(self) -> None:
        """Raises ValueError for moments that never come."""
        for name, value in (("speed", self.speed), ("latency", self.latency)):
            if not value >= 0.0:
                raise ValueError(f"{name}: expected a number from 0, not {value!r}")
        for name, size in (("http2_streams", self.http2_streams), ("http2_window", self.http2_window)):
            if not 0 <= size < 2**31:
                raise ValueError(f"{name}: expected a whole number from 0 to 2147483647, not {size!r}")


@dataclass(slots=True)
class FakeState:
    """A running fake. Everything in it belongs to the event loop that serves it."""

    settings: Settings
    library: Library
    keyring: Keyring
    profile: Profile
    cors: Cors
    journal: Journal
    rate_limit: RateLimit | None
    quota: RateLimit | None
    address_limit: AddressLimit | None
    plans: PlanCache = field(default_factory=PlanCache)
    executor: Executor = field(default_factory=Executor)
    """Does what would keep the event loop for long."""
    scripts: dict[str, Turn] = field(default_factory=dict)
    """The replies of a token's own, by its id."""
    conditional: dict[str, list[Turn]] = field(default_factory=dict)
    """Those that a token gets before these, as far as the scenario's ``when`` holds; the first that fits answers."""
    tenants: Isolation = field(default_factory=Isolation)
    """The tests that share it; without any, every token is by itself."""
    tickets: OrderedDict[str, tuple[str, Turn]] = field(default_factory=OrderedDict)
    """Where a redirect to another host name leads: the owner and the turn that goes on there."""
    tempo: PlaybackClock = field(default_factory=PlaybackClock)
    latency: float = 0.0
    """Seconds that every answer is late, at any speed."""
    clock: Deadlines = field(default_factory=Deadlines)
    on_answer: Callable[[Exchange, StreamPlan, Wire], object] | None = None
    """Told what is about to be played for a request, and on what; in the event loop."""
    dialect: DialectName | None = None
    """How chunks become events; None: the profile's way."""
    steering: Overrides = field(default_factory=Overrides)
    watchers: list[Observer] = field(default_factory=list)
    failures: Failures = field(default_factory=Failures)
    ca: Path | None = None
    """The authority that clients are to trust; None: there is no TLS, or they know it."""
    handshakes: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_HANDSHAKES))
    """Why the last clients were sent away that had not come so far as to ask."""
    on_stranger: Callable[[str], object] | None = None
    """Is given that in their place."""
    refresh: Callable[[], Awaitable[None]] | None = None
    """Awaited before a request is answered: what was saved meanwhile is served."""
    control: Any = None
    """Its ``control.context.Control``, once it has one."""
    control_app: Any = None
    """What answers below ``/_mock``, once somebody has asked."""
    _open: dict[str, set[Wire]] = field(default_factory=dict)
    _stores: Stores | None = None

    @classmethod
    def make(cls, settings: Settings = Settings(), scenarios: Iterable[Scenario | Entry] = ()) -> FakeState:
        """Raises KeyError for an unknown profile, LookupError for an unknown default scenario, SwitchError for a read
        barrier that cannot be as the environment asks for."""
        BARRIER.require()
        profile = PROFILES[settings.profile]
        library = Library(scenarios)
        if settings.scenario is not None:
            library.answer_by_default(settings.scenario if settings.awaited else library.named(settings.scenario).name)
        return cls(
            settings=settings,
            tempo=PlaybackClock(settings.speed),
            dialect=settings.dialect,
            latency=settings.latency,
            library=library,
            keyring=Keyring(profile=profile) if settings.secret is None else Keyring(settings.secret, profile),
            profile=profile,
            cors=Cors() if settings.origins is None else Cors(settings.origins),
            journal=Journal(settings.journal),
            rate_limit=RateLimit(*settings.rate_limit, profile) if settings.rate_limit else None,
            quota=RateLimit(*settings.quota, profile, quota=True) if settings.quota else None,
            address_limit=AddressLimit(*settings.address_limit, profile) if settings.address_limit else None,
        )

    @property
    def speed(self) -> float:
        """Holds for streams that are running, too. Changed in the loop that serves, or while nothing streams."""
        return self.tempo.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self.tempo.change(speed)

    def change_profile(self, name: str) -> None:
        """For requests that come from now on. Raises KeyError."""
        self.profile = self.keyring.profile = PROFILES[name]
        for limit in self.limits:
            limit.profile = self.profile

    @property
    def limits(self) -> Iterator[RateLimit | AddressLimit]:
        """Those that count."""
        return (limit for limit in (self.rate_limit, self.quota, self.address_limit) if limit is not None)

    def own(self, owner: str, facts: Facts) -> Turn | None:
        """The turn of a token's own that answers such a request; None: the library does."""
        for turn in self.conditional.get(owner, ()):
            if turn.scenario.when is None or applies(turn.scenario.when, facts):
                return turn
        last = self.scripts.get(owner)
        fits = last is not None and (last.scenario.when is None or applies(last.scenario.when, facts))
        return last if fits else None

    def store(self, owner: str) -> Store:
        """The users, conversations and the like that an owner's requests find."""
        return self.stores.of(self.tenants.store(owner))

    @property
    def stores(self) -> Stores:
        """All of them; made when first asked for."""
        if self._stores is None:
            from mock_ares.ares.memory.store import Stores

            self._stores = Stores()
        return self._stores

    def forget(self, tenant: str) -> None:
        """Drops a tenant's store, if it has one. From any thread."""
        if self._stores is not None:
            self._stores.forget(tenant)

    def clear_stores(self) -> None:
        """Nobody has registered, nothing was said."""
        if self._stores is not None:
            self._stores.clear()

    def ticket(self, owner: str, turn: Turn) -> str:
        """A path's last part at which the turn goes on without credentials."""
        ticket = token_urlsafe(12)
        self.tickets[ticket] = (owner, turn)
        if len(self.tickets) > MOST_TICKETS:
            self.tickets.popitem(last=False)
        return ticket

    def close(self) -> None:
        """Gives back what the system lent: processes, timers. When nothing is served any more."""
        self.clock.close()
        self.executor.close()
        if self.control is not None:
            self.control.close()

    def enter(self, owner: str, wire: Wire) -> None:
        """``end`` finds the connection from now on."""
        self._open.setdefault(owner, set()).add(wire)

    def leave(self, owner: str, wire: Wire) -> None:
        wires = self._open.get(owner, set())
        wires.discard(wire)
        if not wires:
            self._open.pop(owner, None)

    def end(self, owner: str) -> int:
        """Resets every open connection of a token; says how many there were."""
        wires = list(self._open.get(owner, ()))
        for wire in wires:
            wire.reset()
        return len(wires)

    def end_all(self) -> int:
        """Resets every open connection; says how many there were."""
        return sum(map(self.end, list(self._open)))

    async def settled(self, owner: str | None = None, patience: float = 1.0) -> None:
        """Until the journal has the endings that a client knows already, of a token's exchanges or of all.

        What has been said to its last byte is waited for, so many seconds at most; those in which a busy machine let
        nothing run do not count. Of a client that left the loop learns when it looks at the sockets again, which it
        does some times over.
        """
        waited = 0.0
        for looks, pause in enumerate(pauses(LOOKS, 0.001, 0.01)):
            if looks >= LOOKS and (not self._any_ending(owner) or waited > patience):
                return
            await asyncio.sleep(pause)
            waited += pause

    def _any_ending(self, owner: str | None) -> bool:
        owners = list(self._open) if owner is None else [owner]
        return any(wire.ending for each in owners for wire in self._open.get(each, ()))

    @property
    def open_streams(self) -> int:
        return sum(map(len, self._open.values()))
