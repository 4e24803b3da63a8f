"""What a row of the catalogue consists of, and the shortest way to write one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from typing import Any, Literal

from hypothesis.strategies import SearchStrategy

from mock_ares.dialects import DialectName
from mock_ares.harness.model import Case, CheckInfo, Client
from mock_ares.harness.result import ExampleResult
from mock_ares.harness.settings import RunSettings
from mock_ares.harness.verdict.judgements import Found
from mock_ares.harness.verdict.simpler import can_be_played
from mock_ares.scenario.model import Reply

Fitted = Callable[[Client, RunSettings], tuple[Case, ...]]
Judge = Callable[[ExampleResult, Client], Found]
Cases = Callable[[RunSettings], SearchStrategy[Case]]
_CASE = frozenset(word.name for word in fields(Case))
Trial = Literal["once-through", "in-time", "linear-time"]


@dataclass(frozen=True, slots=True)
class Row:
    """The cases of one hazard."""

    examples: tuple[Case, ...]
    """Tried first, in this order, the smallest first; alone they are enough to tell a client that is wrong."""
    cases: Cases | None = None
    most: int | None = None
    """At most so many generated examples, where each is costly."""
    lasts: float = 0.0
    """So many seconds it takes whatever the client does: run beside the others where that can be, left out of a quick
    run."""
    gate: bool = False
    """It comes first. Where the client gets no stream in it, nothing else can be judged."""
    control: bool = False
    """There is nothing unusual in its streams: what fails here fails everywhere, and nothing else is asked."""
    reads: bool = False
    """It is about where reads end, which is what most clients fail at: it comes early, so that they are told within
    seconds. Where reads are not seen to end there, passing it says less."""
    draws_from: frozenset[str] = frozenset()
    """It puts the hazards of these checks together, of those that the client has passed: it comes last."""
    fitted: Fitted | None = None
    """The fixed examples for one client, where they depend on it."""
    resting: Mapping[str, tuple[Case, ...]] = field(default_factory=dict)
    """Further fixed examples that show another check's hazard beside its own, by the ids of such checks: asked of a
    client that has passed those, so that each row is red for its own hazard alone.
    """
    key_route: bool = False
    """Its first example is also played on the key route, to a client that declares it."""
    undetectable: bool = False
    """Nothing on the wire shows it, so that to pass says nothing of the client."""
    needs_gzip: bool = False
    """Nothing is shown to a client that does not accept gzip."""
    needs_retry: bool = False
    """Nothing is shown by a client that never asks again."""
    needs_report: bool = False
    """Nothing is shown by a client that reports no error."""
    over_tls: bool = False
    """It is about TLS: asked only where the contract goes over it."""
    http: Literal["1.1", "2"] | None = None
    """It is about this version of HTTP: asked only where the contract goes by it."""
    judge: Judge | None = None
    """Of what a client does beside the text: asked before the oracle."""
    trial: Trial = "once-through"
    """``in-time``: a client that is not done at the deadline gets more where the machine is slow. ``linear-time``: and
    one that is done is timed against a shorter case."""

    @property
    def opens(self) -> bool:
        """Whether it is asked whatever came of the others: nothing comes before it."""
        return self.gate and not self.control

    @property
    def rests_on(self) -> frozenset[str]:
        """The checks that say what of this one is asked: they come before it."""
        return self.draws_from.union(*map(str.split, self.resting))

    def held(self, settings: RunSettings) -> frozenset[str]:
        """Those of the checks it draws from that the client is held to."""
        return self.draws_from if settings.held is None else self.draws_from & settings.held


@dataclass(frozen=True, slots=True)
class Check:
    """A hazard, with the cases that show it and nothing else."""

    info: CheckInfo
    row: Row
    gathered: Mapping[str, tuple[Case, ...]] = field(default_factory=dict)
    """Few examples that stand for many, by the ids of the checks that they rest on: see ``checks.gathered``. Of several
    that the client is held to the last counts, alone.
    """

    @property
    def id(self) -> str:
        return self.info.id

    @property
    def examples(self) -> tuple[Case, ...]:
        return self.row.examples + tuple(chain.from_iterable(self.row.resting.values()))

    def examples_for(self, client: Client, settings: RunSettings, *, gathered: bool = False) -> tuple[Case, ...]:
        """Those that fit a client, or the few that stand for them."""
        own = self.row.examples if self.row.fitted is None else self.row.fitted(client, settings)
        few = {names: cases for names, cases in self.gathered.items() if gathered and settings.holds(*names.split())}
        stood_for = {name for names in few for name in names.split()}
        held = (
            cases
            for names, cases in self.row.resting.items()
            if settings.holds(*names.split()) and not stood_for.issuperset(names.split())
        )
        return list(few.values() or [own])[-1] + tuple(chain.from_iterable(held))

    @property
    def cases(self) -> Cases | None:
        return self.row.cases


def say(*chunks: str, **words: Any) -> Reply:
    """A reply of these chunks whose reads end at events."""
    return Reply(**{"chunks": chunks, "segments": "event", **words})


def case(*replies: Reply, **words: Any) -> Case:
    return Case(replies=replies, **words)


def one(*chunks: str, **words: Any) -> Case:
    """A case of one reply; the words are the reply's or the case's own."""
    own = {name: words.pop(name) for name in _CASE & words.keys()}
    return case(say(*chunks, **words), **own)


def speaking(case: Case, dialect: DialectName) -> Case:
    """The case in a client's dialect."""
    return replace(case, replies=tuple(_spoken(reply, dialect) for reply in case.replies))


def playable(case: Case) -> bool:
    """Whether the replies are good in their dialect: some have shorter payloads than others."""
    return all(
        can_be_played(reply)
        for reply in case.replies
        if reply.dialect is not None and isinstance(reply.chunks, tuple) and len(reply.chunks) < MANY
    )


MANY = 1000
"""Chunks from which a reply is about its size, which every dialect can carry."""


def _spoken(reply: Reply, dialect: DialectName) -> Reply:
    told = reply.error is None and reply.redirect is None and reply.content is None
    return replace(reply, dialect=dialect) if told and reply.dialect is None else reply
