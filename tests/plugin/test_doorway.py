"""The plugin's module: what it imports, what it is called, and that three lines do."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

import mock_ares.pytest_plugin

HEAVY = {"asyncio", "httpx", "hypothesis", "jwt", "pydantic", "regex", "rich", "starlette", "uvicorn", "uvloop", "yaml"}
IMPORTED = """
import sys, json
before = set(sys.modules)
{first}
before = set(sys.modules)
import mock_ares.pytest_plugin
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def imported(first: str) -> set[str]:
    """What the plugin imports, behind something else."""
    done = subprocess.run([sys.executable, "-c", IMPORTED.format(first=first)], capture_output=True, check=True)
    return set(json.loads(done.stdout))


def test_it_imports_nothing_but_itself() -> None:
    assert imported("import pytest") == {
        "mock_ares",
        "mock_ares._version",
        "mock_ares.harness",
        "mock_ares.harness.plugin",
        "mock_ares.harness.plugin.options",
        "mock_ares.pytest_plugin",
    }


def test_a_run_that_does_not_use_it_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        import sys

        def test_it(request):
            assert request.config.pluginmanager.hasplugin("mock_ares")
            ours = {{name for name in sys.modules if name.startswith("mock_ares")}}
            assert ours == {{
                "mock_ares", "mock_ares._version", "mock_ares.harness", "mock_ares.harness.plugin",
                "mock_ares.harness.plugin.options", "mock_ares.pytest_plugin"
            }}
            assert not {HEAVY - {"asyncio", "yaml"}!r} & set(sys.modules)
        """
    )
    # Other people's plugins import what they like.
    off = ("schemathesis", "hypothesispytest", "anyio", "xdist", "playwright")
    others = [word for name in off for word in ("-p", f"no:{name}")]
    pytester.runpytest_subprocess(*others).assert_outcomes(passed=1)


def test_it_is_installed_under_its_name() -> None:
    (found,) = entry_points(group="pytest11", name="mock_ares")
    assert found.load() is mock_ares.pytest_plugin


def test_all_names_begin_with_ares(pytester: pytest.Pytester) -> None:
    fixtures = pytester.runpytest_inprocess("--fixtures", "-q").stdout.str()
    assert {line.split()[0] for line in fixtures.splitlines() if "mock_ares" in line and " -- " in line} == {
        "ares",
        "ares_address",
        "ares_contract",
        "ares_server",
        "ares_settings",
    }
    said = pytester.runpytest_inprocess("--help").stdout
    said.fnmatch_lines(["mock-ares: *", "  --ares-tier=TIER*", "  --ares-report=PATH*", "  ares_tier (string)*"])
    pytester.runpytest_inprocess("--markers").stdout.fnmatch_lines(["@pytest.mark.ares_documented:*"])


def test_three_lines_in_an_empty_folder(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        my_client="""
        from mock_ares.client import stream_chat

        def my_client(url, token, message):
            return "".join(stream_chat(url + "/api/chat/stream", token, message))
        """,
        test_it="""
        from my_client import my_client

        def test_hello(ares):
            ares.reply("Neural networks learn.")
            assert my_client(ares.url, ares.token, "hi") == "Neural networks learn."
        """,
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
