"""Clients that are started for each example: what is told to them, what is heard, and that none outlives it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mock_ares.harness.clients import spawned
from mock_ares.harness.clients.command import check_command
from mock_ares.harness.clients.processes.child import status_text
from mock_ares.harness.clients.spawned import ProcessClient
from mock_ares.harness.model import Observation, UsageError
from tests.harness.targets import PATIENCE, script, target

Observe = Callable[..., Observation]
BYTES = "import os; os.write(1, {0!r})"


@pytest.fixture
def observe(tmp_path: Path) -> Observe:
    def run(source: str, limit: int = 1000, deadline: float = PATIENCE, cancel_after: int | None = None) -> Observation:
        with ProcessClient(script(tmp_path, source), limit=limit) as client:
            return client.observe(target(deadline, cancel_after))

    return run


def shell(command: str, deadline: float = PATIENCE, cancel_after: int | None = None) -> Observation:
    with ProcessClient(["sh", "-c", command]) as client:
        return client.observe(target(deadline, cancel_after))


def test_its_cpu_time_is_told_apart_from_that_of_others(tmp_path: Path) -> None:
    busy = script(tmp_path, "import time\nwhile time.process_time() < 0.5: pass")
    with ProcessClient(busy) as client, ProcessClient(["true"]) as other:
        if not client.counts_its_own:
            pytest.skip("the system does not tell")
        before = client.cpu(), other.cpu()
        client.observe(target())
        other.observe(target())
        spent = client.cpu() - before[0], other.cpu() - before[1]
    assert 0.4 < spent[0] < 5 and spent[1] < 0.4


class TestText:
    def test_is_what_it_writes(self, observe: Observe) -> None:
        text = "a\r\nb\u2028\ufeff\0👩‍🔬 "
        observation = observe(BYTES.format(text.encode()))
        assert (observation.text, observation.error, observation.shown_text) == (text, None, text)

    def test_what_is_no_utf8_is_replaced(self, observe: Observe) -> None:
        assert observe(BYTES.format(b"a\xffb\xe2\x82")).text == "a\ufffdb\ufffd"

    def test_a_character_may_come_in_two_writes(self) -> None:
        observation = shell(r"printf 'a\342'; sleep 0.1; printf '\202\254b'")
        assert observation.shown == ("a", "€b")

    def test_pieces_are_told_while_it_runs(self, tmp_path: Path) -> None:
        heard = tmp_path / "heard"
        source = f"import os, pathlib\nos.write(1, b'a')\nwhile not pathlib.Path({str(heard)!r}).exists(): pass"
        with ProcessClient(script(tmp_path, source)) as client:
            assert client.observe(target(), lambda _: heard.touch()).text == "a"

    def test_none_at_all(self, observe: Observe) -> None:
        assert observe("").text == ""

    def test_it_is_told_by_its_environment(self) -> None:
        names = ("URL", "PATH", "TOKEN", "MESSAGE")
        with ProcessClient(["sh", "-c", "printf %s " + '"|"'.join(f'"$ARES_{name}"' for name in names)]) as client:
            observation = client.observe(target(message="é\n 'x'"))
        assert observation.text == "http://127.0.0.1:9|/api/chat/stream|a-token|é\n 'x'"

    def test_a_proxy_is_not_for_the_fake(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("no_proxy", "example.com")
        assert shell('printf %s "$no_proxy"').text == "example.com,127.0.0.1,::1,localhost"

    def test_it_has_nothing_to_read(self) -> None:
        assert shell("cat; echo end").text == "end\n"


class TestFailure:
    def test_exit_status_and_last_words(self, observe: Observe) -> None:
        observation = observe("import os, sys; os.write(1, b'ab'); sys.exit('HTTP 401')")
        assert (observation.text, observation.error) == (None, "exit status 1: HTTP 401")
        assert observation.shown == ("ab",)

    def test_of_much_on_standard_error_the_beginning_and_the_end_are_kept(self, observe: Observe) -> None:
        error = observe(
            "import os\nos.write(2, b'HTTP 500: ')\nfor _ in range(100): os.write(2, 'é'.encode() * 32768)\n"
            "os.write(2, b'end'); os._exit(3)"
        ).error
        assert error is not None
        assert error.startswith("exit status 3: HTTP 500: ééé") and error.endswith("ééend")
        assert "… 6,552,113 bytes …" in error and "\ufffd" not in error
        assert len(error) < 1000
        assert len(error) < 3000

    def test_a_signal(self) -> None:
        assert shell("kill -SEGV $$").error == "killed by SIGSEGV"
        assert status_text(-64, "") == "killed by SIGRTMAX"
        assert status_text(-40, "") == "killed by signal 40"

    def test_a_flood_is_ended(self, observe: Observe) -> None:
        observation = observe("import os\nwhile True: os.write(1, b'x' * 100)", limit=1000)
        assert observation.error == "it showed more than 1000 characters"
        assert not observation.timed_out

    def test_silence_until_the_deadline(self) -> None:
        observation = shell("printf ab; sleep 3600 | cat", deadline=1.0)
        assert (observation.text, observation.shown, observation.timed_out) == (None, ("ab",), True)

    def test_one_that_will_not_be_asked_to_end(self) -> None:
        assert shell("trap '' TERM HUP INT; while :; do sleep 0.01; done", deadline=0.3).timed_out

    def test_one_that_closes_its_output_and_stays(self) -> None:
        assert shell("exec >&-; sleep 3600", deadline=0.3).timed_out


class TestChildrenOfIts:
    def test_what_it_leaves_running_may_finish_writing(self) -> None:
        assert shell("{ sleep 0.3; printf b; } & printf a").text == "ab"

    def test_what_it_leaves_running_for_ever_is_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(spawned, "LINGER", 0.2)
        observation = shell("sleep 3600 & printf a")
        assert (observation.text, observation.timed_out) == ("a", False)


class TestCancel:
    def test_it_is_asked_to_end(self, tmp_path: Path) -> None:
        end = tmp_path / "end"
        observation = shell(f"trap 'touch {end}; exit' TERM; printf abc; while :; do sleep 0.01; done", cancel_after=2)
        assert (observation.text, observation.cancelled, observation.error) == ("abc", True, None)
        assert end.exists()

    def test_one_that_refuses_is_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(spawned, "TERMINATION", 0.1)
        assert shell("trap '' TERM; printf abc; while :; do sleep 0.01; done", cancel_after=2).cancelled


class TestCommand:
    """What cannot be run is the caller's to put right, and the message says how."""

    @pytest.fixture(autouse=True)
    def here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        tools = tmp_path / "bin"
        tools.mkdir()
        (tools / "node").symlink_to(sys.executable)
        monkeypatch.setenv("PATH", str(tools))
        monkeypatch.chdir(tmp_path)
        for name, content, mode in [
            ("client.mjs", "1", 0o644),
            ("client", "#!/bin/sh\n", 0o644),
            ("bare.sh", "echo\n", 0o755),
            ("lost", "#!/nowhere/sh\n", 0o755),
            ("good", "#!/bin/sh\n", 0o755),
        ]:
            Path(name).write_text(content)
            Path(name).chmod(mode)
        return tmp_path

    @pytest.mark.parametrize(
        ("argv", "said"),
        [
            ([], "expected a command"),
            (["nod", "client.mjs"], "no command 'nod' on PATH; did you mean 'node'?"),
            (["zzzzzz"], "no command 'zzzzzz' on PATH"),
            (["node client.mjs"], "a command is given as words, not as one: -- node client.mjs"),
            (["client.mjs"], "there is a file of that name here: say `node client.mjs`"),
            (["client"], "make it executable (chmod +x) and say `./client`"),
            (["./client.mjs"], "client.mjs is not executable: say `node client.mjs`"),
            (["./cleint"], "there is no cleint; did you mean 'client'?"),
            (["./bin"], "bin is a directory"),
            (["./nowhere/client"], "there is no nowhere/client"),
            (["./bare.sh"], "bare.sh has no #! line, so the system cannot run it: say `sh bare.sh`"),
            (["./lost"], "names the interpreter '/nowhere/sh', which is not there"),
        ],
    )
    def test_says_what_to_do(self, argv: list[str], said: str) -> None:
        for start in (ProcessClient(argv).start, lambda: check_command(argv)):
            with pytest.raises(UsageError) as refusal:
                start()
            assert said in str(refusal.value)

    @pytest.mark.parametrize("argv", [["node"], ["./good"], [sys.executable]])
    def test_accepts_what_runs(self, argv: list[str]) -> None:
        check_command(argv)

    def test_one_that_goes_meanwhile(self) -> None:
        client = ProcessClient(["./good"])
        client.start()
        Path("good").unlink()
        with pytest.raises(UsageError, match="there is no good"):
            client.observe(target())


class TestDeclared:
    def test_words(self) -> None:
        client = ProcessClient(["x"], capabilities="incremental, timeout=2.5,,v1")
        assert (client.capabilities, client.timeout) == (frozenset({"incremental", "timeout", "v1"}), 2.5)
        client = ProcessClient(["x"], capabilities={"retry"}, timeout=3)
        assert (client.capabilities, client.timeout) == (frozenset({"retry", "timeout"}), 3)

    def test_name_and_boundaries(self) -> None:
        client = ProcessClient(["sh", "-c", "a | b"], boundaries="best-effort")
        assert (client.name, client.boundaries) == ("sh -c 'a | b'", "best-effort")
        assert ProcessClient(["x"], "mine").boundaries == "exact"

    @pytest.mark.parametrize(
        ("word", "said"),
        [
            ("incremantal", "unknown capability 'incremantal'; did you mean 'incremental'?"),
            ("retry=3", "unknown capability 'retry=3'"),
            ("timeout", "needs its seconds: timeout=5"),
            ("timeout=soon", "timeout=soon: expected seconds"),
            ("timeout=-1", "timeout=-1: expected seconds"),
            ("timeout=nan", "timeout=nan: expected seconds"),
        ],
    )
    def test_mistakes(self, word: str, said: str) -> None:
        with pytest.raises(UsageError) as refusal:
            ProcessClient(["x"], capabilities=[word])
        assert said in str(refusal.value)
