"""Clients that are wrong in one way each."""

from __future__ import annotations

import http.client
import io
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPResponse
from itertools import chain, takewhile
from typing import Any
from urllib.parse import urlsplit

from mock_ares.client import LINE_END, AresError
from tests.harness import right_client as right
from tests.harness.right_client import Right

Chat = Callable[[str, str, str], Iterator[str]]


class NoLineBuffer(Right):
    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        return chain.from_iterable(map(LINE_END.split, texts))


class EachReadDecoded(Right):
    def characters(self, received: Iterable[bytes], response: HTTPResponse) -> Iterator[str]:
        return (read.decode(errors="replace") for read in received)


class SplitLines(Right):
    def events(self, lines: Iterable[str]) -> Iterator[str]:
        for data in super().events(lines):
            yield "\n".join((line.splitlines() or [""])[0] for line in data.split("\n"))


class Strips(Right):
    def events(self, lines: Iterable[str]) -> Iterator[str]:
        return (data.strip(" ") for data in super().events(lines))


class StopsAtDone(Right):
    def events(self, lines: Iterable[str]) -> Iterator[str]:
        return takewhile(lambda data: data != "[DONE]", super().events(lines))


class WaitsForTheEnd(Right):
    """Of the connection, not of the reply."""

    def received(self, response: Any) -> Iterator[bytes]:
        response.fp = io.BytesIO(response.fp.read())
        return super().received(response)


class ShowsAllEvents(Right):
    """Whatever their type."""

    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        return (line for line in super().lines(texts) if not line.startswith("event"))


class RefusesLongLines(Right):
    def lines(self, texts: Iterable[str]) -> Iterator[str]:
        for line in super().lines(texts):
            if len(line) >= 65_536:
                raise AresError("a line is too long")
            yield line


def reading(kind: type[Right]) -> Chat:
    return kind().stream_chat


without_a_line_buffer = reading(NoLineBuffer)
without_an_incremental_decoder = reading(EachReadDecoded)
shows_all_events = reading(ShowsAllEvents)
refuses_long_lines = reading(RefusesLongLines)
waits_for_the_connection_to_end = reading(WaitsForTheEnd)


def end_is_success(url: str, token: str, message: str) -> Iterator[str]:
    try:
        yield from right.stream_chat(url, token, message)
    except AresError as error:
        broken = isinstance(error.__cause__, ConnectionError)
        if not (broken or any(words in str(error) for words in ("too soon", "HTTP chunk"))):
            raise


def buffers(url: str, token: str, message: str) -> Iterator[str]:
    yield right.whole(url, token, message)


def retries_and_duplicates(url: str, token: str, message: str) -> Iterator[str]:
    yield from retrying(url, token, message, lambda: None)


def retries_anew(url: str, token: str, message: str) -> str:
    for attempt in range(3):
        try:
            return right.whole(url, token, message)
        except AresError:
            if attempt == 2:
                raise
    raise AssertionError


def retrying(url: str, token: str, message: str, between: Callable[[], object]) -> Iterator[str]:
    for attempt in range(3):
        try:
            yield from right.stream_chat(url, token, message)
            return
        except AresError:
            if attempt == 2:
                raise
            between()


def posts_again(url: str, token: str, message: str) -> Iterator[str]:
    yield from right.stream_chat(url, token, message)
    for _ in range(2):
        try:
            right.whole(url, token, message)
        except AresError:
            return


@dataclass
class Answer:
    status: int
    location: str
    body: bytes

    @property
    def text(self) -> str:
        return "".join(right.read([self.body]))


def posted(url: str, token: str, message: str, path: str | None = None, **fields: str) -> Answer:
    parts = urlsplit(url)
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream", "Authorization": f"Bearer {token}"}
    with closing(http.client.HTTPConnection(parts.hostname or "", parts.port)) as connection:
        body = json.dumps({"message": message})
        wanted = {**headers, **{k.replace("_", "-").title(): v for k, v in fields.items()}}
        connection.request("POST", path or parts.path, body, {k: v for k, v in wanted.items() if v})
        with connection.getresponse() as response:
            return Answer(response.status, response.getheader("location", ""), response.read())


def does_not_want_it(url: str, token: str, message: str) -> str:
    return posted(url, token, message, accept="application/json, text/event-stream;q=0.0").text


def calls_it_text(url: str, token: str, message: str) -> str:
    return posted(url, token, message, content_type="text/plain").text


def ignores_the_status(url: str, token: str, message: str) -> str:
    return posted(url, token, message).text


def ignores_the_type(url: str, token: str, message: str) -> str:
    return answer(posted(url, token, message))


def follows_with_credentials(url: str, token: str, message: str) -> str:
    response = posted(url, token, message)
    while response.status in (307, 308):
        response = posted(response.location, token, message)
    return answer(response)


def follows(url: str, token: str, message: str) -> str:
    response = posted(url, token, message)
    if response.status in (307, 308):
        location = response.location
        if location.startswith("http"):
            response = posted(location, "", message, authorization="")
        else:
            response = posted(url, token, message, path=location)
    return answer(response)


def answer(response: Answer) -> str:
    if response.status != 200:
        raise AresError(str(response.status))
    return response.text


def no_accept(url: str, token: str, message: str) -> str:
    return answer(posted(url, token, message, accept="*/*"))


def wrong_path(url: str, token: str, message: str) -> str:
    return answer(posted(url, token, message, path="/chat"))


def with_a_query(url: str, token: str, message: str) -> str:
    return answer(posted(url, token, message, f"{urlsplit(url).path}?stream=1"))


def with_a_fragment(url: str, token: str, message: str) -> str:
    return answer(posted(url, token, message, f"{urlsplit(url).path}#top"))


def another_message(url: str, token: str, message: str) -> str:
    return answer(posted(url, token, message.encode("ascii", "ignore").decode()))


def never_asks(url: str, token: str, message: str) -> str:
    raise AresError("not today")


def takes_too_long_for_much(url: str, token: str, message: str) -> str:
    """Its work grows with the cube of the chunks: a second of CPU for 2,000 of them, however busy the machine is."""
    pieces = list(right.stream_chat(url, token, message))
    work(1.0 * (len(pieces) / 2000) ** 3)
    return "".join(pieces)


def work(seconds: float) -> None:
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def stops_at(limit: int) -> Chat:
    def chat(url: str, token: str, message: str) -> Iterator[str]:
        for data in right.stream_chat(url, token, message):
            yield data[:limit]

    return chat


def gives_up_after(seconds: float) -> Chat:
    def chat(url: str, token: str, message: str) -> Iterator[str]:
        begun = time.monotonic()
        for data in right.stream_chat(url, token, message):
            yield data
            if time.monotonic() - begun > seconds:
                raise AresError("timed out")

    return chat


def never_reports(url: str, token: str, message: str) -> str:
    try:
        return "".join(end_is_success(url, token, message))
    except AresError:
        return ""
