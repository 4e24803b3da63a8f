"""Grid files: which client is meant, and what is wrong in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from mock_ares.dialects import DIALECTS
from mock_ares.harness.clients.adapter import Adapter
from mock_ares.harness.clients.kinds import KINDS
from mock_ares.harness.model import KnownFailure, UsageError
from mock_ares.harness.run.clients_file import ClientEntry, read_grid
from tests.documents import text

GRID = """
[[client]]
name = "node fetch"
kind = "driver"
command = ["node", "my client.mjs"]
capabilities = ["incremental", "timeout=5"]
boundaries = "best-effort"
dialect = "typed"
expect = { drop-fin-close = "undici#5273" }

[[client]]
command = "sh -c 'curl -N'"

[[client]]
browser = "client.js"

[[client]]
client = "package.module:function"
"""


def grid(tmp_path: Path, text: str) -> list[ClientEntry]:
    path = tmp_path / "grid.toml"
    path.write_text(text)
    return read_grid(path)


def test_each_kind_of_client(tmp_path: Path) -> None:
    node, curl, browser, python = grid(tmp_path, GRID)
    assert node == ClientEntry(
        "driver", ("node", "my client.mjs"), "node fetch", ("incremental", "timeout=5"), "best-effort", "typed",
        {"drop-fin-close": KnownFailure("undici#5273")},
    )  # fmt: skip
    assert (curl.kind, curl.words, curl.title) == ("exec", ("sh", "-c", "curl -N"), "sh -c 'curl -N'")
    assert (browser.kind, browser.title) == ("browser", "client.js")
    assert (python.kind, python.title) == ("client", "package.module:function")


def test_each_is_named_on_the_command_line_as_it_was(tmp_path: Path) -> None:
    assert [entry.arguments for entry in grid(tmp_path, GRID)] == [
        "--can incremental,timeout=5 --best-effort --driver -- node 'my client.mjs'",
        "-- sh -c 'curl -N'",
        "--browser client.js",
        "--client package.module:function",
    ]


def test_they_become_clients(tmp_path: Path) -> None:
    node, curl, browser, python = (entry.make() for entry in grid(tmp_path, GRID))
    assert (node.name, node.boundaries, node.timeout) == ("node fetch", "best-effort", 5.0)
    assert (curl.boundaries, browser.boundaries, python.boundaries) == ("exact", "best-effort", "exact")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"needs at least one \[\[client\]\]"),
        ("client = 3", r"needs at least one \[\[client\]\]"),
        ("[[client", "is no TOML file"),
        ("clients = []", "unknown word 'clients'; a grid is a list of"),
        ("[[client]]\nname = 'a'", "client 1: it needs exactly one of command, browser"),
        ("[[client]]\ncommand = 'a'\nbrowser = 'b'", "exactly one of command, browser"),
        (
            "[[client]]\ncommand = 'a'\n[[client]]\ncomand = 'a'",
            "client 2: unknown word 'comand'; did you mean 'command'",
        ),
        ("[[client]]\ncommand = []", "the command is empty"),
        ("[[client]]\ncommand = [1]", "command is a list of texts"),
        ("[[client]]\nbrowser = 1", "browser is a text, not 1"),
        ("[[client]]\nbrowser = 'a'\nkind = 'driver'", "kind is exec or driver, and goes with command"),
        ("[[client]]\ncommand = 'a'\nkind = 'browser'", "kind is exec or driver"),
        ("[[client]]\ncommand = 'a'\ndialect = 'x'", f"dialect is one of {', '.join(DIALECTS)}, not 'x'"),
        ("[[client]]\ncommand = 'a'\ncapabilities = 'cancel'", "capabilities is a list of texts"),
        ("[[client]]\ncommand = 'a'\nexpect = ['bom']", "expect: checks and reasons are wanted"),
        ("[[client]]\ncommand = 'a'\n[[client]]\ncommand = 'a'", "two clients are named 'a'"),
        ('[[client]]\ncommand = "a \'b"', "the command has a quote that is never closed"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        grid(tmp_path, text)


def test_a_grid_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*No such file"):
        read_grid(tmp_path / "x.toml")
    with pytest.raises(UsageError, match=r"cannot read .*it is a folder"):
        read_grid(tmp_path)


def test_a_capability_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="unknown capability 'incrementl'; did you mean 'incremental'"):
        ClientEntry("exec", ("a",), capabilities=("incrementl",)).make()


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_missing(name: str) -> None:
    """What a new kind of client still needs, all of it."""
    adapter = KINDS[name].adapter()
    todo = [] if issubclass(adapter, Adapter) else [f"{KINDS[name].home}: a subclass of Adapter"]
    if f"--{name}" not in text("docs/check.md"):
        todo.append(f"docs/check.md: what --{name} runs")
    home = KINDS[name].home
    tests = (path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_clients_*.py"))
    if not any(f"from {home.partition(':')[0]} import" in test for test in tests):
        todo.append(f"tests/harness/test_clients_{name}.py: tests of {home}")
    assert not todo, "\n".join(["", *todo])
