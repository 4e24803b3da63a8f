"""The contract for people who write tests: a class to subclass, or a decorator, and what they may declare.

    class TestMyClient(ClientContract):
        capabilities = {"incremental"}
        def stream_chat(self, ares, message):
            return my_client(ares.url, ares.token, message)

pytest makes a test of every check, for each subclass anew; see ``harness.plugin.collect``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, TypeVar, get_args, overload

from mock_ares.dialects import STANDARD, DialectName
from mock_ares.harness.clients.adapter import declared
from mock_ares.harness.model import KEY_PATH, STREAM_PATH, KnownFailure, Tier, UsageError
from mock_ares.harness.run.baseline import known_failures
from mock_ares.harness.settings import Transport, transport_named
from mock_ares.scenario.diagnostics import nearest

CONTRACT = "ares_contract"
"""The attribute of a decorated function that holds its contract."""
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a client is to ask: what ``stream_chat`` gets as ``ares``. It is good for one call."""

    url: str
    """The origin, without a path."""
    token: str
    """For ``path``: a JWT, or the API key where that is the key route."""
    api_key: str
    path: str = STREAM_PATH
    v1_path: str = KEY_PATH
    ca: str | None = None
    """The file of the authority to trust, where the fake speaks TLS (``Settings(tls=True)``)."""
    http_version: str = "1.1"
    """What is spoken there; 2 in clear text takes prior knowledge."""


class ClientContract:
    """The whole contract, a test per check. Subclasses define ``stream_chat``; pytest collects them by name."""

    capabilities: ClassVar[Collection[str]] = ()
    """incremental, retry, cancel, abort, concurrent, v1, redirects, gzip, timeout=SECONDS. A check that needs another
    one is skipped. abort and concurrent are known of an asynchronous function, concurrent of a generator.
    """
    expected_failures: ClassVar[Mapping[str, Any]] = {}
    """Checks that fail, by id, and why, or ``{"why": ..., "sometimes": True}``. One that passes all the same
    fails its test, unless it is said to come and go.
    """
    dialect: ClassVar[DialectName] = STANDARD
    """The one that the client speaks: text, lines, delta or typed."""
    tier: ClassVar[Tier | None] = None
    """Only the checks of this tier: documented, standard or defensive."""
    examples: ClassVar[int | None] = None
    """Generated ones for each check, at most, behind its fixed ones; by default 60."""
    strict: ClassVar[bool] = False
    """A defensive check that fails is a failure; otherwise it is reported and fails nothing."""
    regressions: ClassVar[Collection[str]] = ()
    """Saved counterexamples that must pass: files beside the test, ``*`` and ``?`` allowed. A test for each."""
    transports: ClassVar[Collection[str]] = ()
    """Each test once over each of these: http/1.1, http/1.1+tls, http/2, http/2+tls. None: over what ``ares_settings``
    says.
    """

    def stream_chat(self, ares: Any, message: str) -> Any:
        """Asks the server at ``ares`` (an ``Endpoint``) with the client under test.

        Returns the reply's text, an iterable or async iterable of its pieces, or an awaitable of either; raises to
        report failure. May be async.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Terms:
    """What a contract declares, checked."""

    capabilities: tuple[str, ...]
    expected_failures: Mapping[str, KnownFailure]
    dialect: DialectName
    tier: Tier | None
    examples: int | None
    strict: bool
    regressions: tuple[Path, ...]
    transports: tuple[Transport, ...]


def terms_of(contract: type[ClientContract], folder: Path) -> Terms:
    """What the subclass declares; ``folder`` is where its files are. Raises UsageError for what is wrong in it."""
    words = _words(contract.capabilities)
    declared(words)
    return Terms(
        words,
        known_failures(contract.expected_failures, "expected_failures"),
        _one_of("dialect", contract.dialect, get_args(DialectName)),
        None if contract.tier is None else _one_of("tier", contract.tier, get_args(Tier)),
        _count(contract.examples),
        bool(contract.strict),
        tuple(_files(contract.regressions, folder)),
        tuple(transport_named(name, "transports") for name in _words(contract.transports)),
    )


def check_stream_chat(contract: type[ClientContract]) -> None:
    """Raises UsageError for a contract that has none, or one that cannot be called."""
    stream_chat = contract.stream_chat
    if stream_chat is ClientContract.stream_chat:
        raise UsageError(
            "it has no stream_chat. Define stream_chat(self, ares, message), which asks ares.url with ares.token and "
            "returns the text, or an iterator of its pieces; it may be async"
        )
    try:
        inspect.signature(stream_chat).bind(None, None, "message")
    except TypeError as error:
        raise UsageError(f"stream_chat cannot be called as stream_chat(self, ares, message): {error}") from None


def _words(declared: Collection[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(declared.split(",") if isinstance(declared, str) else declared))


def _one_of(word: str, value: Any, known: tuple[str, ...]) -> Any:
    if value not in known:
        raise UsageError(f"{word}: there is none named {value!r}{nearest(str(value), known)}")
    return value


def _count(value: Any) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise UsageError(f"examples: expected a whole number, 0 or more, not {value!r}")
    return value


def _files(patterns: Collection[str], folder: Path) -> Iterable[Path]:
    for pattern in [patterns] if isinstance(patterns, str | Path) else patterns:
        exact = folder / pattern
        files = [exact] if exact.is_file() else sorted(folder.glob(str(pattern)))
        if not files:
            raise UsageError(f"regressions: there is no file {str(pattern)!r} in {folder}")
        yield from files


@overload
def client_contract(function: F, /) -> F: ...
@overload
def client_contract(
    *,
    capabilities: Collection[str] = ...,
    expected_failures: Mapping[str, Any] = ...,
    dialect: DialectName = ...,
    tier: Tier | None = ...,
    examples: int | None = ...,
    strict: bool = ...,
    regressions: Collection[str] = ...,
    transports: Collection[str] = ...,
) -> Callable[[F], F]: ...
def client_contract(function: Any = None, /, **declared: Any) -> Any:
    """The contract of a function ``my_client(url, token, message)``, whose ``url`` is the full one.

    It stays the function that it is; where it is defined, pytest collects the contract's tests under its name. The
    keywords are the attributes of ``ClientContract``. Raises TypeError for a keyword that is none.
    """
    known = [name for name in ClientContract.__annotations__ if not name.startswith("_")]
    for name in declared:
        if name not in known:
            raise TypeError(f"client_contract() has no keyword {name!r}{nearest(name, known)}")

    def decorate(function: Any) -> Any:
        if not callable(function):
            kind = type(function).__name__
            raise TypeError(f"client_contract decorates a function of (url, token, message), not a {kind}")
        setattr(function, CONTRACT, _contract_of(function, declared))
        return function

    return decorate if function is None else decorate(function)


def _contract_of(function: Callable[..., Any], declared: Mapping[str, Any]) -> type[ClientContract]:
    def stream_chat(self: ClientContract, ares: Endpoint, message: str) -> Any:
        return function(ares.url + ares.path, ares.token, message)

    name = getattr(function, "__name__", type(function).__name__)
    place = {"__module__": function.__module__, "__doc__": function.__doc__, "place_as": function}
    return type(name, (ClientContract,), {**place, **declared, "stream_chat": stream_chat})
