"""Bodies of requests, as bytes, and what each gets on either parser. A new case is one more row."""

from __future__ import annotations

import pytest

from mock_ares.server.http import handler
from tests.surfaces.rig import PROBE, SAY_HI, Rig

CHUNKED = "Transfer-Encoding: chunked"
LAST = b"0\r\n\r\n"
PIECE = b"10\r\n" + SAY_HI + b"\r\n"
BAD = {
    "no size": b"\r\n",
    "a size that is none": b"zz\r\n",
    "a negative size": b"-1\r\n",
    "a size beyond 64 bits": b"1" * 40 + b"\r\n",
    "a piece that is longer than its size": b"2\r\nabcd\r\n",
    "extensions without end": b"1;" + b"x" * 800_000,
    "a trailer without end": PIECE + b"0\r\nx-a: " + b"b" * 900_000,
    "trailers without end": PIECE + b"0\r\n" + b"a: b\r\n" * 100_000 + b"\r\n",
}


class TestBrokenBodies:
    @pytest.mark.parametrize("name", BAD)
    def test_are_told_so_and_are_in_the_journal(self, each: Rig, name: str) -> None:
        got = each.send(each.chat(CHUNKED, body=b"", framed=False), BAD[name])
        assert got.statuses in ([400], [431])
        (found,) = got.exchanges
        assert (found.method, found.path, found.status) == ("POST", "/api/chat", got.statuses[0])
        assert found.reason
        assert each.send(PROBE).statuses == [200]

    @pytest.mark.parametrize("name", ["no size", "a size that is none"])
    def test_of_the_control_api_too(self, rig: Rig, name: str) -> None:
        head = "POST /_mock/api/validate HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        got = rig.send(f"{head}{CHUNKED}\r\n\r\n".encode(), BAD[name])
        assert (got.statuses, got.end) == ([400], "fin")


class TestTrailers:
    """RFC 9110 6.5.1: no fields of the request, unless a field's definition says so."""

    def test_they_change_nothing(self, rig: Rig) -> None:
        trailers = b"x-mock-ares-scenario: nobody\r\nauthorization: Bearer x\r\ncontent-type: text/plain\r\nx-a: b\r\n"
        got = rig.send(rig.chat(CHUNKED, body=b"", framed=False) + PIECE + b"0\r\n" + trailers + b"\r\n")
        assert (got.statuses, got.end) == ([200], "open")
        assert not {"x-a", "x-mock-ares-scenario"} & {name for name, _ in got.exchanges[0].headers}

    def test_they_cannot_replace_credentials_that_are_none(self, rig: Rig) -> None:
        head = f"POST /api/chat HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{CHUNKED}\r\n\r\n".encode()
        trailer = f"authorization: Bearer {rig.credentials.token}\r\n".encode()
        assert rig.send(head + PIECE + b"0\r\n" + trailer + b"\r\n").statuses == [401]


class TestWellFramed:
    @pytest.mark.parametrize(
        "body",
        [
            PIECE + LAST,
            b'8;a=b;c="d"\r\n' + SAY_HI[:8] + b"\r\n8\r\n" + SAY_HI[8:] + b"\r\n" + LAST,
            b"0010\r\n" + PIECE[4:] + LAST,
        ],
        ids=["a piece", "extensions", "zeros in front"],
    )
    def test_chunks(self, rig: Rig, body: bytes) -> None:
        got = rig.send(rig.chat(CHUNKED, body=b"", framed=False) + body, rig.chat(), responses=2)
        assert (got.statuses, got.end) == ([200, 200], "open")


HALVES = {
    "of a length, nothing": ("content-length: 9", b""),
    "of a length, a byte": ("content-length: 9", b"{"),
    "chunks, nothing": (CHUNKED, b""),
    "chunks, half a size": (CHUNKED, b"1"),
    "chunks, a size": (CHUNKED, b"10\r\n"),
    "chunks, half a piece": (CHUNKED, b"10\r\n" + SAY_HI[:3]),
    "chunks, a piece": (CHUNKED, PIECE),
    "chunks, half an end": (CHUNKED, PIECE + LAST[:3]),
    "chunks, half a trailer": (CHUNKED, PIECE + b"0\r\nx-a"),
}


@pytest.mark.parametrize("name", HALVES)
@pytest.mark.parametrize("path", ["/api/chat", "/_mock/api/validate"])
def test_a_client_that_leaves_in_the_midst_of_a_body_has_left(each: Rig, name: str, path: str) -> None:
    field, part = HALVES[name]
    head = each.chat(field, body=b"", framed=False).replace(b" /api/chat ", b" %b " % path.encode())
    before = each.fake.journal.last
    each.leave(head.replace(b"host: x", b"host: localhost") + part)
    assert all(found.ending != "open" for found in each.settled(before))


def test_a_body_that_stands_still_is_cut_off(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "BODY_TIMEOUT", 0.02)
    got = rig.send(rig.chat(body=b"", framed=False)[:-2] + b"content-length: 9\r\n\r\nabc")
    assert (got.statuses, got.end) == ([], "reset")
    assert [found.ending for found in got.exchanges] == ["ended"]


def test_a_body_that_creeps_is_cut_off(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes soon enough, and all together too late."""
    monkeypatch.setattr(handler, "BODY_DEADLINE", 0.0)
    got = rig.send(rig.chat(body=b"", framed=False)[:-2] + b"content-length: 9\r\n\r\nabc", b"d")
    assert not got.statuses
    assert got.end in ("reset", "fin")  # who sends into a reset has been told of it then
