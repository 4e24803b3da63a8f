"""Mutants that ask wrongly, show late, ask again, or do not let go."""

from __future__ import annotations

import asyncio
import codecs
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from itertools import chain
from typing import Any

from mock_ares.client import AresError
from tests.mutants.base import FAILURES, TIMEOUT, Retrying, Right


class SendsNoAccept(Right):
    """Does not say that it expects an event stream."""

    def fields(self, token: str) -> dict[str, str]:
        return {**super().fields(token), "Accept": "*/*"}


class WritesJsonByHand(Right):
    """Puts the message between two quotes, whatever is in it."""

    def asked(self, message: str) -> bytes:
        return f'{{"message": "{message}"}}'.encode()


class SendsAscii(Right):
    """Sends a question mark for every character that is not ASCII."""

    def asked(self, message: str) -> bytes:
        return super().asked(message.encode("ascii", "replace").decode())


class SendsTheFirstLine(Right):
    """Sends the message up to its first newline, as a form with one line would."""

    def asked(self, message: str) -> bytes:
        return super().asked(message.partition("\n")[0])


class BuffersEverything(Right):
    """Shows the reply when it is whole."""

    capabilities = ("incremental", "v1")

    def text(self, events: Iterable[str]) -> Iterator[str]:
        yield "".join(events)


class ShowsOneLate(Right):
    """Shows a chunk when the next one comes, and the last at the end."""

    def text(self, events: Iterable[str]) -> Iterator[str]:
        held = ""
        for piece in super().text(events):
            yield held
            held = piece
        yield held


class AsksAgainAtTheEnd(Right):
    """Asks again when the reply has ended well, to be ready for the next one, as an EventSource would."""

    def stream_chat(self, url: str, token: str, message: str) -> Any:
        yield from super().stream_chat(url, token, message)
        with closing(self.connect(url)) as connection:
            self.ask(connection, url, token, message).close()


class KeepsTheConnection(Right):
    """Forgets the connection where its caller stops, and does not close it."""

    forgotten: list[object] = []  # noqa: RUF012

    def stream_chat(self, url: str, token: str, message: str) -> Any:
        connection = self.connect(url)
        try:
            response = self.ask(connection, url, token, message)
            self.forgotten[:] = [connection, response]
            yield from self.pieces(response)
        except FAILURES as error:
            connection.close()
            raise AresError(f"{type(error).__name__}: {error}") from error


class AsksInAThread(Right):
    """Has the whole question asked in a thread, which goes on when whoever awaits it is cancelled."""

    capabilities = ("v1",)

    async def stream_chat(self, url: str, token: str, message: str) -> str:
        asked = super().stream_chat
        return await asyncio.to_thread(lambda: "".join(asked(url, token, message)))


class AnswersFromACache(Right):
    """Answers a question that was asked before with what was answered then."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, ...], str] = {}

    def stream_chat(self, url: str, token: str, message: str) -> Any:
        key, said = (url, token, message), list[str]()
        if key in self.answers:
            yield self.answers[key]
            return
        for piece in super().stream_chat(url, token, message):
            said.append(piece)
            yield piece
        self.answers[key] = "".join(said)


class KeepsTheLastAnswer(Right):
    """Shows the last good answer where there is no new one."""

    def __init__(self) -> None:
        self.last: dict[str, str] = {}

    def stream_chat(self, url: str, token: str, message: str) -> Any:
        said = list[str]()
        try:
            for piece in super().stream_chat(url, token, message):
                said.append(piece)
                yield piece
        except AresError:
            if said or token not in self.last:
                raise
            yield self.last[token]
        else:
            self.last[token] = "".join(said)


class ForSessions(Right):
    """Right, with something that it keeps as long as the token is the same."""

    def __init__(self) -> None:
        self.token = ""
        self.data: list[str] = []
        self.decoder: Any = None

    def stream_chat(self, url: str, token: str, message: str) -> Any:
        if token != self.token:
            self.token = token
            self.begin()
        yield from super().stream_chat(url, token, message)

    def begin(self) -> None:
        """Another session."""


class KeepsUnfinishedData(ForSessions):
    """Has one parser for all its questions: the data of an event that was never finished goes into the next answer."""

    def begin(self) -> None:
        self.data = []

    def events(self, lines: Iterable[str]) -> Iterator[str]:
        return super().events(chain(self.unfinished(), self.noted(lines)))

    def unfinished(self) -> list[str]:
        kept, self.data = self.data, []
        return kept

    def noted(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self.data = [*self.data, line] if line else []
            yield line


class KeepsTheDecoder(ForSessions):
    """Has one decoder for all its questions: half a character at the end of one is the beginning of the next."""

    def begin(self) -> None:
        self.decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")

    def characters(self, received: Iterable[bytes], response: Any) -> Iterator[str]:
        return map(self.decoder.decode, received)


class KeepsTheConnectionBlindly(ForSessions):
    """Asks on the connection of the last question, without a look whether it is still there."""

    capabilities = ("incremental", "v1", f"timeout={TIMEOUT:g}")
    kept: Any = None

    def begin(self) -> None:
        if self.kept is not None:
            self.kept.close()
        self.kept = None

    def connect(self, url: str) -> HTTPConnection:
        connection = super().connect(url)
        connection.sock, self.kept = self.kept, None
        return connection

    def stream_chat(self, url: str, token: str, message: str) -> Any:
        if token != self.token:
            self.token = token
            self.begin()
        connection = self.connect(url)
        try:
            response = self.ask(connection, url, token, message)
            yield from self.pieces(response)
        except FAILURES as error:
            connection.close()
            raise AresError(f"{type(error).__name__}: {error}") from error
        except BaseException:
            connection.close()
            raise
        if response.will_close:
            connection.close()
        else:
            self.kept = connection.sock


class SharesTheTextSoFar(Right):
    """Keeps the text so far where the next question finds it, and gives out what has come to it."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def text(self, events: Iterable[str]) -> Iterator[str]:
        self.said, shown = [], 0
        for piece in super().text(events):
            self.said.append(piece)
            new, shown = self.said[shown:], len(self.said)
            yield "".join(new)


class SkipsWhatWasShown(Retrying):
    """Leaves out as many characters of the second attempt as the first has shown, however it is worded."""

    def stream_chat(self, url: str, token: str, message: str) -> Any:
        shown = 0
        for attempt in range(3):
            behind = shown
            try:
                for piece in self.attempt(url, token, message):
                    new, behind = piece[behind:], max(0, behind - len(piece))
                    shown += len(new)
                    yield new
                return
            except AresError as error:
                if attempt == 2 or not (pause := self.pause(error)):
                    raise
                time.sleep(pause)


class AddsTheAttempts(Retrying):
    """Shows each attempt as it comes, the next one behind what was shown of the last."""

    def stream_chat(self, url: str, token: str, message: str) -> Any:
        for _ in range(2):
            try:
                yield from self.attempt(url, token, message)
                return
            except AresError as error:
                if not (pause := self.pause(error)):
                    raise
                time.sleep(pause)
        yield from self.attempt(url, token, message)


class IgnoresRetryAfter(Retrying):
    """Asks again at once, whatever the server said."""

    def pause(self, error: AresError) -> float | None:
        return super().pause(error) and 0.02
