"""The browser that clients run in: what it reports of them, and that nothing of it stays behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from mock_ares.harness.clients.browser.chromium import LIMIT, Chromium, ChromiumError, Ran
from tests.toolchains import require_tool

Run = Callable[..., Ran]


CALL = {"url": "http://127.0.0.1:9", "path": "/x", "token": "a-token", "message": "hé\u2028llo\n"}
"""What every client is called with."""


def processes_of(profile: str) -> list[int]:
    """The live processes, zombies left out, whose command line names this text."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if profile.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


@pytest.fixture
def run(chromium: Chromium, tmp_path: Path) -> Run:
    def run_source(
        source: str, timeout: float = 30.0, limit: int = LIMIT, on_show: Callable[[str], None] = lambda _: None
    ) -> Ran:
        file = tmp_path / "a client.js"
        file.write_text(source)
        return chromium.run(file, CALL, timeout=timeout, limit=limit, on_show=on_show)

    return run_source


@pytest.mark.toolchain("chromium")
class TestRun:
    def test_gives_text_and_what_was_shown(self, run: Run) -> None:
        source = """export async function streamChat({ show, ...call }) {
            for (const value of Object.values(call)) { await null; show(value); }
            return Object.keys(call).join();
        }"""
        assert run(source) == Ran("url,path,token,message", tuple(map(str, CALL.values())), None)

    def test_takes_a_plain_script(self, run: Run) -> None:
        assert run("async function streamChat({ token }) { return token }") == Ran("a-token", (), None)

    def test_takes_a_function_that_is_not_async(self, run: Run) -> None:
        assert run("export const streamChat = () => 'at once'").text == "at once"

    def test_loads_what_the_client_imports(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "lib.mjs").write_text("export const text = 'imported'")
        assert run("import { text } from './lib.mjs'; export const streamChat = () => text").text == "imported"

    def test_keeps_every_character(self, run: Run) -> None:
        text = "\x00\ud800\u2028👩‍🔬\r\n"
        source = r"const t = '\0\ud800\u2028👩‍🔬\r\n'; export const streamChat = ({ show }) => (show(t), t)"
        assert run(source) == Ran(text, (text,), None)

    def test_each_run_has_a_document_of_its_own(self, run: Run) -> None:
        source = "export const streamChat = () => String((globalThis.seen = (globalThis.seen ?? 0) + 1))"
        assert [run(source).text for _ in range(3)] == ["1", "1", "1"]

    def test_pieces_are_heard_while_the_client_runs(self, run: Run, tmp_path: Path) -> None:
        source = """export async function streamChat({ show }) {
            show("a");
            while (!(await fetch(new URL("heard", import.meta.url))).ok);
            return "ab";
        }"""
        assert run(source, on_show=lambda _: (tmp_path / "heard").touch()) == Ran("ab", ("a",), None)

    @pytest.mark.parametrize(
        ("source", "error"),
        [
            ("export const streamChat = () => { throw new TypeError('wrong') }", "TypeError: wrong"),
            ("export const streamChat = () => Promise.reject()", "undefined"),
            ("export const streamChat = () => Promise.reject(Object.create(null))", "has no text"),
            ("export const streamChat = () => 5", "gave number, expected a string"),
            ("export const streamChat = async () => {}", "gave undefined, expected a string"),
            ("export const other = 1", "has no streamChat"),
            ("export const = 1", "SyntaxError"),
            ("import './lib/missing.js'", "not found beside it: lib/missing.js"),
        ],
    )
    def test_reports_what_went_wrong(self, run: Run, source: str, error: str) -> None:
        ran = run(source)
        assert ran.text is None
        assert ran.error is not None and error in ran.error

    def test_keeps_what_was_shown_before_an_error(self, run: Run) -> None:
        ran = run("export const streamChat = ({ show }) => { show('some'); throw new Error('late') }")
        assert ran == Ran(None, ("some",), "Error: late")

    def test_bounds_a_flood(self, run: Run) -> None:
        ran = run("export const streamChat = ({ show }) => { for (;;) show('x'.repeat(40)) }", limit=100)
        assert ran == Ran(None, ("x" * 40, "x" * 40), "RangeError: the client shows more than 100 characters")
        returned = run("export const streamChat = () => 'x'.repeat(101)", limit=100)
        assert returned.error is not None and "returns more than" in returned.error

    @pytest.mark.parametrize("body", ["await new Promise(() => {})", "for (;;);"])
    def test_a_client_without_end_is_stopped(self, run: Run, body: str) -> None:
        ran = run(f"export async function streamChat({{ show }}) {{ show('a'); {body} }}", timeout=0.5)
        assert (ran.shown, ran.text, ran.timed_out) == (("a",), None, True)
        assert run("export const streamChat = () => 'next'").text == "next"

    def test_a_stopped_client_is_not_heard_in_the_next_run(self, run: Run) -> None:
        endless = "export const streamChat = ({ show }) => new Promise(() => setInterval(() => show('old'), 1))"
        assert run(endless, timeout=0.3).timed_out
        waits = "export const streamChat = () => new Promise((resolve) => setTimeout(() => resolve('new'), 50))"
        assert run(waits) == Ran("new", (), None)

    def test_files_outside_the_client_are_not_served(self, run: Run, tmp_path: Path) -> None:
        (tmp_path.parent / "secret.txt").write_text("secret")
        source = """export const streamChat = async () => {
            const base = import.meta.url.replace(/[^/]*$/, "");
            const tried = await Promise.all(["%2e%2e/secret.txt", "..%2fsecret.txt"].map((path) => fetch(base + path)));
            return tried.map((response) => response.status).join();
        }"""
        assert run(source).text == "404,404"


@pytest.mark.toolchain("chromium")
class TestLife:
    def test_nothing_stays_behind(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        require_tool("chromium")
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        client = tmp_path / "client.js"
        client.write_text("export const streamChat = () => 'x'")
        with Chromium() as browser:
            assert browser.run(client, CALL).text == "x"
            assert processes_of(str(tmp_path))
        assert processes_of(str(tmp_path)) == []
        assert list(tmp_path.iterdir()) == [client]
        browser.close()

    def test_a_browser_that_dies_is_the_harness_error_and_started_again(self, tmp_path: Path) -> None:
        require_tool("chromium")
        client = tmp_path / "client.js"
        client.write_text("export const streamChat = ({ show }) => new Promise((end) => setTimeout(end, 50, 'x'))")
        with Chromium() as browser:
            browser.run(client, CALL)
            assert browser._browser
            os.kill(browser._browser._pid, signal.SIGKILL)
            with pytest.raises(ChromiumError, match="ended unexpectedly"):
                browser.run(client, CALL)
            assert browser.run(client, CALL).text == "x"


class TestMissing:
    def test_no_browser_is_said_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(ChromiumError, match="install chromium"):
            Chromium().run(tmp_path / "client.js", CALL)

    def test_a_client_file_that_is_none(self, tmp_path: Path, chromium: Chromium) -> None:
        with pytest.raises(FileNotFoundError):
            chromium.run(tmp_path / "absent.js", CALL)

    def test_a_program_that_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(ChromiumError, match=r"cannot start .*: No such file"):
            Chromium(str(tmp_path / "absent")).run(tmp_path / "client.js", CALL)

    def test_a_program_that_ends_at_once_leaves_its_words(self, tmp_path: Path) -> None:
        program = tmp_path / "program"
        program.write_text("#!/bin/sh\necho this is no browser\n")
        program.chmod(0o755)
        with pytest.raises(ChromiumError, match="this is no browser"):
            Chromium(str(program)).run(tmp_path / "client.js", CALL)
