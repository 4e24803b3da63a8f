"""The library's scenarios about HTTP/2 and TLS, as they are served: each shows what its summary says."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from mock_ares.authoring.shipped import library
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from mock_ares.verify.asking import Asker
from mock_ares.verify.exchange import NoAnswerError, post
from tests.server.http2_ear import Ear, content, ends

ALL = library()
CUT = "the connection ended before the stream did"
ENDINGS = {
    "h2-frames": [""],
    "h2-frames-cut": [""],
    "h2-goaway": [""],
    "h2-goaway-close": [CUT],
    "h2-no-end": [CUT],
    "h2-past-end": [""],
    "h2-refused": ["REFUSED_STREAM", "REFUSED_STREAM"],
    "h2-refused-then-good": ["REFUSED_STREAM", ""],
    "h2-reset": ["CANCEL"],
    "h2-reset-late": ["PROTOCOL_ERROR"],
    "h2-reset-then-good": ["INTERNAL_ERROR", ""],
    "h2-reset-well": ["NO_ERROR"],
}
"""How the answers end, in their order; empty: well."""
ASK = {
    name: post("/api/chat/stream", {"message": "hi"}, "jwt", fields=(("x-mock-ares-scenario", name),))
    for name in ("plain", "tls-cut", *ENDINGS)
}


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeServer]:
    with FakeServer(Settings(speed=math.inf), ALL.values()) as server:
        yield server


def test_each_has_an_ending() -> None:
    assert {name for name in ALL if name.startswith("h2-")} == {*ENDINGS, "h2-beside"}


@pytest.mark.parametrize("name", ENDINGS)
def test_it_ends_as_it_says(fake: FakeServer, name: str) -> None:
    asker, values = Asker(fake.url, timeout=10, http="2"), {"jwt": fake.credentials().token}
    for ending in ENDINGS[name]:
        try:
            heard = asker.ask(ASK[name], values)
        except NoAnswerError as error:
            assert ending == "REFUSED_STREAM" and ending in str(error)
            continue
        assert ending in heard.ending and bool(heard.ending) == bool(ending)
        if name == "h2-reset-late":
            assert heard.body.count(b"data: ") == 3000


def test_the_second_answer_is_given_beside_the_first(fake: FakeServer) -> None:
    fields = [
        ("authorization", f"Bearer {fake.credentials().token}"),
        ("content-type", "application/json"),
        ("x-mock-ares-scenario", "h2-beside"),
    ]
    with Ear(fake) as ear:
        first = ear.ask(fields=fields, body=b'{"message":"one"}')
        ear.until(lambda found: content(found))
        second = ear.answer(ear.ask(fields=fields, body=b'{"message":"two"}'))
        assert b"second" in content(second)
        assert not ends(ear.frames(), first)


def test_by_http1_it_is_refused_by_name(fake: FakeServer) -> None:
    heard = Asker(fake.url, timeout=10).ask(ASK["h2-goaway"], {"jwt": fake.credentials().token})
    assert heard.status == 500 and b"goaway: HTTP/1.1 cannot say that" in heard.body


def test_a_body_that_looks_whole_in_clear_text_is_cut_over_tls(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
    with FakeServer(Settings(speed=math.inf, tls=True), [ALL["tls-cut"]]) as fake:
        me = fake.credentials()
        heard = Asker(fake.url, timeout=10, ca=fake.ca).ask(ASK["tls-cut"], {"jwt": me.token})
        assert heard.body.count(b"data: ") == 8 and fake.requests()[-1].ending == "close"
