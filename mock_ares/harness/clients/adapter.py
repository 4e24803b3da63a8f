"""What all adapters share: how a client is declared, and how an exception is put into words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from mock_ares.harness.model import CAPABILITIES, Boundaries, Case, Client, Observation, Target, UsageError
from mock_ares.scenario.diagnostics import nearest

Shown = Callable[[str], object]
LONGEST_ERROR = 2000
"""Characters."""


class Adapter(ABC):
    """A ``Client``; also a context manager that starts and closes it."""

    in_process: bool = False
    """It is called in this process, so this process can be forked for it."""
    abreast: bool = False
    """A second instance may be asked at the same time: it has processes of its own, and that is quicker."""
    spawns: bool = False
    """A process, or a page, for each example: most of its time is their start."""
    restarts: bool = True
    """A retry after some text was shown can be told from that text; what stands on a terminal or page cannot."""
    is_browser: bool = False
    """It runs in a browser, which speaks HTTP/2 over TLS alone."""
    releases: bool = False
    """Of two questions at once it ends the pauses until released itself, when the other is under way."""
    port: int | None = None
    """Where it looks for its server, with credentials of its own; None: it asks where it is pointed."""

    def __init__(
        self,
        name: str,
        capabilities: str | Iterable[str] = (),
        timeout: float | None = None,
        boundaries: Boundaries = "exact",
    ) -> None:
        self.name = name
        self.boundaries: Boundaries = boundaries
        self.slowest_start = 0.0
        self.capabilities, self.timeout = declared(capabilities, timeout)

    @abstractmethod
    def start(self) -> None:
        """Raises UsageError where the client cannot be run. Calling it again changes nothing."""

    @abstractmethod
    def observe(self, target: Target, shown: Shown | None = None) -> Observation:
        """Runs one example to its end, or to the deadline. Never raises for what the client does.

        ``shown(text)`` is called as pieces come in, from any thread, one at a time.
        """

    def observe_together(self, targets: Sequence[Target]) -> list[Observation]:
        """The same for several at once, each by an instance of its own where nothing else can be; else in turn."""
        first, *others = targets
        instances = [other for _ in others if (other := self.another())]
        if len(instances) < len(others):
            return [self.observe(target) for target in targets]
        with ThreadPoolExecutor(len(others)) as pool:
            beside = [pool.submit(other.observe, target) for other, target in zip(instances, others, strict=True)]
            return [self.observe(first), *(each.result() for each in beside)]

    @abstractmethod
    def close(self) -> None:
        """Ends processes and threads. Another example starts them again."""

    def prepare(self) -> None:  # noqa: B027  # most have nothing to get ready
        """Another example comes: what it takes to get ready is none of its time. Raises UsageError, HarnessError."""

    def find(self, url: str) -> None:  # noqa: B027  # most are told with each example
        """The fake's origin, where it will be asked at ``port``."""

    def refuses(self, case: Case) -> str | None:
        """Why it cannot be asked that; None: it can."""
        codes = {getattr(fault, "code", "") for reply in case.replies for fault in reply.faults}
        if self.is_browser and "HTTP_1_1_REQUIRED" in codes:
            return "a browser that is told so asks by HTTP/1.1 from then on, whatever it is asked next"
        return None

    def picture(self) -> str:
        """What it looks like at the end of an example: JPEG in Base64; empty where it looks like nothing."""
        return ""

    def another(self) -> Client | None:
        """A second instance, that shares nothing with this one; None: there can be none."""
        return None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def declared(capabilities: str | Iterable[str], timeout: float | None = None) -> tuple[frozenset[str], float | None]:
    """Capabilities and the time-out's seconds, from words such as ``incremental`` and ``timeout=5``.

    One text may hold several, with commas between them. Raises UsageError for a word that is none.
    """
    words = capabilities.split(",") if isinstance(capabilities, str) else capabilities
    names = set()
    for word in filter(None, (word.strip() for word in words)):
        name, equals, seconds = word.partition("=")
        if name not in CAPABILITIES or (equals and name != "timeout"):
            raise UsageError(f"unknown capability {word!r}{nearest(name, CAPABILITIES)}")
        if equals:
            timeout = _seconds(seconds)
        names.add(name)
    if "timeout" in names and timeout is None:
        raise UsageError("the capability timeout needs its seconds: timeout=5")
    if timeout is not None:
        names.add("timeout")
    return frozenset(names), timeout


def _seconds(word: str) -> float:
    try:
        seconds = float(word)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"timeout={word}: expected seconds, such as timeout=5")
    return seconds


def described(error: BaseException) -> str:
    """An exception's type and message, as far as they can be had."""
    kind = type(error)
    home = "" if kind.__module__ in ("builtins", "__main__") else f"{kind.__module__}."
    name = home + kind.__qualname__
    try:
        message = str(error)
    except Exception as failure:
        message = f"(str() of it raises {type(failure).__name__})"
    return bounded(f"{name}: {message}" if message else name)


def bounded(text: str) -> str:
    """The beginning of a long text."""
    return text if len(text) <= LONGEST_ERROR else f"{text[:LONGEST_ERROR]}... ({len(text)} characters)"
