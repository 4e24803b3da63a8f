"""What a run of the contract is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from mock_ares.dialects import STANDARD, DialectName
from mock_ares.harness.model import Edition, KnownFailure, Tier, UsageError
from mock_ares.scenario.diagnostics import nearest
from mock_ares.server.certificates.identity import Certificate

HttpVersion = Literal["1.1", "2"]


@dataclass(frozen=True, slots=True)
class Transport:
    """What lies between a client and the fake."""

    tls: bool | Certificate = False
    """Everything goes over TLS; clients are told of the authority. See ``Settings.tls`` of the server."""
    http: HttpVersion = "1.1"
    """The version that is spoken, and no other: HTTP/2 by ALPN, or in clear text with prior knowledge."""

    @property
    def name(self) -> str:
        """``http/2+tls``, as the command line and pytest's ids have it."""
        return f"http/{self.http}{'+tls' if self.tls else ''}"

    @property
    def arguments(self) -> str:
        """How the command line says it, with a space behind each word."""
        return f"{'--tls ' if self.tls else ''}{f'--http {self.http} ' if self.http != '1.1' else ''}"


TRANSPORTS = {
    transport.name: transport
    for transport in (Transport(tls, http) for http in get_args(HttpVersion) for tls in (False, True))
}
"""All that there are, by name."""


def transport_named(name: str, where: str) -> Transport:
    """Raises UsageError, which begins with ``where``."""
    if name not in TRANSPORTS:
        raise UsageError(f"{where}: there is no transport {name!r}{nearest(name, TRANSPORTS)}")
    return TRANSPORTS[name]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """One run. Everything random in it comes from ``seed``."""

    dialect: DialectName = STANDARD
    """The one the client speaks."""
    profile: str = "docs"
    seed: int = 0
    examples: int | None = None
    """Generated ones for each check, behind its fixed ones; None: up to 60, as time allows, or none in a quick run."""
    quick: bool = False
    """A few seconds: fixed examples alone, so that nothing depends on the seed, and none of the checks that last."""
    tier: Tier | None = None
    """The checks of this tier only."""
    only: tuple[str, ...] = ()
    """These checks only, by id."""
    strict: bool = False
    """A defensive check that fails is a failure."""
    expect: Mapping[str, KnownFailure] = field(default_factory=dict)
    """Checks that are expected to fail, by id. One that passes all the same is a failure."""
    deadline: float = 10.0
    """Seconds from a request to the moment at which the client is given up, what the reply itself lasts not counted."""
    budget: float | None = None
    """Seconds that each check may spend on making a counterexample smaller; None: 4, or 1 in a quick run."""
    database: Any = None
    """A Hypothesis example database; None: none."""
    edition: Edition | None = None
    """The checks and fixed examples of this edition only, and none that are generated unless ``examples`` says so."""
    shard: tuple[int, int] | None = None
    """Which of how many, from 1: the checks are dealt out."""
    transport: Transport = Transport()
    """What everything goes over."""
    held: frozenset[str] | None = None
    """The rows that the client is held to and has passed: what ``everything`` draws from, and others rest on. None: all
    that apply.
    """

    def holds(self, *rows: str) -> bool:
        """Whether the client may be asked for what these rows show."""
        return self.held is None or self.held.issuperset(rows)

    @property
    def seconds(self) -> float:
        """For the generated examples of a check: a client that is started anew each time, or retries, takes long."""
        return float("inf") if self.examples is not None else 3.0

    @property
    def shrinking(self) -> float:
        """``budget``, or what there is by default."""
        return self.budget if self.budget is not None else 1.0 if self.quick else 4.0

    @property
    def most_examples(self) -> int:
        if self.examples is not None:
            return self.examples
        if self.edition is not None:
            return 0
        return 0 if self.quick else 60
