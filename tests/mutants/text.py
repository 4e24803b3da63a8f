"""Mutants that get text and chunks wrong."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import takewhile

from mock_ares.client import AresError
from tests.mutants.base import Delta, Right


class StripsJoiners(Right):
    """Trims the zero-width joiner off the edges of a chunk, so that no emoji is shown half done."""

    def text(self, events: Iterable[str]) -> Iterator[str]:
        return (piece.strip("\u200d") for piece in events)


class Normalizes(Right):
    """Brings the reply into Unicode's composed form, when it is whole."""

    capabilities = ("v1",)

    def text(self, events: Iterable[str]) -> Iterator[str]:
        yield unicodedata.normalize("NFC", "".join(events))


class StripsAllSpaces(Right):
    """Trims what stands behind the colon."""

    def unspaced(self, value: str) -> str:
        return value.strip(" ")


class StripsLeadingSpaces(Right):
    """Takes every space behind the colon for the one that the format allows."""

    def unspaced(self, value: str) -> str:
        return value.lstrip(" ")


class DecidesOnceOnTheSpace(Right):
    """Sees from the first line of data whether there is a space behind the colon, and takes all others to be alike."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        spaced = None
        for line in super().lines(texts):
            name, _, value = line.partition(":")
            if spaced is None and name == "data" and value:
                spaced = value.startswith(" ")
            yield f"data: {value}" if spaced is False and name == "data" else line


class StopsAtEmptyChunk(Right):
    """Takes an event without text for the end of the reply."""

    def text(self, events: Iterable[str]) -> Iterator[str]:
        return takewhile(bool, events)


class StopsAtEmptyDelta(Delta):
    """Takes a delta without text for the end of the reply: the last record has none, and so has an empty chunk."""

    def text(self, events: Iterable[str]) -> Iterator[str]:
        said = True
        for event in events:
            delta = json.loads(event)["delta"]
            if said:
                yield delta
            said = said and delta != ""
        if said:
            raise AresError("the reply lacks its end record")


class StopsAtDone(Right):
    """Takes the text [DONE] for the end of the reply, as some other API has it."""

    def text(self, events: Iterable[str]) -> Iterator[str]:
        return takewhile("[DONE]".__ne__, events)


class CutsAtEveryPrefix(Right):
    """Takes what stands behind the last ``data:`` of a line, wherever that is."""

    def unspaced(self, value: str) -> str:
        return super().unspaced(value.rpartition("data:")[2])


class DropsNewlines(Right):
    """Joins the data lines of an event with nothing."""

    def joined(self, data: list[str]) -> str:
        return "".join(data)


class KeepsTheLastDataLine(Right):
    """Each data line of an event takes the place of the one before."""

    def joined(self, data: list[str]) -> str:
        return data[-1]


class SplitsLikePython(Right):
    """Cuts lines with str.splitlines, which knows eight more line ends than an event stream has."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        return (part for line in super().lines(texts) for part in line.splitlines() or [""])


class StopsAtNul(Right):
    """A string ends at its first NUL, as in C."""

    def text(self, events: Iterable[str]) -> Iterator[str]:
        return (piece.partition("\0")[0] for piece in events)
