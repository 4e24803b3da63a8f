"""The scenario library: a file for every condition that a server can produce, and each shows what it says."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from mock_ares.ares.errors import NAMES, lookup
from mock_ares.ares.profiles import PROFILES
from mock_ares.ares.routes.table import operations
from mock_ares.authoring import load as loading
from mock_ares.expectation import disagreement, expect
from mock_ares.paths import FIXTURES
from mock_ares.plan.build import RequestContext, build
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.model import StreamPlan
from mock_ares.scenario.model import Reply, Scenario
from mock_ares.server.replies.library import Library
from mock_ares.server.replies.lookup import Facts

FILES = sorted(FIXTURES.glob("*.yaml"))
load = cache(loading.load)
"""A file is read once for all tests of it: with its rehearsal that takes longer than they do."""
ROWS = {
    # text and chunks
    "chunk-split": "exact", "chunk-spaces": "exact", "chunk-empty": "exact", "text-unicode": "exact",
    "text-lookalikes": "exact", "text-newlines": "exact", "text-separators": "exact", "text-nul": "exact",
    # reads
    "read-line": "exact", "read-utf8": "exact", "read-crlf": "exact", "read-bytes": "exact", "read-whole": "exact",
    # framing
    "eol-crlf": "exact", "eol-cr": "exact", "eol-mixed": "exact", "bom": "exact", "comments": "exact",
    "no-space": "exact", "no-colon": "exact", "fields": "exact", "event-type": "exact", "unterminated": "exact",
    "charset": "exact", "bad-utf8": "exact", "long-line": "either", "many-chunks": "exact",
    # HTTP
    "close-delimited": "exact", "chunk-ext": "exact", "chunk-ext-quoted": "exact", "trailers": "exact",
    "early-100": "exact", "early-103": "exact", "gzip": "exact", "redirect": "exact", "redirect-away": "exact",
    # failure
    "status": "error", "retry-after": "exact", "not-sse": "error", "drop-fin": "error", "drop-rst": "error",
    "drop-fin-close": "error", "drop-rst-close": "error", "drop-length": "error", "short-length": "undetectable",
    "drop-gzip": "error", "drop-silent": "undetectable", "missing-end": "error", "malformed-chunk": "error",
    "empty-reply": "error", "garbage": "error", "error-event": "error", "stall": "error", "patience": "exact",
    "silence": "exact",
    # behaviour
    "request": "exact", "incremental": "exact", "once": "exact", "retry": "exact", "cancel": "exact",
    # HTTP/2 and TLS
    "h2-frames": "exact", "h2-beside": "exact", "h2-reset": "error", "h2-reset-then-good": "exact",
    "h2-reset-well": "error", "h2-refused": "error", "h2-refused-then-good": "exact", "h2-goaway": "exact",
    "h2-goaway-close": "error", "h2-no-end": "error", "h2-past-end": "either", "tls-cut": "error",
}  # fmt: skip
"""Hazards by id, with what a correct client concludes from the last reply."""


@cache
def library() -> list[Scenario]:
    return loading.load_all([FIXTURES], errors=NAMES)


PEERS = {
    True: (Negotiated("2"), Negotiated("2", gzip=True)),
    False: (Negotiated(), Negotiated(gzip=True), Negotiated("1.0", keep_alive=False)),
}
"""Who can be told, by whether a file is about what HTTP/2 alone can say."""


def stem(path: Path) -> str:
    return path.stem


def row_of(name: str) -> str | None:
    """The hazard that a file belongs to: the longest id that its name begins with."""
    return max((row for row in ROWS if name == row or name.startswith(f"{row}-")), key=len, default=None)


def plan_of(reply: Reply, seed: int = 0, message: str = "Hello") -> StreamPlan:
    return build(reply, RequestContext(message), seed)


def is_stream(reply: Reply) -> bool:
    return reply.speaks or any(fault.about == "response" for fault in reply.faults)


def last_of(scenario: Scenario) -> Reply:
    return scenario.replies[-1]


def test_the_library_loads_as_a_whole() -> None:
    assert [scenario.name for scenario in library()] == sorted(path.stem for path in FILES)


def test_every_condition_has_a_file() -> None:
    assert set(ROWS) <= {row_of(path.stem) for path in FILES}


@pytest.mark.parametrize("path", FILES, ids=stem)
def test_a_file_names_its_schema_and_says_what_it_shows(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../contracts/scenario.schema.json\nsummary: ")
    summary = load(path).summary
    assert re.fullmatch(r"[A-Z0-9].{15,119}\.", summary)
    assert max(map(len, text.splitlines())) <= 140


@pytest.mark.parametrize("path", FILES, ids=stem)
def test_the_bytes_of_each_stream_say_its_text(path: Path) -> None:
    scenario = load(path)
    for reply in filter(is_stream, scenario.replies):
        plan = plan_of(reply, scenario.seed)
        assert disagreement(plan) is None
        for peer in PEERS[path.stem.startswith("h2-")]:
            script = lay_out(plan, peer)
            assert all(one.at <= other.at for one, other in pairwise(script.writes))


@pytest.mark.parametrize("path", [path for path in FILES if row_of(path.stem)], ids=stem)
def test_a_hazard_has_the_outcome_of_its_row(path: Path) -> None:
    scenario, row = load(path), row_of(path.stem)
    reply = last_of(scenario)
    if reply.error or reply.content:
        status = reply.status or (lookup(PROFILES["docs"], reply.error).status if reply.error else 200)
        assert ROWS[row or ""] == "error"
        assert path.stem.startswith((f"status-{status}", "not-sse" if status == 200 else "status-"))
        return
    assert expect(plan_of(reply, scenario.seed), gzip=True).outcome == ROWS[row or ""]


@pytest.mark.parametrize("path", [path for path in FILES if path.stem.startswith("status-")], ids=stem)
def test_each_named_status_is_what_the_name_says(path: Path) -> None:
    reply = last_of(load(path))
    status = reply.status or lookup(PROFILES["docs"], reply.error or "").status
    assert path.stem.startswith(f"status-{status}")


def test_the_plain_one_suits_every_sample_client() -> None:
    reply = last_of(load(FIXTURES / "plain.yaml"))
    plan = plan_of(reply)
    assert reply.segments == "event"
    assert "\n" not in plan.text
    assert not plan.text.isascii()
    assert all(chunk.startswith(" ") for chunk in plan.chunks[1:])
    assert plan.payload == b"".join(f"data: {chunk}\n\n".encode() for chunk in plan.chunks)


def test_sizes_and_rates_are_as_announced() -> None:
    sizes = {"long-line": 70_000, "long-line-1mb": 1_000_000, "long-line-8mb": 8_000_000, "many-chunks-8mb": 8_000_000}
    for name, size in sizes.items():
        plan = plan_of(last_of(load(FIXTURES / f"{name}.yaml")))
        assert len(plan.text) == size
        assert len(plan.chunks) == (1 if name.startswith("long-line") else 2000)
    assert len(plan_of(last_of(load(FIXTURES / "many-chunks.yaml"))).chunks) == 20_000
    slow = plan_of(last_of(load(FIXTURES / "slow-tokens.yaml")))
    gaps = [round(b.at - a.at, 9) for a, b in pairwise(slow.pieces)]
    assert set(gaps) == {0.025}


def test_patience_takes_over_thirty_seconds_with_gaps_of_two_at_most() -> None:
    moments = [write.at for write in lay_out(plan_of(last_of(load(FIXTURES / "patience.yaml")))).writes]
    assert moments[-1] > 30
    assert max(b - a for a, b in pairwise([0.0, *moments])) <= 2


def test_ordinary_requests_are_answered_by_no_scenario_of_the_library() -> None:
    served = Library(library())
    for path in ("/api/chat/stream", "/v1/chat/stream", "/api/v1/chat/stream", "/api/chat", "/v1/chat"):
        for message in ("Hello", "", "Explain how neural networks learn", "mock-ares"):
            for agent in (None, "product", "research"):
                facts = Facts("POST", path, {"user-agent": "test", "accept": "text/event-stream"}, message, agent)
                assert served.find(facts) is None


@pytest.mark.parametrize("profile", ["docs", "server"])
def test_no_scenario_of_the_library_takes_a_route_that_the_fake_knows_by_itself(profile: str) -> None:
    served = Library(library())
    for operation in (each for each in operations(profile) if not each.only):
        path = re.sub("{.*?}", "x", operation.path)
        assert served.scripted(Facts(operation.method, path)) is None


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("when-endpoint", Facts("POST", "/v1/chat/stream", {}, "mock-ares, which endpoint is this?")),
        ("when-agent-type", Facts("POST", "/api/chat/stream", {}, "Hi", "mock-ares-tutor")),
        ("when-message-exact", Facts("POST", "/api/chat/stream", {}, "mock-ares, say when.")),
        ("when-message-contains", Facts("POST", "/api/chat/stream", {}, "Hey, mock-ares contains what?")),
        ("when-message-pattern", Facts("POST", "/api/chat/stream", {}, "mock-ares: 12 layers?")),
        ("when-header", Facts("POST", "/api/chat/stream", {"x-mock-ares-demo": "when-header"}, "Hi")),
        ("route-rag-collections", Facts("GET", "/api/rag/collections")),
        ("route-user-agent", Facts("GET", "/api/user/agents/code-reviewer")),
        ("route-built-in", Facts("GET", "/api/agents", {"x-mock-ares-agents": "down"})),
    ],
)
def test_those_with_conditions_answer_where_they_say(name: str, facts: Facts) -> None:
    found = Library(library()).find(facts)
    assert found is not None
    assert found.name == name


def test_only_those_that_show_conditions_have_any() -> None:
    having = {scenario.name for scenario in library() if scenario.when}
    assert all(name.startswith(("when-", "route-")) for name in having)
    assert having == {path.stem for path in FILES if path.stem.startswith(("when-", "route-"))}
