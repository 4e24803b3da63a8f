"""Mutants that get the spelling of events wrong, and some that cannot bear large ones."""

from __future__ import annotations

import codecs
import html
import queue
import re
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from http.client import HTTPResponse
from itertools import count

from mock_ares.client import AresError
from tests.mutants.base import Right, lines_by_lf

LINE_END = re.compile(r"\r\n|\r|\n")


class KnowsNoCr(Right):
    """A line ends in LF, with or without a CR before it; a CR alone is text."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        return (line.removesuffix("\r") for line in lines_by_lf(texts))


class KnowsOnlyLf(Right):
    """A line ends in LF; a CR before it is text."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        return lines_by_lf(texts)


class KeepsTheBom(Right):
    """Decodes a byte order mark as a character, which hides the field behind it."""

    def characters(self, received: Iterable[bytes], response: HTTPResponse) -> Iterator[str]:
        return map(codecs.getincrementaldecoder("utf-8")("replace").decode, received)


class StripsEveryBom(Right):
    """Takes every U+FEFF for a byte order mark."""

    def characters(self, received: Iterable[bytes], response: HTTPResponse) -> Iterator[str]:
        return (text.replace("\ufeff", "") for text in super().characters(received, response))


class DiesOnComments(Right):
    """Takes a comment for a broken field."""

    def field(self, line: str) -> tuple[str, str]:
        if line.startswith(":"):
            raise AresError(f"a field without a name: {line!r}")
        return super().field(line)


class StopsAtEmptyEvent(Right):
    """Takes a blank line with no data before it for the end of the reply."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        said = False
        for line in super().lines(texts):
            if not line and not said:
                return
            said = bool(line) and (said or line.startswith("data"))
            yield line


class NeedsTheSpace(Right):
    """Takes the space behind the colon for a part of the format."""

    def field(self, line: str) -> tuple[str, str]:
        name, _, value = line.partition(": ")
        return name, " " + value


class NeedsAColonForData(Right):
    """Asks for what stands behind the colon of a data line, which has none where there is no text."""

    def field(self, line: str) -> tuple[str, str]:
        parts = line.split(":", 1)
        if parts[0] == "data" and len(parts) == 1:
            raise AresError("list index out of range")
        return super().field(line)


class NeedsAColon(Right):
    """Cuts every line in two at its colon, and fails where it has none."""

    def field(self, line: str) -> tuple[str, str]:
        if line and ":" not in line:
            raise AresError("not enough values to unpack (expected 2, got 1)")
        return super().field(line)


class DiesOnUnknownFields(Right):
    """Takes a field that it does not know for an error."""

    def field(self, line: str) -> tuple[str, str]:
        name, value = super().field(line)
        if name not in ("", "data", "event", "id", "retry"):
            raise AresError(f"an unknown field: {line!r}")
        return name, value


class ParsesRetry(Right):
    """Takes the value of ``retry`` for a number, and fails where it is none."""

    def field(self, line: str) -> tuple[str, str]:
        name, value = super().field(line)
        if name == "retry":
            int(value)
        return name, value


class TrimsNames(Right):
    """Trims field names, so that a field that is none becomes data."""

    def field(self, line: str) -> tuple[str, str]:
        name, value = super().field(line)
        return name.strip(" "), value


class EmptyTypeIsAType(Right):
    """Takes an event whose type is empty for one of another type than ``message``."""

    def events(self, lines: Iterable[str]) -> Iterator[str]:
        return super().events("event: other" if line in ("event", "event:", "event: ") else line for line in lines)


class DiesOnOtherTypes(Right):
    """Takes an event of a type that it does not know for an error."""

    def counts(self, kind: str) -> bool:
        if kind not in ("", "message"):
            raise AresError(f"an unknown type of event: {kind}")
        return True


class EndsTheRestWithNewline(Right):
    """Gives out an event that lacks its blank line, and a newline in the blank line's place."""

    def rest(self, data: list[str]) -> Iterable[str]:
        return ["\n".join([*data, ""])] if data else ()


class ObeysCharset(Right):
    """Decodes as the charset of the content type says."""

    def characters(self, received: Iterable[bytes], response: HTTPResponse) -> Iterator[str]:
        name = response.headers.get_content_charset("utf-8")
        if codecs.lookup(name).name == "utf-8":
            return super().characters(received, response)
        return map(codecs.getincrementaldecoder(name)("replace").decode, received)


class AssumesLatin1(Right):
    """Decodes as Latin-1 where the content type names no charset, as HTTP had it in 1999."""

    def characters(self, received: Iterable[bytes], response: HTTPResponse) -> Iterator[str]:
        if response.headers.get_content_charset() is not None:
            return super().characters(received, response)
        return (read.decode("latin-1") for read in received)


class ComparesTypeExactly(Right):
    """Accepts the content type in one spelling only."""

    def refuse(self, response: HTTPResponse) -> None:
        super().refuse(response)
        if not response.headers["content-type"].startswith("text/event-stream"):
            raise AresError(f"a wrong content type: {response.headers['content-type']}")


class DecodesStrictly(Right):
    """Fails at a byte that is no UTF-8."""

    def characters(self, received: Iterable[bytes], response: HTTPResponse) -> Iterator[str]:
        return map(codecs.getincrementaldecoder("utf-8-sig")("strict").decode, received)


class DropsWhatIsNoUtf8(Right):
    """Passes over bytes that are no UTF-8 as if they had not been sent."""

    def characters(self, received: Iterable[bytes], response: HTTPResponse) -> Iterator[str]:
        return map(codecs.getincrementaldecoder("utf-8-sig")("ignore").decode, received)


class StopsAt64K(Right):
    """Ends the reply without a word at a line of more than 64 KiB, as a scanner does whose error is not looked at."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        for line in super().lines(texts):
            if len(line) > 65536:
                return
            yield line


class KeepsTheBeginning(Right):
    """Gives a hundred thousand characters of text at most."""

    def text(self, events: Iterable[str]) -> Iterator[str]:
        left = 100_000
        for piece in events:
            yield piece[:left]
            left = max(0, left - len(piece))


class ItsQueueIsBounded(Right):
    """Reads in a thread, ahead of what is shown, and lets pieces go where more than two thousand wait."""

    def text(self, events: Iterable[str]) -> Iterator[str]:
        waiting = queue.Queue[str | Exception | None](2000)

        def read() -> None:
            end: Exception | None = None
            try:
                for piece in super(ItsQueueIsBounded, self).text(events):
                    with suppress(queue.Full):
                        waiting.put_nowait(piece)
            except Exception as error:
                end = error
            waiting.put(end)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        for shown in count():
            if shown % 10 == 9:
                time.sleep(0.001)  # it draws
            if not isinstance(piece := waiting.get(), str):
                break
            yield piece
        if isinstance(piece, Exception):
            raise piece


class ScansItsLineAnew(Right):
    """Looks for a line end in all of a line that has come, with each kilobyte that comes to it."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        return super().lines(self.scanned(texts))

    def scanned(self, texts: Iterable[str]) -> Iterator[str]:
        unfinished = ""
        for text in texts:
            for start in range(0, len(text), 1024):
                unfinished += text[start : start + 1024]
                if LINE_END.search(unfinished):
                    unfinished = LINE_END.split(unfinished)[-1]
            yield text


class DrawsAllAnew(Right):
    """Draws the whole reply so far for each chunk: the work grows with the square of the reply."""

    def text(self, events: Iterable[str]) -> Iterator[str]:
        said: list[str] = []
        for piece in events:
            said.append(piece)
            html.escape("".join(said))
            yield piece
