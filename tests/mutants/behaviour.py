"""Mutants that ask wrongly, show late, ask again, or do not let go."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from typing import Any

from mock_ares.client import AresError
from tests.mutants.base import FAILURES, Retrying, Right


class SendsNoAccept(Right):
    """Does not say that it expects an event stream."""

    def ask(self, connection: HTTPConnection, url: str, token: str, message: str) -> HTTPResponse:
        return post(connection, token, json.dumps({"message": message}), Accept="*/*")


class WritesJsonByHand(Right):
    """Puts the message between two quotes, whatever is in it."""

    def ask(self, connection: HTTPConnection, url: str, token: str, message: str) -> HTTPResponse:
        return post(connection, token, f'{{"message": "{message}"}}')


class SendsAscii(Right):
    """Sends a question mark for every character that is not ASCII."""

    def ask(self, connection: HTTPConnection, url: str, token: str, message: str) -> HTTPResponse:
        return super().ask(connection, url, token, message.encode("ascii", "replace").decode())


class TrimsTheMessage(Right):
    """Trims the message."""

    def ask(self, connection: HTTPConnection, url: str, token: str, message: str) -> HTTPResponse:
        return super().ask(connection, url, token, message.strip())


def post(connection: HTTPConnection, token: str, body: str, **fields: str) -> HTTPResponse:
    wanted = {"Accept": "text/event-stream", "Accept-Encoding": "gzip", "Content-Type": "application/json"}
    wanted["Authorization"] = f"Bearer {token}"
    connection.request("POST", connection.mutant_path, body.encode(), wanted | fields)  # type: ignore[attr-defined]
    return connection.getresponse()


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
            self.refuse(response)
            yield from self.text(self.events(self.lines(self.characters(self.body(response), response))))
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
                self.wait(pause)
        yield from self.attempt(url, token, message)


class IgnoresRetryAfter(Retrying):
    """Asks again at once, whatever the server said."""

    def pause(self, error: AresError) -> float | None:
        return super().pause(error) and 0.02


class JoinsWithTheirLineEnd(Right):
    """Joins data lines with the line end that the stream uses."""
