"""Recordings put to a live server again, or laid beside others: what has changed in shape."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from mock_ares.ares.chats import CHATS
from mock_ares.ares.profiles import PROFILES
from mock_ares.monotonic import monotonic
from mock_ares.plan.model import EndingKind
from mock_ares.plan.positions import PlanError
from mock_ares.recorder.exchange.payload import UnrecordableError, decoded
from mock_ares.recorder.exchange.response import ResponseReader
from mock_ares.recorder.exchange.shape import Shape, differences, shape_of
from mock_ares.recorder.proxy import Limits
from mock_ares.recorder.upstream import Upstream, UpstreamConnection, UpstreamError, speaks_http2
from mock_ares.scenario.model import Scenario, When
from mock_ares.server.replies.unsent import Asking, draw

Verdict = Literal["same", "differs", "cannot"]


class CannotCompareError(Exception):
    """Why nothing can be said of a recording."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What has become of a recording."""

    scenario: Scenario
    verdict: Verdict
    lines: tuple[str, ...] = ()
    """What differs, or why it cannot be said."""


class Other(Protocol):
    """What recordings are compared with."""

    async def shapes(self, when: When) -> list[Shape]:
        """What it answers to such a request. Raises CannotCompareError."""


async def compared(scenarios: Iterable[Scenario], other: Other) -> list[Drift]:
    """Each recording beside what is answered now: the same where that is like one of its replies."""
    return [await _compared(scenario, other) for scenario in scenarios]


async def _compared(scenario: Scenario, other: Other) -> Drift:
    try:
        if scenario.when is None or scenario.when.endpoint is None:
            raise CannotCompareError("it does not say which request it answers")
        recorded = shapes_of(scenario)
        now = await other.shapes(scenario.when)
    except CannotCompareError as error:
        return Drift(scenario, "cannot", (str(error),))
    found = [min((differences(before, each) for before in recorded), key=len) for each in now]
    lines = tuple(dict.fromkeys(line for each in found for line in each))
    return Drift(scenario, "differs" if lines else "same", lines)


def shapes_of(scenario: Scenario) -> list[Shape]:
    """Of each of its replies. Raises CannotCompareError."""
    return [_shape(scenario, index) for index in range(len(scenario.replies))]


def _shape(scenario: Scenario, index: int) -> Shape:
    try:
        plan = draw(scenario, index, Asking(""), PROFILES["server"]).plan
    except PlanError as error:
        raise CannotCompareError(f"it cannot be played: {error}") from None
    if plan.head is None:
        return shape_of(0, (), b"", plan.ending.kind)
    payload = plan.payload if plan.ending.stop is None else plan.payload[: plan.ending.stop]
    return shape_of(plan.head.status, plan.head.headers, payload, plan.ending.kind)


class OtherRecordings:
    """Of another folder."""

    def __init__(self, scenarios: Iterable[Scenario]) -> None:
        self._scenarios = {repr(scenario.when): scenario for scenario in scenarios}

    async def shapes(self, when: When) -> list[Shape]:
        if (found := self._scenarios.get(repr(when))) is None:
            raise CannotCompareError("there is no recording of this request")
        return shapes_of(found)


class LiveServer:
    """A real server, asked one thing after the other. ``credentials`` by what a path asks for: jwt, api-key."""

    def __init__(self, upstream: Upstream, credentials: Mapping[str, str | None], limits: Limits = Limits()) -> None:
        self._upstream, self._credentials, self._limits = upstream, credentials, limits

    async def shapes(self, when: When) -> list[Shape]:
        fields, body = self._request(when)
        try:
            reader, ending = await asked(self._upstream, when.method, when.path, fields, body, self._limits)
            if reader.status == 429:
                after = reader.named("retry-after")
                raise CannotCompareError(f"it limits requests{f': again in {after} s' if after else ''}")
            if reader.is_none and speaks_http2(reader.begins):
                raise CannotCompareError(f"{self._upstream.authority} speaks HTTP/2 only")
            return [shape_of(reader.status, reader.fields, decoded(reader).data, ending)]
        except (UpstreamError, UnrecordableError) as error:
            raise CannotCompareError(str(error)) from None

    def _request(self, when: When) -> tuple[dict[str, str], bytes]:
        auth = CHATS.get(when.path, ("jwt", ""))[0]
        held = self._credentials.get(auth)
        fields = {"authorization": f"Bearer {held}"} if held else {}
        if when.method in ("GET", "HEAD", "OPTIONS"):
            return fields, b""
        if when.path not in CHATS or when.method != "POST":
            raise CannotCompareError("its request had a body that is not in the recording")
        if not isinstance(when.message, str):
            raise CannotCompareError("something secret was taken out of its message")
        about = {} if when.agent_type is None else {"agent_type": when.agent_type}
        body = json.dumps({"message": when.message, **about}, ensure_ascii=False).encode()
        return {**fields, "content-type": "application/json", "content-length": str(len(body))}, body


async def asked(
    upstream: Upstream, method: str, path: str, fields: Mapping[str, str], body: bytes, limits: Limits
) -> tuple[ResponseReader, EndingKind]:
    """An answer, and how it ended; a silence that is too long is a hang. Raises UpstreamError."""
    loop = asyncio.get_running_loop()
    reader, done, last = ResponseReader(method, limits.size), loop.create_future(), monotonic()

    def data(part: bytes) -> None:
        nonlocal last
        last = monotonic()
        reader.feed(part, 0.0)
        if reader.complete and not done.done():
            done.set_result("complete")

    def ended(how: EndingKind) -> None:
        if how == "close":
            reader.end()
        if not done.done():
            done.set_result("complete" if reader.complete else how)

    connection: UpstreamConnection = await upstream.connect(data, ended)
    try:
        pairs = [(name.encode(), value.encode()) for name, value in {"accept-encoding": "identity", **fields}.items()]
        await connection.write(upstream.head(method, path.encode(), "1.1", pairs) + body)
        until = monotonic() + limits.longest
        while not done.done() and (left := min(until, last + limits.silence) - monotonic()) > 0:
            await asyncio.wait({done}, timeout=left)
    finally:
        connection.close()
    return reader, done.result() if done.done() and not done.cancelled() else "hang"


def report(found: Iterable[Drift]) -> Iterator[str]:
    """Lines for people."""
    for each in found:
        yield f"{each.verdict:<8} {each.scenario.name}" + (f": {each.lines[0]}" if each.verdict == "cannot" else "")
        if each.verdict == "differs":
            yield from (f"           {line}" for line in each.lines)


def status_of(found: list[Drift]) -> int:
    """For CI: 0 all are the same, 1 something differs, 2 of something nothing can be said, or there is nothing."""
    verdicts = {each.verdict for each in found}
    return 1 if "differs" in verdicts else 2 if "cannot" in verdicts or not found else 0
