"""Mutants that ask wrongly, show late, ask again, or do not let go."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

from mock_ares.client import AresError
from tests.mutants.base import FAILURES, Retrying, Right


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
