"""Clients behind a driver: the conversation, and every way in which a driver can spoil it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mock_ares.harness.clients import driver
from mock_ares.harness.clients.driver import DriverClient
from mock_ares.harness.clients.spawned import ProcessClient
from mock_ares.harness.model import HarnessError, Observation, UsageError
from tests.harness.targets import script, target

Drive = Callable[..., DriverClient]

PRELUDE = """
import json, os, sys, time
def raw(line): sys.stdout.write(line + "\\n"); sys.stdout.flush()
def say(**message): raw(json.dumps(message))
def asked():
    for line in sys.stdin: yield json.loads(line)
"""
HELLO = "say(protocol=1)\n"
ECHO = f"{HELLO}for r in asked(): say(id=r['id'], text=r['message'])"


@pytest.fixture
def drive(tmp_path: Path) -> Drive:
    def make(source: str, **options: Any) -> DriverClient:
        bounds = {name: options.pop(name) for name in ("hello_seconds", "most_bytes") if name in options}
        client = DriverClient(script(tmp_path, PRELUDE + source), **options)
        for name, value in bounds.items():
            setattr(client, name, value)
        return client

    return make


def answering(answer: str) -> str:
    """A driver that does this for the message ``odd``, and is good to all others."""
    good = "say(id=r['id'], text=f'{os.getpid()}')"
    return f"{HELLO}for r in asked():\n if r['message'] == 'odd':\n  {answer}\n else: {good}"


def observed(client: DriverClient, **options: Any) -> Observation:
    return client.observe(target(message="odd", **options))


class TestConversation:
    def test_a_request_has_what_a_client_needs(self, drive: Drive) -> None:
        with drive(f"{HELLO}for r in asked(): say(id=r['id'], text=json.dumps(r))") as client:
            first, second = (client.observe(target(cancel_after=number)).text for number in (None, 5))
        rest = '"url": "http://127.0.0.1:9", "path": "/api/chat/stream", "token": "a-token", "message": "Hello"'
        assert first == f'{{"id": 1, {rest}}}'
        assert second == f'{{"id": 2, {rest}, "cancel_after": 5}}'

    def test_pieces_are_told_as_they_come(self, drive: Drive, tmp_path: Path) -> None:
        heard = tmp_path / "heard"
        wait = f"while not os.path.exists({str(heard)!r}): pass"
        with drive(answering(f"say(id=r['id'], piece='ab')\n  {wait}\n  say(id=r['id'], text='ab')")) as client:
            observation = client.observe(target(message="odd"), lambda _: heard.touch())
        assert (observation.text, observation.shown) == ("ab", ("ab",))

    def test_an_error_ends_it(self, drive: Drive) -> None:
        with drive(answering("say(id=r['id'], piece='ab'); say(id=r['id'], error='HTTP 401')")) as client:
            observation = observed(client)
            assert client.observe(target()).text
        assert (observation.text, observation.error, observation.shown) == (None, "HTTP 401", ("ab",))

    def test_a_restart_takes_back_what_was_shown(self, drive: Drive) -> None:
        say = "say(id=r['id'], piece='ab'); say(id=r['id'], restart=True); say(id=r['id'], piece='c'); "
        with drive(answering(say + "say(id=r['id'], text='c')")) as client:
            assert observed(client).shown == ("c",)

    def test_who_takes_long_to_begin_may_take_long_to_ask(self, drive: Drive) -> None:
        with drive(f"time.sleep(0.2)\n{ECHO}") as client:
            assert client.slowest_start >= 4 * 0.2

    def test_one_process_serves_all(self, drive: Drive) -> None:
        with drive(answering("pass")) as client:
            assert len({client.observe(target()).text for _ in range(5)}) == 1

    @pytest.mark.parametrize("message", ["\u2028\x85\r\n\0", "\ud800", "👩‍🔬" * 100_000])
    def test_every_text_gets_there_and_back(self, drive: Drive, message: str) -> None:
        source = f"{HELLO}for r in asked(): say(id=r['id'], piece=r['message']); say(id=r['id'], text=r['message'])"
        with drive(source) as client:
            observation = client.observe(target(message=message))
        assert observation.text == observation.shown_text == message

    def test_text_that_is_not_escaped(self, drive: Drive) -> None:
        say = r"""sys.stdout.buffer.write(b'{"id": %d, "text": "\xe2\x80\xa8\xc2\x85"}\r\n' % r['id'])"""
        with drive(answering(f"{say}; sys.stdout.flush()")) as client:
            assert observed(client).text == "\u2028\x85"

    def test_halves_of_a_character_are_put_together(self, drive: Drive) -> None:
        pieces = r"[say(id=r['id'], piece=p) for p in ('a\ud83d', '\ude00b\ud83d')]"
        with drive(answering(f"{pieces}; say(id=r['id'], text='')")) as client:
            assert observed(client).shown == ("a", "😀b", "\ud83d")

    def test_a_driver_that_cancels(self, drive: Drive) -> None:
        with drive(answering("say(id=r['id'], piece='ab'); say(id=r['id'], text='ab')")) as client:
            assert observed(client, cancel_after=2).cancelled
            assert not observed(client, cancel_after=3).cancelled

    def test_what_an_earlier_example_still_says_is_passed_over(self, drive: Drive) -> None:
        source = f"""{HELLO}for r in asked():
            if r['id'] > 1: say(id=r['id'] - 1, piece='late'); say(id=r['id'] - 1, error='late')
            say(id=r['id'], text='ok')"""
        with drive(source) as client:
            observations = [client.observe(target()) for _ in range(3)]
        assert {(o.text, o.shown) for o in observations} == {("ok", ())}

    def test_what_it_says_to_standard_error_does_not_stop_it(self, drive: Drive) -> None:
        with drive(answering("sys.stderr.write('x' * 10**6); say(id=r['id'], text='ok')")) as client:
            assert [observed(client).text for _ in range(3)] == ["ok"] * 3

    def test_a_listener_that_fails_is_the_harness_error(self, drive: Drive) -> None:
        def listen(piece: str) -> None:
            raise RuntimeError

        with drive(answering("say(id=r['id'], piece='ab')")) as client:
            with pytest.raises(HarnessError, match="listens to the shown pieces failed: RuntimeError"):
                client.observe(target(message="odd"), listen)
            assert client.observe(target()).text


class TestSpoiled:
    """It is the client's outcome, and the next example has a process of its own."""

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            ("raw('debug: here')", "no JSON: 'debug: here'"),
            ("raw('[1]')", "no JSON object: '[1]'"),
            ("say(id=r['id'])", "it has none of piece, restart, text, error"),
            ("say(id=r['id'], piece=5)", "'piece' is no text"),
            ("say(id=r['id'] + 1, text='')", "there is no example of this id, 2 was asked last"),
            ("say(id=0, text='')", "there is no example of this id, 2 was asked last"),
            ("sys.exit('broken')", "the driver ended: exit status 1: broken"),
            ("os.kill(os.getpid(), 9)", "the driver ended: killed by SIGKILL"),
            (
                "sys.stdout.write('{\"id\"'); sys.exit()",
                "the driver ended in the midst of a line, '{\"id\"': exit status 0",
            ),
            ("os.close(1); time.sleep(3600)", "the driver closed its standard output"),
            ("raw(' ' * 4000)", "the driver wrote more than 3000 bytes"),
            ("while True: say(id=r['id'], piece='x' * 40)", "it showed more than 100 characters"),
            ("while True: say(id=r['id'], piece='')", "the driver wrote more than 3000 bytes"),
        ],
    )
    def test_what_spoils_it(self, drive: Drive, monkeypatch: pytest.MonkeyPatch, answer: str, error: str) -> None:
        monkeypatch.setattr(driver, "GOODBYE_SECONDS", 0.2 if "sleep" in answer else 5.0)
        with drive(answering(answer), limit=100, most_bytes=3000) as client:
            first = client.observe(target()).text
            observation = observed(client)
            assert observation.text is None
            assert (observation.error or "").startswith(error)
            assert not observation.timed_out
            assert client.observe(target()).text not in (None, first)

    @pytest.mark.parametrize(
        "answer", ["pass", "time.sleep(3600)", 'while True: raw(\'{"id": 1, "piece": ""}\')', "say(id=1, text='')"]
    )
    def test_silence_until_the_deadline(self, drive: Drive, answer: str) -> None:
        with drive(answering(answer)) as client:
            first = client.observe(target()).text
            observation = observed(client, deadline=0.3)
            assert (observation.text, observation.timed_out) == (None, True)
            assert client.observe(target()).text not in (None, first)

    def test_one_that_dies_between_examples_is_started_again(self, drive: Drive) -> None:
        with drive(f"{HELLO}for r in asked(): say(id=r['id'], text='ok'); break") as client:
            for _ in range(3):
                assert client.observe(target()).text == "ok"
                assert client._talk is not None
                client._talk.child.wait(time.monotonic() + 20)

    def test_one_that_reads_nothing(self, drive: Drive) -> None:
        with drive(f"{HELLO}time.sleep(3600)") as client:
            assert client.observe(target(0.3, message="x" * 10**6)).timed_out

    def test_one_that_does_not_start_again(self, drive: Drive, tmp_path: Path) -> None:
        with drive(f"{HELLO}for r in asked(): sys.exit()") as client:
            (tmp_path / "client.py").write_text("raise SystemExit('gone')")
            errors = [client.observe(target()).error or "" for _ in range(2)]
        assert "ended" in errors[0]
        assert "does not start again" in errors[1]
        assert "gone" in errors[1]


class TestHello:
    def test_names_and_declares(self, drive: Drive) -> None:
        hello = "say(protocol=1, name='go', capabilities=['incremental', 'timeout=5'])\nfor r in asked(): pass"
        with drive(hello, capabilities=["v1"]) as client:
            assert client.name == "go"
            assert (client.capabilities, client.timeout) == (frozenset({"incremental", "timeout", "v1"}), 5)
        with drive(hello, name="mine", timeout=2) as client:
            assert (client.name, client.timeout) == ("mine", 2)

    @pytest.mark.parametrize(
        ("source", "said"),
        [
            ("raw('Hello')", "does not speak the driver protocol: no JSON: 'Hello'"),
            ("say(protocol=2); time.sleep(3600)", "version 2 of the protocol, expected 1"),
            ("sys.exit('no such module')", "the driver ended: exit status 1: no such module"),
            ("time.sleep(3600)", "no line from it within 1 s"),
            ("while True: sys.stdout.write('x' * 4096)", "more than 65536 bytes"),
            ("say(protocol=1, error='no client here')", "no client here"),
            (
                "say(protocol=1, capabilities=['retyr']); time.sleep(9)",
                "unknown capability 'retyr'; did you mean 'retry'?",
            ),
        ],
    )
    def test_without_one_it_cannot_start(self, drive: Drive, source: str, said: str) -> None:
        client = drive(source, hello_seconds=1 if "3600" in source and "protocol" not in source else 30)
        with pytest.raises(UsageError) as refusal:
            client.start()
        assert said in str(refusal.value)

    def test_a_command_that_is_none(self) -> None:
        with pytest.raises(UsageError, match="no command 'nodee-js' on PATH"):
            DriverClient(["nodee-js"]).start()


class TestCost:
    def test_an_example_costs_a_fraction_of_a_process(self, drive: Drive, tmp_path: Path) -> None:
        """A driver is there for hundreds of examples a second; a process of this kind takes some 10 ms."""
        with ProcessClient([sys.executable, "-S", "-c", ""]) as process:
            spawned = _fastest(lambda: process.observe(target()))
        with drive(ECHO) as client:
            driven = _fastest(lambda: client.observe(target()))
        assert driven < spawned / 5


def _fastest(what: Callable[[], object], rounds: int = 20) -> float:
    """The shortest of many: what it takes when nothing else has the processor."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        what()
        times.append(time.perf_counter() - begun)
    return min(times)
