"""What is drawn before anybody asks is what the wire gets, byte for byte."""

from __future__ import annotations

import json
import math
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle

import pytest

from mock_ares.ares.profiles import PROFILES, Profile
from mock_ares.authoring.load import load_all
from mock_ares.paths import FIXTURES
from mock_ares.plan.http.head import render_head
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.model import Script
from mock_ares.scenario.model import Scenario
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.replies.preview import preview
from mock_ares.server.replies.timeline import timeline
from mock_ares.server.replies.unsent import Asking, draw, own_fields
from mock_ares.server.state import Settings
from tests.test_fixtures import FILES

MESSAGE = "hi"
LARGE = {"long-answer", "long-line-1mb", "long-line-8mb", "many-chunks", "many-chunks-8mb"}
HELD = {"h2-beside"}
"""Nobody releases what they wait for."""
NAMES = [path.stem for path in FILES if path.stem not in LARGE | HELD]
STREAM = "/api/chat/stream"
ASKINGS = {
    "as clients do": Asking(MESSAGE, Negotiated(gzip=True), STREAM),
    "without gzip": Asking(MESSAGE, Negotiated(), STREAM),
    "HTTP/1.0": Asking(MESSAGE, Negotiated("1.0", gzip=True, keep_alive=False), STREAM),
    "with a key": Asking(MESSAGE, Negotiated(gzip=True), "/api/v1/chat/stream"),
    "in the form of v1": Asking(MESSAGE, Negotiated(gzip=True), "/api/v1/chat/stream", messages=True),
    "as one object": Asking(MESSAGE, Negotiated(), "/api/chat"),
}
VARYING = re.compile(
    rb"date: [^\r]*|retry-after: \w{3}, [^\r]*|localhost:[0-9]+/_mock/away/[\w-]*"
    rb"|msg-[0-9a-f-]{36}|\"context_id\":\"[^\"]*\""
)
"""What is another each time."""


@pytest.fixture(scope="module")
def library() -> dict[str, Scenario]:
    return {scenario.name: scenario for scenario in load_all([FIXTURES])}


@pytest.fixture(scope="module", params=list(PROFILES))
def fake(request: pytest.FixtureRequest, library: dict[str, Scenario]) -> Iterator[FakeServer]:
    with FakeServer(Settings(profile=request.param, speed=math.inf), library.values()) as server:
        yield server


def asked(fake: FakeServer, asking: Asking) -> Asking:
    """As the profile can be asked: only the pages have the form of v1."""
    return asking if fake.fake.profile.name == "docs" else replace(asking, messages=False)


def request_of(fake: FakeServer, scenario: str, asking: Asking, tokens: tuple[str, str]) -> bytes:
    path = asking.path or STREAM
    said = {"messages": [{"role": "user", "content": MESSAGE}]} if asking.messages else {"message": MESSAGE}
    # An object's head counts what was said in the conversation before: it is a new one each time.
    fields = {} if path.endswith("/chat") else {"context_id": fake.fake.profile.example_context_id}
    body = json.dumps({**said, **fields}).encode()
    head = [
        f"POST {path} HTTP/{asking.negotiated.version}",
        "host: 127.0.0.1:3000",
        f"authorization: Bearer {tokens['/v1/' in path]}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        f"x-mock-ares-scenario: {scenario}",
        f"accept-encoding: {'gzip' if asking.negotiated.gzip else 'gzip;q=0'}",
    ]
    return "\r\n".join([*head, "", ""]).encode() + body


def heard(fake: FakeServer, request: bytes, size: int) -> bytes:
    """So many bytes, or what comes before the connection ends."""
    address = fake.url.removeprefix("http://").split(":")
    data = bytearray()
    with socket.create_connection((address[0], int(address[1])), timeout=20) as connection:
        connection.sendall(request)
        while len(data) < max(size, 1):
            try:
                read = connection.recv(1 << 20)
            except ConnectionResetError:
                break
            if not read:
                break
            data += read
    return bytes(data)


def wire(script: Script, profile: Profile) -> bytes:
    head = render_head(script.head, own_fields(profile)) if script.head is not None else b""
    return head + script.columns.data


def compared(fake: FakeServer, scenario: Scenario, asking: Asking) -> None:
    asking, credentials = asked(fake, asking), fake.credentials()
    tokens = (credentials.token, credentials.api_key)
    for index, reply in enumerate(scenario.replies):
        if any(fault.http == "2" or fault.over_tls for fault in reply.faults):  # drawn as it is by another transport
            refused = heard(fake, request_of(fake, scenario.name, asking, tokens), 12)
            assert refused[8:12] == b" 500", (scenario.name, index)
            continue
        answer = draw(scenario, index, asking, fake.fake.profile)
        drawn = wire(answer.script, fake.fake.profile)
        found = heard(fake, request_of(fake, scenario.name, asking, tokens), len(drawn))
        assert VARYING.sub(b"", found) == VARYING.sub(b"", drawn), (scenario.name, index)


@pytest.mark.parametrize(("name", "other"), list(zip(NAMES, cycle(ASKINGS), strict=False)))
def test_the_bytes_that_are_drawn_are_the_bytes_that_are_sent(
    fake: FakeServer, library: dict[str, Scenario], name: str, other: str
) -> None:
    scenario, asked = library[name], {"as clients do", other}
    if other == "as one object" and any(r.faults or not isinstance(r.body, str) for r in scenario.replies):
        # The faults of an event stream have no place in an object, and are refused there; its context, which is another
        # each time, may lie in two HTTP chunks.
        asked.discard(other)
    for way in asked:
        compared(fake, scenario, ASKINGS[way])


def test_what_the_database_does_not_take_is_drawn_as_it_is_refused(
    fake: FakeServer, library: dict[str, Scenario]
) -> None:
    compared(fake, library["text-nul"], ASKINGS["as one object"])


@pytest.mark.parametrize("name", ["typed", "plain", "gzip", "delta", "redirect"])
@pytest.mark.parametrize("asking", ASKINGS)
def test_in_each_way_to_ask(fake: FakeServer, library: dict[str, Scenario], name: str, asking: str) -> None:
    compared(fake, library[name], ASKINGS[asking])


@pytest.mark.parametrize(("profile", "agent"), [("docs", b"router"), ("server", b"product")])
def test_the_agent_is_the_profiles(library: dict[str, Scenario], profile: str, agent: bytes) -> None:
    answer = draw(library["typed"], 0, ASKINGS["as clients do"], PROFILES[profile])
    assert b'"agent":"%s (system)"' % agent in answer.plan.payload


def test_show_prints_these(library: dict[str, Scenario]) -> None:
    answer = draw(library["typed"], 0, ASKINGS["as clients do"], PROFILES["docs"])
    printed = list(preview(library["typed"], message=MESSAGE))
    peer = ASKINGS["as clients do"].negotiated
    assert (
        printed[-1] == list(timeline(answer.plan, peer, script=answer.script, extra=own_fields(PROFILES["docs"])))[-1]
    )
    assert any(line.strip().startswith("date: ") for line in printed)
