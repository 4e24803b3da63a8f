"""Every scenario of the library, passed through a recorder and played again: the same bytes, the same end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mock_ares.authoring.load import load_all
from mock_ares.authoring.shipped import library
from mock_ares.recorder.session import RecordingSession
from mock_ares.recorder.upstream import Upstream
from mock_ares.scenario.model import Scenario
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.recorder.raw import Heard, ask, chat

ALL = library()
INSTANT = Settings(speed=float("inf"))
GIVE_UP = 1.2
"""Seconds of silence; the recorder takes one for a sign that the client has given up."""
EXCEPTIONS = {
    "redirect-away": "the Location holds a ticket, another one each time",
    "retry-after-date": "the date lies as far ahead as it did",
    "stale-connection": "that a connection will be stale, and is promised to be kept, cannot be seen from outside",
    "stall-comments": "how many comments come until the client leaves is a matter of time",
}
"""What is compared by status and text alone, and why."""
SAMPLE = (
    "bom-split", "charset-parameters", "chunk-ext-quoted", "chunk-split-characters", "close-delimited", "delta",
    "close-delimited-http10", "drop-fin-inside-event", "drop-gzip", "drop-length",
    "drop-rst-close-inside-http-chunk", "drop-then-good",
    "everything", "gzip", "fields", "malformed-chunk", "no-space", "not-sse-html", "rate-limited-then-good",
    "read-bytes", "read-utf8", "redirect-308", "bad-utf8", "short-length", "trailers", "typed", "when-agent-type",
)  # fmt: skip


def asked(url: str, token: str, scenario: Scenario, *, named: bool) -> Iterator[Heard]:
    """An answer for each of its replies."""
    when = scenario.when
    fields: dict[str, Any] = {"x_mock_ares_scenario": scenario.name} if named else {}
    if any(getattr(reply.body, "gzip", None) for reply in scenario.replies):
        fields["accept_encoding"] = "gzip"
    for reply in scenario.replies:
        silent = any(f.name == "hang" for f in reply.faults) or any(p.lasts is None for p in reply.pace.pauses)
        fields["give_up"] = GIVE_UP if silent else None
        if when is not None and when.endpoint is not None and when.method != "POST":
            path = when.path.replace("{name}", "a-name")
            yield ask(url, f"{when.method} {path}", authorization=f"Bearer {token}", **fields)
        else:
            about = {"context_id": "ctx-1", "agent_type": "product"}
            yield chat(url, token, scenario.name, **about, **fields)


def compared(names: Iterable[str], folder: Path) -> Iterator[tuple[str, list[Heard], list[Heard], list[Heard]]]:
    """Straight, through the recorder, and from the recording."""
    straight, through = dict[str, list[Heard]](), dict[str, list[Heard]]()
    with FakeServer(INSTANT, ALL.values()) as fake, RecordingSession(Upstream.of(fake.url), folder) as session:
        for name in names:
            straight[name] = [*asked(fake.url, fake.credentials().token, ALL[name], named=True)]
            through[name] = [*asked(session.url, fake.credentials().token, ALL[name], named=True)]
    with FakeServer(INSTANT, load_all([folder])) as fake:
        for name in names:
            again = [*asked(fake.url, fake.credentials().token, ALL[name], named=False)]
            yield name, straight[name], through[name], again


def facts(heard: Heard) -> tuple[object, ...]:
    return heard.reader.status, heard.fields, heard.wire, heard.ending, heard.reader.interim


def check(names: Iterable[str], folder: Path) -> None:
    wrong = list[str]()
    for name, straight, through, again in compared(names, folder):
        if name in EXCEPTIONS:
            assert [heard.reader.status for heard in again] == [heard.reader.status for heard in straight]
        else:
            wrong += [f"{name}, on its way" for a, b in zip(straight, through, strict=True) if facts(a) != facts(b)]
            wrong += [f"{name}, played" for a, b in zip(straight, again, strict=True) if facts(a) != facts(b)]
    assert wrong == []


def test_a_sample_comes_again(tmp_path: Path) -> None:
    check(SAMPLE, tmp_path)


def test_exceptions_are_of_the_library() -> None:
    assert EXCEPTIONS.keys() <= ALL.keys()


@pytest.mark.slow
@pytest.mark.parametrize("part", range(6))
def test_all_of_it_comes_again(part: int, tmp_path: Path) -> None:
    check([*ALL][part::6], tmp_path)
