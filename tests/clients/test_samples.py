"""The clients of contracts/clients: what the samples do, and that the corrected ones do it right."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.clients.rig import MESSAGE, PATH, TOKEN, RawServer, Run

TOOLS = ["curl", "python-requests", "python-httpx", "browser", "node", "go", "java", "rust"]
PROGRAMS = {"curl": "curl", "browser": "chromium", "node": "node", "go": "go", "java": "javac", "rust": "cargo"}
CHUNKS = ["Neural", " networks", "  learn", " ", "naïvely: ", "日本", " 👩‍🔬", " data: x", " by", " example."]
TEXT = "".join(CHUNKS)


def each(*tools: str) -> pytest.MarkDecorator:
    """One case for each tool, marked with the program it needs; slow where it takes a minute to be built."""

    def marks(tool: str) -> Iterator[pytest.MarkDecorator]:
        if tool in PROGRAMS:
            yield pytest.mark.toolchain(PROGRAMS[tool])
        if tool == "rust":
            yield pytest.mark.slow

    return pytest.mark.parametrize("tool", [pytest.param(tool, marks=[*marks(tool)]) for tool in tools])


def event(chunk: str) -> bytes:
    return f"data: {chunk}\n\n".encode()


class TestSamples:
    @each(*TOOLS)
    def test_a_plain_reply_comes_through_exactly(self, tool: str, server: RawServer, run: Run) -> None:
        server.events(*map(event, CHUNKS))
        outcome = run(f"{tool}/sample")
        assert (outcome.text, outcome.failed) == (TEXT, False)

    @each(*TOOLS)
    def test_the_request_is_the_pages(self, tool: str, server: RawServer, run: Run) -> None:
        server.events(event("x"))
        run(f"{tool}/sample")
        (request,) = server.requests
        assert request.line == f"POST {PATH} HTTP/1.1"
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.headers["accept"] == "text/event-stream"
        assert request.headers["content-type"] == "application/json"
        agent = {} if tool in {"python-httpx", "node"} else {"agent_type": "research"}
        assert json.loads(request.body) == {"message": MESSAGE, **agent}

    @each(*TOOLS)
    def test_an_error_reply_is_taken_for_an_empty_answer(self, tool: str, server: RawServer, run: Run) -> None:
        server.raw(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 24\r\n", b'{"error":"Unauthorized"}')
        outcome = run(f"{tool}/sample")
        assert (outcome.text, outcome.failed) == ("", False)

    @each(*TOOLS)
    def test_a_newline_and_a_missing_space_lose_text(self, tool: str, server: RawServer, run: Run) -> None:
        server.events(b"data: one\ndata: two\n\n", b"data:three\n\n", b"data: four\n\n")
        assert run(f"{tool}/sample").text == "onetwofour"

    @each("python-httpx")
    def test_httpx_cuts_lines_at_line_separator(self, tool: str, server: RawServer, run: Run) -> None:
        server.events(event("kept\u2028lost"))
        assert run(f"{tool}/sample").text == "kept"

    @each("go")
    def test_go_stops_at_a_line_of_64_kib(self, tool: str, server: RawServer, run: Run) -> None:
        server.events(event("kept"), event("x" * 70_000))
        outcome = run(f"{tool}/sample")
        assert (outcome.text, outcome.failed) == ("kept", True)

    @each("rust")
    def test_rust_loses_what_a_read_cuts(self, tool: str, server: RawServer, run: Run) -> None:
        server.events(b"data: who", b"le\n\n", event("kept"))
        assert run(f"{tool}/sample").text == "whokept"

    @each(*TOOLS)
    def test_a_dropped_connection_is_reported(self, tool: str, server: RawServer, run: Run) -> None:
        server.events(event("some"), event(" text"), last_chunk=False)
        assert run(f"{tool}/sample").failed


STREAMS = {
    "plain": ([event(chunk) for chunk in CHUNKS], TEXT),
    "in one read": ([b"".join(map(event, CHUNKS))], TEXT),
    "nothing": ([b""], ""),
    "crlf split": ([b"data: a\r", b"\ndata: b\r", b"\n\r", b"\ndata: c\r\n\r", b"\n"], "a\nbc"),
    "cr": ([b"data: a\r\r", b"data: b\rdata: c\r", b"\r"], "ab\nc"),
    "mixed ends": ([b"data: a\n\r\ndata: b\r\rdata: c\r\n\n"], "abc"),
    "utf-8 split": ([b"data: \xf0", b"\x9f", b"\x98\x80\xe6\x97", b"\xa5\n\n"], "😀日"),
    "prefix split": ([b"da", b"ta", b":", b" ", b" a", b"\n", b"\n"], " a"),
    "newlines": ([b"data: a\ndata:\ndata: b\n\n", b"data: \ndata: \n\n"], "a\n\nb\n"),
    "bom": ([b"\xef\xbb", b"\xbfdata: a\n\n", "data: \ufeffb\n\n".encode()], "a\ufeffb"),
    "no space": ([b"data:a\n\ndata:  b\n\ndata\n\ndata:\n\n"], "a b"),
    "comments": ([b": hi\n\n:\n\ndata: a\n: hi\n\n", b":\ndata: b\n:data: c\n\n"], "ab"),
    "fields": ([b"id: 1\ndata: a\nretry: x\n\nevent\nfoo: 1\ndata : no\ndata: b\n\nid: 2\n\n"], "ab"),
    "unfinished": ([b"data: a\n\n", b"data: lost\ndata: lo"], "a"),
    "separators": ([event("a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg")], "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg"),
    "nul": ([event("a\x00b")], "a\x00b"),
    "bad utf-8": ([b"data: a\xffb\n\n"], "a\ufffdb"),
    "long line": ([b"data: " + b"x" * 150_000, b"y" * 150_000 + b"\n\n"], "x" * 150_000 + "y" * 150_000),
}


class TestFixed:
    @pytest.mark.parametrize("stream", STREAMS)
    @each(*TOOLS)
    def test_gives_the_exact_text(self, tool: str, stream: str, server: RawServer, run: Run) -> None:
        segments, text = STREAMS[stream]
        server.events(*filter(None, segments))
        outcome = run(f"{tool}/fixed")
        assert (outcome.text, outcome.failed) == (text, False), outcome.said

    @each(*TOOLS)
    def test_sends_the_documented_request_once(self, tool: str, server: RawServer, run: Run) -> None:
        server.events(event("x"))
        run(f"{tool}/fixed")
        (request,) = server.requests
        assert request.line == f"POST {PATH} HTTP/1.1"
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        assert request.headers["accept"] == "text/event-stream"
        assert request.headers["content-type"] == "application/json"
        assert json.loads(request.body) == {"message": MESSAGE}

    @pytest.mark.parametrize("field", ["Text/Event-Stream", "text/event-stream;charset=latin-1"])
    @each(*TOOLS)
    def test_takes_any_spelling_of_the_type(self, tool: str, field: str, server: RawServer, run: Run) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {field}\r\ntransfer-encoding: chunked\r\n"
        server.raw(head.encode(), b"b\r\ndata: \xc3\xa9\n\n\n\r\n0\r\n\r\n")
        assert run(f"{tool}/fixed").text == "é"

    @each(*TOOLS)
    def test_reads_a_body_that_ends_with_the_connection(self, tool: str, server: RawServer, run: Run) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n"
        server.raw(head, event("a"), event("b"))
        outcome = run(f"{tool}/fixed")
        assert (outcome.text, outcome.failed) == ("ab", False)

    @pytest.mark.parametrize("status", ["401 Unauthorized", "307 Temporary Redirect", "503 Service Unavailable"])
    @each(*TOOLS)
    def test_reports_another_status(self, tool: str, status: str, server: RawServer, run: Run) -> None:
        head = f"HTTP/1.1 {status}\r\nlocation: /elsewhere\r\ncontent-type: text/event-stream\r\ncontent-length: 15\r\n"
        server.raw(head.encode(), b"data: an error\n")
        outcome = run(f"{tool}/fixed")
        assert (outcome.text, outcome.failed) == ("", True)
        # A page is told nothing of a redirect that it did not follow.
        assert status[:3] in outcome.said or (tool == "browser" and status[:3] == "307")
        assert len(server.requests) == 1

    @pytest.mark.parametrize("field", ["content-type: application/json\r\n", "content-type: text/html\r\n", ""])
    @each(*TOOLS)
    def test_reports_another_type(self, tool: str, field: str, server: RawServer, run: Run) -> None:
        server.raw(f"HTTP/1.1 200 OK\r\n{field}content-length: 10\r\n".encode(), b"data: no\n\n")
        outcome = run(f"{tool}/fixed")
        assert (outcome.text, outcome.failed) == ("", True)
        assert "text/event-stream" in outcome.said

    @pytest.mark.parametrize("after", [b"", b"data: unfin", b"data: unfinished\n"])
    @each(*TOOLS)
    def test_reports_a_missing_last_chunk(self, tool: str, after: bytes, server: RawServer, run: Run) -> None:
        server.events(*filter(None, [event("some"), event(" text"), after]), last_chunk=False)
        outcome = run(f"{tool}/fixed")
        assert "some text".startswith(outcome.text)
        assert outcome.failed
        assert outcome.said

    @each(*TOOLS)
    def test_reports_a_short_body(self, tool: str, server: RawServer, run: Run) -> None:
        server.raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 99\r\n", event("some"))
        outcome = run(f"{tool}/fixed")
        assert outcome.failed
        assert "some".startswith(outcome.text)

    @each(*TOOLS)
    def test_reports_a_malformed_chunk(self, tool: str, server: RawServer, run: Run) -> None:
        server.raw(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n",
            b"c\r\ndata: some\n\n\r\n",
            b"ZZ\r\n",
        )
        assert run(f"{tool}/fixed").failed

    @each(*TOOLS)
    def test_reports_a_refused_connection(self, tool: str, server: RawServer, run: Run) -> None:
        server.url = "http://127.0.0.1:9"
        outcome = run(f"{tool}/fixed")
        assert (outcome.text, outcome.failed) == ("", True)
