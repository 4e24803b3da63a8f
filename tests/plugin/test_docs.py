"""The examples of docs/pytest.md and of the README, pasted into an empty folder."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from tests.documents import examples, text

PAGE = "docs/pytest.md"
PLAIN = ("-p", "no:schemathesis", "-p", "no:anyio", "-p", "no:playwright", "--ares-examples=2")


def test_every_example_works(pytester: pytest.Pytester) -> None:
    for example in examples(PAGE, "python"):
        example.write(pytester.path)
    recording = pytester.path / "recordings" / "weather" / "weather.yaml"
    recording.parent.mkdir(parents=True)
    recording.write_text("when: {message: How is the weather?}\ntext: The sun shines.\ndialect: text\n")
    contracts = "TestMyClient or my_streaming_client"
    chosen = f"not ({contracts}) or read_utf8 or drop_rst or incremental or eol_cr"
    result = pytester.runpytest_subprocess(*PLAIN, "-k", chosen)
    fakes = text(PAGE).count("\ndef test_") + 1  # one of them twice
    result.assert_outcomes(passed=fakes + 2 * 5)


def test_the_readmes_two_ways(pytester: pytest.Pytester) -> None:
    next(example for example in examples(PAGE, "python") if example.name == "my_client.py").write(pytester.path)
    ways = [example.code for example in examples("README.md", "python")]
    assert len(ways) == 2
    (pytester.path / "test_ways.py").write_text("\n".join(["from my_client import my_client", *ways]))
    result = pytester.runpytest_subprocess(*PLAIN, "-k", "reconnects or eol or read_utf8")
    result.assert_outcomes(passed=5)


@pytest.mark.slow
def test_the_first_test(pytester: pytest.Pytester) -> None:
    """It fails as its page says, and passes once the client is mended as it says."""
    page = "docs/start/first-test.md"
    (mend,) = (example for example in examples(page, "python") if not example.name)
    for example in examples(page, "python"):
        if example.name:
            example.write(pytester.path)
    result = pytester.runpytest_subprocess(*PLAIN, "-k", "test_chat or text_newlines")
    result.assert_outcomes(passed=1, failed=2)
    (shown,) = re.findall(r"^```\n(✗.*?)^```$", text(page), re.DOTALL | re.MULTILINE)
    said = result.stdout.str()
    assert [line for line in shown.splitlines() if line not in said] == []
    loop = "        for line in"
    client = pytester.path / "chat.py"
    client.write_text(client.read_text().replace(loop, mend.code + loop))
    pytester.runpytest_subprocess(*PLAIN, "test_chat.py").assert_outcomes(passed=2)


def test_what_ten_line_clients_get_wrong(pytester: pytest.Pytester) -> None:
    for example in examples("docs/why/ten-lines.md", "python"):
        example.write(pytester.path)
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=1 + 3 + 4 + 3 + 5)


def test_over_tls(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(pytester.path / "data"))
    for example in examples("docs/tls.md", "python"):
        example.write(pytester.path)
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=1 + 3)


def test_every_attribute_and_option_is_named() -> None:
    from mock_ares import ClientContract, FakeServer
    from mock_ares.harness.plugin.fixtures import Ares
    from mock_ares.server.state import Settings

    page = text(PAGE)
    names = [*ClientContract.__annotations__, *(name for name in vars(Ares) if not name.startswith("_"))]
    untold = [name for name in names if f"`{name}`" not in page and f"ares.{name}" not in page]
    assert untold == ["finish", "told"]  # the fixture's own
    untold = [field.name for field in fields(Settings) if f"`{field.name}`" not in page]
    assert untold == ["awaited", "exposed", "replica"]  # the command line's own
    untold = [name for name in vars(FakeServer) if not name.startswith("_") and not re.search(rf"`{name}\b", page)]
    assert untold == ["admit", "dismiss", "loop"]  # the fixture's own
