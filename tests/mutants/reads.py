"""Mutants that depend on where reads end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from http.client import HTTPResponse

from tests.mutants.base import Right, lines_by_lf

LINE_END = re.compile(r"\r\n|\r|\n")


class NoLineBuffer(Right):
    """Cuts each read into lines by itself: what a read leaves unfinished is taken for a line."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        after_cr = False
        for text in filter(None, texts):
            rest_of_crlf, after_cr = after_cr and text[0] == "\n", text[-1] == "\r"
            *lines, unfinished = LINE_END.split(text[rest_of_crlf:])
            yield from lines
            if unfinished:
                yield unfinished


class DecodesReadByRead(Right):
    """Decodes each read by itself: half a character becomes U+FFFD, and so does the other half."""

    def characters(self, received: Iterable[bytes], response: HTTPResponse) -> Iterator[str]:
        first = True
        for read in received:
            text = read.decode("utf-8", "replace")
            yield text.removeprefix("\ufeff") if first else text
            first = first and not read


class CrlfWithinReads(Right):
    """Turns CRLF into LF read by read, and knows no other line end."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        return lines_by_lf(text.replace("\r\n", "\n") for text in texts)


class CrlfCountsTwice(Right):
    """Forgets between two reads that the last one ended in CR: the LF of a CRLF ends one line more."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        unfinished: list[str] = []
        for text in texts:
            *lines, rest = LINE_END.split(text)
            for line in lines:
                yield "".join([*unfinished, line])
                unfinished.clear()
            unfinished.append(rest)


class WaitsForLfInVain(Right):
    """Takes a CR at the end of a read for half of a CRLF, and forgets it when none comes."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        return super().lines(text.removesuffix("\r") for text in texts)


class OneEventPerRead(Right):
    """Looks for one event in each read; what comes behind its blank line is lost."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        unfinished: list[str] = []
        after_cr = False
        for text in filter(None, texts):
            rest_of_crlf, after_cr = after_cr and text[0] == "\n", text[-1] == "\r"
            *lines, rest = LINE_END.split(text[rest_of_crlf:])
            for line in lines:
                yield (whole := "".join([*unfinished, line]))
                unfinished.clear()
                if not whole:
                    break
            else:
                unfinished.append(rest)
