"""Python clients in a process of their own, and the names that lead to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.clients.remote import RemoteClient
from mock_ares.harness.model import Observation, UsageError
from tests.harness.targets import target

CLIENT = r"""
import asyncio, os, sys

def text(url, token, message):
    return f"{url} {token} {message}"

def pieces(url, token, message):
    yield from ("a", "b\u2028\ud800", message)
    if message == "odd":
        raise ValueError("wrong")

async def apieces(url, token, message):
    for piece in ("ab", "cd"):
        await asyncio.sleep(0)
        yield piece

def prints(url, token, message):
    print('{"id": 1, "piece": "printed"}')
    os.write(1, b"written")
    os.system("echo spawned")
    return sys.stdin.read() + "read"

def exits(url, token, message):
    if message == "odd":
        os._exit(3)
    return str(os.getpid())

def spins(url, token, message):
    while message == "odd":
        pass
    return str(os.getpid())

class Client:
    def stream(self, url, token, message):
        return message
    LIMIT = 5

client = Client()
stream_chat = text
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my_client.py").write_text(CLIENT)
    Path("package").mkdir()
    Path("package/__init__.py").touch()
    Path("package/streams.py").write_text("from my_client import text")
    Path("wrong.py").write_text("import not_installed_anywhere")
    Path("broken.py").write_text("def f(): raise RuntimeError('at import')\nf()")
    Path("exits.py").write_text("raise SystemExit(0)")
    Path("prints.py").write_text("print('hello')\nfrom my_client import text")


@pytest.fixture
def remote() -> Callable[..., Observation]:
    def run(reference: str, message: str = "Hello", cancel_after: int | None = None) -> Observation:
        with RemoteClient(reference) as client:
            return client.observe(target(message=message, cancel_after=cancel_after))

    return run


Remote = Callable[..., Observation]


class TestClient:
    @pytest.mark.parametrize("reference", ["my_client:text", "package.streams:text", "prints:text"])
    def test_text(self, remote: Remote, reference: str) -> None:
        assert remote(reference).text == "http://127.0.0.1:9/api/chat/stream a-token Hello"

    def test_pieces(self, remote: Remote) -> None:
        observation = remote("my_client:pieces")
        assert observation.text == observation.shown_text == "ab\u2028\ud800Hello"
        assert remote("my_client:apieces").shown == ("ab", "cd")

    def test_failure(self, remote: Remote) -> None:
        observation = remote("my_client:pieces", "odd")
        assert (observation.error, observation.shown_text) == ("ValueError: wrong", "ab\u2028\ud800odd")

    def test_method(self, remote: Remote) -> None:
        assert remote("my_client:client.stream").text == "Hello"

    def test_cancel(self, remote: Remote) -> None:
        observation = remote("my_client:apieces", cancel_after=1)
        assert (observation.text, observation.cancelled) == ("ab", True)

    def test_two_at_once(self) -> None:
        with RemoteClient("my_client:apieces") as client:
            assert {"abort", "concurrent"} <= client.capabilities
            found = client.observe_together([target(message="a"), target(message="b")])
        assert [observation.shown_text for observation in found] == ["abcd", "abcd"]

    def test_what_it_prints_and_reads_is_apart(self, remote: Remote) -> None:
        observation = remote("my_client:prints")
        assert (observation.text, observation.shown) == ("read", ())

    def test_name(self) -> None:
        assert RemoteClient("my_client:text").name == "my_client:text"
        assert RemoteClient("my_client:text", "mine").name == "mine"

    @pytest.mark.parametrize("function", ["exits", "spins"])
    def test_its_end_is_not_the_harness_end(self, function: str) -> None:
        with RemoteClient(f"my_client:{function}") as client:
            first = client.observe(target()).text
            odd = client.observe(target(0.4 if function == "spins" else 20, message="odd"))
            assert odd.text is None
            assert odd.timed_out == (function == "spins")
            assert client.observe(target()).text not in (None, first)


class TestReference:
    @pytest.mark.parametrize(
        ("reference", "said"),
        [
            ("my_client", "'my_client': expected MODULE:FUNCTION, such as my_client:stream_chat"),
            ("my_client.py:text", "expected MODULE:FUNCTION, such as my_client:text"),
            ("./package/streams.py", "expected MODULE:FUNCTION, such as package.streams:stream_chat"),
            ("my client:text", "expected MODULE:FUNCTION, such as my_client:text"),
            ("my_cleint:text", "there is no module 'my_cleint'; did you mean 'my_client'?"),
            ("package.steams:text", "there is no module 'package.steams'; did you mean 'streams'?"),
            ("my_client.more:text", "there is no module 'my_client.more'"),
            ("zzz:text", "there is no module 'zzz'; looked in "),
            ("my_client:tekst", "there is no 'tekst'; did you mean 'text'?"),
            ("my_client:client.steam", "there is no 'steam'; did you mean 'stream'?"),
            ("my_client:Client.LIMIT", "expected a function stream_chat(url, token, message), there is a int"),
            ("wrong:text", "importing 'wrong' failed: ModuleNotFoundError: No module named 'not_installed_anywhere'"),
            ("broken:text", "importing 'broken' failed: RuntimeError: at import"),
            ("exits:text", "importing 'exits' failed: SystemExit: 0"),
        ],
    )
    def test_mistakes(self, reference: str, said: str) -> None:
        with pytest.raises(UsageError) as refusal:
            RemoteClient(reference).start()
        assert said in str(refusal.value)

    def test_says_where_an_import_failed(self) -> None:
        with pytest.raises(UsageError, match=r"broken\.py, line 1\)"):
            RemoteClient("broken:text").start()


def test_the_function_is_the_same_as_in_process() -> None:
    scope: dict[str, Callable[..., object]] = {}
    exec(CLIENT, scope)
    with PythonClient(scope["pieces"]) as near, RemoteClient("my_client:pieces") as far:
        here, there = near.observe(target()), far.observe(target())
    assert (here.text, here.shown_text) == (there.text, there.shown_text)
