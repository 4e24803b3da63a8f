"""The words of the harness: a case, what a client made of it, and what is said of that.

A *client* is pointed at a *target* and leaves an *observation*; a *case* says what the target's stream is; judging the
observation against the case's expectation gives a *verdict*. A *check* is a hazard with the cases that show it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:  # these words are known to the process of a client, too, which starts for each example perhaps
    from mock_ares.dialects import DialectName
    from mock_ares.expectation import Outcome
    from mock_ares.scenario.model import BadTls, Reply

Tier = Literal["documented", "standard", "defensive"]
Verdict = Literal["passed", "failed", "skipped", "errored", "informational"]
OF_SERVERS: dict[Verdict, str] = {
    "passed": "same",
    "failed": "differs",
    "informational": "unanswered",
    "skipped": "unasked",
}
"""What verdicts are called where a server was asked."""
FailureKind = Literal[
    "lost",
    "altered",
    "added",
    "silent-truncation",
    "error-as-answer",
    "raised-on-good-stream",
    "hung",
    "slow",
    "reposted",
    "early-retry",
    "buffered",
    "kept-open",
    "queued",
    "bad-request",
    "unexplained",
    "leaked-credentials",
    "unsteady",
    "executed",
    "unmarked",
    "frozen",
]
Boundaries = Literal["exact", "best-effort"]

NEWEST = "newest"
"""The edition of a run that asks for none: all that there is."""
NO_EXCHANGE = "there was no exchange"
REFUSED = "the request was refused"
UNDUE = "with an answer that nobody may ask for there"
STREAM_PATH = "/api/chat/stream"
KEY_PATH = "/v1/chat/stream"
CAPABILITIES = frozenset(
    {"incremental", "retry", "cancel", "abort", "concurrent", "v1", "redirects", "gzip", "timeout"}
)
"""Those that users declare."""
OF_PAGES = frozenset({"page", "new-chat", "stop"})
"""Those that a whole page has by what it is, and by the selectors that are given."""

CANARY = "mock_ares_canary"
"""A global name that text sets where it is run, and a part of the addresses that stand in it."""


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """A check that a client is expected to fail."""

    why: str
    sometimes: bool = False
    """It comes and goes: to pass is no failure."""
    place: str = field(default="", compare=False)
    """The file that says so, and the line where that is known: ``known.toml:3``."""


@dataclass(frozen=True, slots=True)
class Edition:
    """The contract as it was; ``checks.editions`` reads and makes them."""

    name: str
    checks: Mapping[str, frozenset[str]]
    """Sums of fixed examples, by check."""


@dataclass(frozen=True, slots=True)
class Case:
    """One example of a check: the replies a client gets in turn, and what is asked of it."""

    replies: tuple[Reply, ...]
    """The last one repeats."""
    message: str = "Explain how neural networks learn"
    path: str = STREAM_PATH
    outcome: Outcome | None = None
    """In place of the plan's own outcome, where a check allows more (``either``) than the bytes say."""
    judged: int = -1
    """Which reply the observation is judged against; -1: the last that was asked for."""
    cancel_after: int | None = None
    """The caller stops after so many characters have been shown."""
    cancel_in: float | None = None
    """The caller stops after so many seconds, whatever has been shown."""
    questions: int = 1
    """The client is asked so many times, and judged by the last answer."""
    at_once: bool = False
    """It is asked two questions at once; the second is judged, and the first for text that is not its own."""
    withhold: bool = False
    """Each piece is sent only when the client has shown the one before (``incremental``)."""
    refused: bool = False
    """It is pointed at a port that refuses connections."""
    new_chat: bool = False
    """Between two questions at once another chat is begun."""
    bad_tls: BadTls | None = None
    """It is pointed at a listener that it must refuse, for its certificate or how it speaks TLS."""


@dataclass(slots=True)
class Over:
    """The end of an example by the fake: no answer comes any more, and a client has a moment to come to its own."""

    at: float | None = None
    """On the monotonic clock; None: it goes on."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a client is pointed for one example."""

    url: str
    """Origin, without a path."""
    path: str
    token: str
    """What goes behind ``Bearer``: a JWT, or an API key on the key route."""
    message: str
    deadline: float
    """Seconds after which the fake ends the connections and the client is given up."""
    cancel_after: int | None = None
    api_key: str = ""
    """The key that goes with the token, for clients that are called in process."""
    cancel_in: float | None = None
    """Seconds after which the caller stops, whatever has been shown."""
    over: Over = field(default_factory=lambda: Over())
    """When the fake ended the example, which may be long before the deadline."""
    new_chat: bool = False
    """Another chat is begun before it is asked."""
    asked: Callable[[], Sequence[Any]] = tuple
    """What the fake has been asked by now, each a ``result.RecordedRequest``."""
    release: Callable[[Sequence[Any] | None], object] = lambda _: None
    """Ends the pauses until released of some of that; given None of all, and of what will be asked."""
    ca: str | None = None
    """The file of the authority to trust, where ``url`` is https and clients may not know it."""
    http_version: str = "1.1"
    """What is spoken there; 2 in clear text takes prior knowledge."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a client made of a case. Exactly one of ``text`` and ``error`` is set."""

    text: str | None
    """What it returned as the reply."""
    error: str | None
    """How it reported failure: an exception's type and message, an exit status with the end of stderr."""
    shown: tuple[str, ...] = ()
    """The pieces it showed, in order, those since the last ``restart`` only."""
    timed_out: bool = False
    """It said nothing until the deadline, and was given up."""
    cancelled: bool = False
    """The caller stopped it, as the case asked."""
    duration: float = 0.0
    """Seconds."""
    page: tuple[tuple[str, str], ...] = ()
    """What there is to say of a whole page beside: what and which, in this order."""

    def noted(self, what: str) -> tuple[str, ...]:
        """What there is to say of that."""
        return tuple(which for name, which in self.page if name == what)

    @property
    def shown_text(self) -> str:
        return "".join(self.shown)


class Client(Protocol):
    """What is under test, behind an adapter. One example at a time."""

    name: str
    boundaries: Boundaries
    """best-effort: it re-cuts what it reads (browsers, pipes), so promised read boundaries cannot be vouched for."""
    capabilities: frozenset[str]
    """Declared by its user; ``timeout=SECONDS`` is ``timeout`` here, and the seconds in ``timeout``."""
    timeout: float | None
    in_process: bool
    """It is called in this process."""
    slowest_start: float
    """Seconds, at most, that it has taken by now until its first request came."""

    def start(self) -> None:
        """Raises UsageError where it cannot be: no such command, no such function, a driver that does not speak."""

    def observe(self, target: Target, shown: Any = None) -> Observation:
        """Runs one example to its end, or to the deadline. Never raises for what the client does.

        ``shown(text)`` is called, from any thread, as pieces come in.
        """

    def observe_together(self, targets: Sequence[Target]) -> list[Observation]:
        """The same for several at once."""

    def another(self) -> Client | None:
        """A second instance, that shares nothing with this one; None: there can be none."""

    def close(self) -> None:
        """Ends processes and threads."""


class UsageError(Exception):
    """Something the caller has to put right; exit status 2."""


class HarnessError(Exception):
    """The harness itself has erred: never the client's fault; exit status 3."""


@dataclass(frozen=True, slots=True)
class LibraryFlaw:
    """A flaw of an HTTP library that no client built on it can mend."""

    agent: str
    """A pattern of the User-Agent's value."""
    said: str


@dataclass(frozen=True, slots=True)
class CheckInfo:
    """A row of ``contracts/checks.yaml``."""

    id: str
    title: str
    clause: str
    tier: Tier
    advice: str
    """What to do about a failure."""
    capability: str | None = None
    dialects: tuple[DialectName, ...] = ()
    """Those in which its condition can be shown."""
    flaws: tuple[LibraryFlaw, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A counterexample, as small as it could be made."""

    case: Case
    expected: str
    """What a correct client does, in a sentence."""
    expected_text: str
    observation: Observation
    word: FailureKind
    diagnosis: str
    """One sentence: what goes wrong, and why, where that can be told."""
    cause: str = ""
    """What failures of the same cause have in common: the sentence, or what it takes where that does not say why."""
    causes: tuple[str, ...] = ()
    """All the sentences that explain a wrong text, the likeliest first; the last says only where the texts part."""
    traits: tuple[str, ...] = ()
    """What is unusual about its stream."""
    needs: tuple[str, ...] = ()
    """What the stream has that it takes to fail: without any one of these the client is right."""
    reads: tuple[bytes, ...] = ()
    """The payload as the client read it, where boundaries are promised."""
    ending: str = ""
    """How the connection ended; ``NO_EXCHANGE``: there was none; ``UNDUE``: there should have been none; ``REFUSED``:
    for what was asked, so that nothing of the example was given.
    """
    request: dict[str, Any] | None = None
    """The journal's record of the request, redacted."""
    picture: str = ""
    """The page as it was then: JPEG, in Base64; empty: the client is none."""

    @property
    def size(self) -> tuple[int, int, int]:
        """How much there is to look at."""
        return sum(map(len, self.reads)) or len(self.expected_text), len(self.reads), len(repr(self.case))


@dataclass(frozen=True, slots=True)
class Difference:
    """What a server answers otherwise than it should, where a client has a failure."""

    word: str
    """What of the answer it is about: its status, ..."""
    diagnosis: str
    expected: str
    exchange: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """What was asked and what came, each as a label and lines."""
    traits: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    size: tuple[int, int, int] = (0, 0, 0)
    request: None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    info: CheckInfo
    verdict: Verdict
    examples: int = 0
    failure: Failure | None = None
    reason: str = ""
    """Why it was skipped, errored, or is informational, as a check that is expected to fail and does; the reservation
    about one that has passed.
    """
    unasked: bool = False
    """It was skipped with others for one reason: there is nothing more to be found out, or they are about another
    transport."""
    replay: str | None = None
    """Path of the saved case."""
    duration: float = 0.0
    difference: Difference | None = None
    """A server's, where a client has a failure."""
    of_server: bool = False

    @property
    def finding(self) -> Failure | Difference | None:
        """What there is to tell."""
        return self.failure or self.difference

    @property
    def verdict_name(self) -> str:
        return OF_SERVERS.get(self.verdict, self.verdict) if self.of_server else self.verdict

    @property
    def outcome(self) -> str:
        return self.finding.word if self.finding else "none"


@dataclass(frozen=True, slots=True)
class ClientReport:
    name: str
    boundaries: Boundaries | None
    """None: it is a server."""
    checks: tuple[CheckResult, ...]


@dataclass(frozen=True, slots=True)
class Report:
    version: str
    seed: int | None
    """None: nothing in it is random."""
    clients: tuple[ClientReport, ...]
    hindrance: str | None = None
    """Why it cannot be known here what any client has read; None: it can."""
    subject: Literal["clients", "servers"] = "clients"
    """What has been checked."""
    notes: tuple[str, ...] = ()
    """What is to be known of the whole run."""
    edition: str = NEWEST
    """Of the contract."""
