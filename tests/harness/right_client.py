"""The right client of the mutants as functions, which never lose patience."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from mock_ares import client
from tests.mutants import base


class Right(base.Right):
    timeout = None


class Lines(Right):
    """The dialect without empty lines: each line is a chunk, the last one also without its end."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        return super().lines(chain(texts, ["\n"]))

    def events(self, lines: Iterable[str]) -> Iterator[str]:
        return (self.unspaced(value) for name, value in map(self.field, lines) if name == "data")


class Delta(Right):
    dialect = "delta"


class Typed(Right):
    dialect = "typed"


stream_chat, lines, delta, typed = (kind().stream_chat for kind in (Right, Lines, Delta, Typed))


def whole(url: str, token: str, message: str) -> str:
    return "".join(stream_chat(url, token, message))


def read(body: Iterable[bytes]) -> Iterator[str]:
    """The text of a body that somebody else has fetched."""
    return client.events(client.lines(client.characters(body)))
