"""Contracts in pytest: what is collected, what a verdict looks like, what a subclass may declare."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis.database import InMemoryExampleDatabase

from mock_ares.harness.checks import CHECKS
from mock_ares.harness.run.database import Keyed

RIGHT = """
from mock_ares import ClientContract
from mock_ares.client import stream_chat

class TestRight(ClientContract):
    def stream_chat(self, ares, message):
        return stream_chat(ares.url + ares.path, ares.token, message)
"""
WRONG = """
import http.client, json
from urllib.parse import urlsplit
from mock_ares import ClientContract

def without_a_line_buffer(url, token, message):
    at = urlsplit(url)
    connection = http.client.HTTPConnection(at.netloc, timeout=10)
    try:
        headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
        body = json.dumps({"message": message})
        connection.request("POST", at.path, body, {**headers, "content-type": "application/json"})
        response = connection.getresponse()
        if response.status != 200:
            raise OSError(f"status {response.status}")
        text = ""
        while read := response.read1():
            text += "".join(line[6:] for line in read.decode().split("\\n") if line.startswith("data: "))
        return text
    finally:
        connection.close()

class TestWrong(ClientContract):
    def stream_chat(self, ares, message):
        return without_a_line_buffer(ares.url + ares.path, ares.token, message)
"""


def test_a_test_for_each_check(project: pytest.Pytester) -> None:
    project.makepyfile(test_right=RIGHT)
    items, _ = project.inline_genitems()
    names = [item.name for item in items]
    assert sorted(names) == sorted(f"test_{check.replace('-', '_')}" for check in CHECKS)
    lasting = [f"test_{check.id.replace('-', '_')}" for check in CHECKS.values() if check.row.lasts]
    assert names[0] == "test_request"
    assert names[-1 - len(lasting) :] == ["test_everything", *lasting]  # these have run beside the others by then


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        (["-k", "read_utf8"], {"test_read_utf8"}),
        (["-m", "ares_read_utf8"], {"test_read_utf8"}),
        (["-m", "ares_lasting and ares_documented"], {"test_heartbeats", "test_patience"}),
        (["--ares-tier=standard", "-k", "eol_c or read_"], {"test_eol_cr", "test_eol_crlf", "test_read_crlf"}),
    ],
)
def test_choosing_by_name_mark_and_tier(project: pytest.Pytester, options: list[str], chosen: set[str]) -> None:
    project.makepyfile(test_right=RIGHT)
    lines = project.runpytest_inprocess("--collect-only", "-q", *options).outlines
    assert {line.rpartition("::")[2] for line in lines if "::" in line} == chosen


def test_what_a_failure_looks_like(project: pytest.Pytester) -> None:
    project.makepyfile(test_wrong=WRONG)
    result = project.runpytest_inprocess("-k", "read_line or chunk_split", "--ares-seed=7")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*TestWrong.test_read_line*",
            "✗ read-line  *",
            "*documented*",
            "  replay    pytest test_wrong.py::TestWrong::test_read_line --ares-seed=7",
            "  saved     .mock-ares/failures/TestWrong-read-line.yaml",
            "FAILED test_wrong.py::TestWrong::test_read_line - *read-line*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_run.py*")
    result.stdout.no_fnmatch_line("*without_a_line_buffer*")


def test_a_saved_failure_becomes_a_regression_test_in_one_line(project: pytest.Pytester) -> None:
    project.makepyfile(test_wrong=WRONG)
    project.runpytest_inprocess("-k", "read_line").assert_outcomes(failed=1)
    kept = '\n    regressions = [".mock-ares/failures/*.yaml"]\n'
    project.makepyfile(test_right=RIGHT + kept, test_wrong=WRONG + kept)
    result = project.runpytest_inprocess("-v", "-k", "regression")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["test_right.py::TestRight::test_regression_TestWrong_read_line PASSED*", "✗ read-line  *"]
    )


KINDS = """
import asyncio
import pytest
from mock_ares import ClientContract
from mock_ares.client import stream_chat

loops = set()

def pieces(ares, message):
    return stream_chat(ares.url + ares.path, ares.token, message)

class TestText(ClientContract):
    def stream_chat(self, ares, message):
        return "".join(pieces(ares, message))

class TestIterator(ClientContract):
    capabilities = {"incremental", "cancel"}
    def stream_chat(self, ares, message):
        return pieces(ares, message)

class TestAsync(ClientContract):
    async def stream_chat(self, ares, message):
        loops.add(asyncio.get_running_loop())
        return await asyncio.to_thread("".join, pieces(ares, message))

class TestAsyncIterator(ClientContract):
    capabilities = ["incremental", "cancel"]
    async def stream_chat(self, ares, message):
        asking = pieces(ares, message)
        while (piece := await asyncio.to_thread(next, asking, None)) is not None:
            yield piece

def test_one_loop():
    assert len(loops) == 1
"""


def test_clients_of_every_kind(project: pytest.Pytester) -> None:
    project.makepyfile(test_kinds=KINDS)
    chosen = "chunk_split or drop_fin or status or incremental or one_loop"
    result = project.runpytest_inprocess("-k", chosen, "--ares-examples=3")
    result.assert_outcomes(passed=4 * 4 + 2 + 1, skipped=2)


def test_capabilities_and_expected_failures(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_declared=WRONG
        + """
    expected_failures = {"read-line": "no line buffer", "chunk-split": "it passes all the same"}
"""
    )
    result = project.runpytest_inprocess("-rA", "-k", "read_line or chunk_split or retry or incremental or stall")
    result.assert_outcomes(xfailed=1, failed=1, skipped=4)
    result.stdout.fnmatch_lines(
        ["chunk-split: it passes, and was expected to fail: take it off the list (it passes all the same)"]
    )
    result.stdout.fnmatch_lines(
        [
            "SKIPPED * the client does not declare retry",
            "XFAIL *::test_read_line - *, as expected: no line buffer",
            "FAILED *::test_chunk_split - *",
        ]
    )


def test_a_baseline_is_written_and_held(project: pytest.Pytester) -> None:
    project.makepyfile(test_known=WRONG, test_other=WRONG)
    settings = project.path / "pyproject.toml"
    settings.write_text(settings.read_text() + '\nares_baseline = ["known.toml"]\n')
    chosen = ("-k", "read_line or chunk_split or plain", "-p", "no:xdist")
    result = project.runpytest_inprocess(*chosen)
    result.assert_outcomes(errors=6)
    result.stdout.fnmatch_lines(["ares: there is no baseline *known.toml; --ares-write-baseline makes it"])

    result = project.runpytest_inprocess(*chosen, "--ares-write-baseline")
    result.assert_outcomes(passed=4, failed=2)
    result.stdout.fnmatch_lines(["mock-ares: *known.toml: 2 failures in it now: 2 added, 0 taken out"])
    result = project.runpytest_inprocess(*chosen)
    result.assert_outcomes(passed=4, xfailed=2)

    known = project.path / "known.toml"
    assert '[clients."test_known.py::TestWrong"]' in known.read_text()
    known.write_text(known.read_text().replace("read-line", "chunk-split", 1))
    result = project.runpytest_inprocess(*chosen, "test_known.py")
    result.assert_outcomes(passed=1, failed=2)


def test_a_defensive_check_fails_nothing_unless_strict(project: pytest.Pytester) -> None:
    lenient = WRONG.replace("ClientContract):", "ClientContract):\n    dialect = 'delta'; tier = 'defensive'")
    strict = lenient.replace("TestWrong", "TestStrict").replace("tier =", "strict = True; tier =")
    project.makepyfile(test_lenient=lenient, test_strict=strict, test_right=RIGHT)
    result = project.runpytest_inprocess("-rxs", "-k", "short_length or drop_silent")
    result.assert_outcomes(xfailed=1, failed=1, skipped=3, passed=1)
    result.stdout.fnmatch_lines(["SKIPPED * informational: nothing on the wire*"])
    result.stdout.fnmatch_lines(["XFAIL *test_short_length - informational, *"])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("def chat(self, ares, message): ...", "it has no stream_chat. Define stream_chat(self, ares, message)*"),
        ("def stream_chat(self, ares): ...", "stream_chat cannot be called as stream_chat(self, ares, message)*"),
        ("expected_failures = {'eol-crr': 'no'}", "expected_failures: no check is named 'eol-crr'*'eol-cr*"),
        ("expected_failures = {'eol-cr': ''}", "expected_failures: eol-cr needs a reason*"),
        ("expected_failures = ['eol-cr']", "expected_failures: checks and reasons are wanted*"),
        ("capabilities = {'incrmental'}", "unknown capability 'incrmental'; did you mean 'incremental'?"),
        ("capabilities = {'timeout'}", "the capability timeout needs its seconds: timeout=5"),
        ("dialect = 'txt'", "dialect: there is none named 'txt'; did you mean 'text'?"),
        ("tier = 'standart'", "tier: there is none named 'standart'; did you mean 'standard'?"),
        ("examples = -1", "examples: expected a whole number, 0 or more, not -1"),
        ("regressions = ['none.yaml']", "regressions: there is no file 'none.yaml' in *"),
        ("regressions = ['plain.yaml']", "*plain.yaml is a scenario, but no saved counterexample*"),
    ],
)
def test_mistakes_are_told_when_the_class_is_collected(project: pytest.Pytester, line: str, told: str) -> None:
    project.makefile(".yaml", plain="text: Hello\n")
    right = "" if "def " in line else "    def stream_chat(self, ares, message): ..."
    project.makepyfile(
        f"""
from mock_ares import ClientContract

class TestIt(ClientContract):
    {line}
{right}

def test_beside(): ...
"""
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*ERROR collecting *", f"TestIt: {told}", "ERROR *::TestIt"])
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--ares-tier=documnted", "*--ares-tier: there is no tier 'documnted'; did you mean 'documented'?"),
        ("--ares-seed=soon", "*--ares-seed: expected a whole number from 0 to *, not 'soon'"),
        ("--ares-examples=-1", "*--ares-examples: expected a whole number from 0 to *, not '-1'"),
        (
            "--ares-report=report.txt",
            "*--ares-report: a report ends in .html, .json, .xml, .md, *, not as 'report.txt' does",
        ),
        ("--ares-report=none/report.html", "*--ares-report: there is no folder *none' to write 'report.html' to"),
    ],
)
def test_mistakes_in_options(project: pytest.Pytester, option: str, told: str) -> None:
    result = project.runpytest_inprocess(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([told])


def test_options_in_the_configuration_file(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\nares_tier = standard\nares_examples = 0\nares_seed = 5\nares_report = a.json b.html\n")
    (project.path / "pyproject.toml").unlink()
    project.makepyfile(test_right=RIGHT)
    result = project.runpytest_inprocess("-k", "eol_cr or read_crlf or chunk_split")
    result.assert_outcomes(passed=3, deselected=len(CHECKS) - 3)
    report = json.loads((project.path / "a.json").read_text())
    assert report["seed"] == 5
    assert (project.path / "b.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("workers", [(), pytest.param(("-n2",), marks=pytest.mark.slow)], ids=["alone", "xdist"])
def test_the_report_is_whole(project: pytest.Pytester, workers: tuple[str, ...]) -> None:
    project.makepyfile(test_right=RIGHT, test_wrong=WRONG)
    options = ("--ares-examples=2", "--ares-seed=0", "--ares-report=report.json", "--ares-report=report.html")
    chosen = "read_line or chunk_split or status or retry or drop_silent"
    run = project.runpytest_subprocess if workers else project.runpytest_inprocess
    result = run("-k", chosen, *options, *workers)
    result.assert_outcomes(passed=5, failed=1, skipped=6)
    result.stdout.fnmatch_lines([f"mock-ares: report written to *report.{ending}" for ending in ("json", "html")])
    report = json.loads((project.path / "report.json").read_text())
    verdicts = {
        client["name"]: {check["id"]: (check["verdict"], check["outcome"]) for check in client["checks"]}
        for client in report["clients"]
    }
    same = {
        "chunk-split": ("passed", "none"),
        "status": ("passed", "none"),
        "drop-silent": ("informational", "none"),
        "retry": ("skipped", "none"),
        "retry-after": ("skipped", "none"),
    }
    assert verdicts == {
        "TestRight": same | {"read-line": ("passed", "none")},
        "TestWrong": same | {"read-line": ("failed", verdicts["TestWrong"]["read-line"][1])},
    }
    assert verdicts["TestWrong"]["read-line"][1] in ("lost", "altered")
    replay = [check["replay"] for client in report["clients"] for check in client["checks"] if check["replay"]]
    assert [Path(path).name for path in replay] == ["TestWrong-read-line.yaml"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere they run in turn")
def test_what_lasts_is_run_beside_the_others(project: pytest.Pytester) -> None:
    project.makeconftest(
        """
from mock_ares.harness.checks import CHECKS
from mock_ares.harness.checks.rows import Check, Row, one
from mock_ares.scenario.model import Pace

for name in ("patience", "silence"):
    CHECKS[name] = Check(CHECKS[name].info, Row((one("ab", pace=Pace(head=0.1)),), lasts=CHECKS[name].row.lasts))
"""
    )
    project.makepyfile(
        test_beside="""
import os
from pathlib import Path
from mock_ares import ClientContract
from mock_ares.client import stream_chat

class TestThem(ClientContract):
    def stream_chat(self, ares, message):
        with Path("calls").open("a") as calls:
            calls.write(f"{os.getpid()}\\n")
        return stream_chat(ares.url + ares.path, ares.token, message)

def test_who_called():
    assert len(set(Path("calls").read_text().split())) == 3
"""
    )
    result = project.runpytest_subprocess("-k", "chunk_split or patience or silence or called", "--ares-examples=0")
    result.assert_outcomes(passed=4)


def test_the_decorator(project: pytest.Pytester) -> None:
    decorated = WRONG.split("class TestWrong")[0].replace("def without", "@client_contract\ndef without")
    project.makepyfile(
        test_them=f"""
from mock_ares import client_contract
from mock_ares.client import stream_chat
{decorated}

@client_contract(capabilities={{"incremental"}}, expected_failures={{"eol-cr": "no"}})
def my_client(url, token, message):
    return stream_chat(url, token, message)

@client_contract()
async def my_async_client(url, token, message):
    return "".join(stream_chat(url, token, message))

def test_still_a_function(ares):
    ares.reply("Hello.")
    assert "".join(my_client(ares.url + ares.path, ares.token, "hi")) == "Hello."
""",
        test_elsewhere="from test_them import my_client\n",
    )
    result = project.runpytest_inprocess("-v", "-k", "read_line or incremental or eol_cr or still", "--ares-examples=2")
    result.stdout.fnmatch_lines(
        [
            "test_them.py::without_a_line_buffer::test_read_line FAILED*",
            "test_them.py::my_client::test_read_line PASSED*",
            "test_them.py::my_client::test_eol_cr FAILED*",
            "test_them.py::my_client::test_incremental PASSED*",
            "test_them.py::my_async_client::test_read_line PASSED*",
            "test_them.py::test_still_a_function PASSED*",
        ]
    )
    result.stdout.no_fnmatch_line("test_elsewhere*")


def test_decorators_keywords(project: pytest.Pytester) -> None:
    from mock_ares import client_contract

    with pytest.raises(TypeError, match="no keyword 'capability'; did you mean 'capabilities'"):
        client_contract(capability={"retry"})  # type: ignore[call-overload]  # that is the mistake
    with pytest.raises(TypeError, match=r"decorates a function of \(url, token, message\), not a str"):
        client_contract()("my_client")  # type: ignore[type-var]  # that is the mistake


def test_subclasses_of_subclasses_fixtures_and_own_tests(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_family=RIGHT
        + """
import pytest

class TestChild(TestRight):
    expected_failures = {"chunk-split": "made to fail"}

    def setup_method(self):
        self.asked = 0

    @pytest.fixture(autouse=True, params=["right", "wrong"])
    def kind(self, request):
        self.wrong = request.param == "wrong"

    def test_read_whole(self):
        raise NotImplementedError("mine")

    def stream_chat(self, ares, message):
        self.asked += 1
        text = "".join(super().stream_chat(ares, message))
        return text[:-1] if self.wrong else text
"""
    )
    result = project.runpytest_inprocess("-v", "-k", "chunk_split or read_whole", "--ares-examples=2")
    result.stdout.fnmatch_lines_random(
        [
            "test_family.py::TestRight::test_chunk_split PASSED*",
            "test_family.py::TestRight::test_read_whole PASSED*",
            "test_family.py::TestChild::test_chunk_split?right? FAILED*",
            "test_family.py::TestChild::test_chunk_split?wrong? XFAIL*",
            "test_family.py::TestChild::test_read_whole?right? FAILED*",
            "*NotImplementedError: mine",
        ]
    )


def test_everything_draws_only_from_what_passed(project: pytest.Pytester) -> None:
    project.makepyfile(test_wrong=WRONG)
    # It keeps text only where no read ends inside a line, and no line ends in CR. With that left out it passes.
    project.runpytest_inprocess("-k", "everything", "--ares-examples=20").assert_outcomes(passed=1)


def test_each_test_has_a_part_of_the_database_of_its_own() -> None:
    whole = InMemoryExampleDatabase()
    one, two = Keyed(whole, "test_it.py::TestOne::test_x"), Keyed(whole, "test_it.py::TestTwo::test_x")
    one.save(b"key", b"1")
    two.save(b"key", b"2")
    two.save(b"key", b"3")
    two.delete(b"key", b"2")
    assert (set(one.fetch(b"key")), set(two.fetch(b"key"))) == ({b"1"}, {b"3"})
    assert set(whole.fetch(b"key")) == set()


def test_a_client_that_never_asks_is_told_once(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from mock_ares import ClientContract

        class TestIdle(ClientContract):
            def stream_chat(self, ares, message):
                return ""
        """
    )
    result = project.runpytest_inprocess("-m", "not ares_lasting", "-rs")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["✗ request  bad-request", "SKIPPED * the client never got a stream, see request"])


def test_hypothesis_says_how_many_and_from_which_seed(project: pytest.Pytester) -> None:
    project.makeconftest(
        """
        from hypothesis import settings

        settings.register_profile("few", max_examples=5, database=None)
        """
    )
    project.makepyfile(test_right=RIGHT)
    options = ("--hypothesis-profile=few", "--hypothesis-seed=11", "--ares-report=report.json", "-k", "chunk_split")
    project.runpytest_subprocess(*options).assert_outcomes(passed=1)
    report = json.loads((project.path / "report.json").read_text())
    (check,) = report["clients"][0]["checks"]
    assert (report["seed"], check["examples"]) == (11, len(CHECKS["chunk-split"].examples) + 5)
    assert not (project.path / ".hypothesis" / "examples").exists()


def test_where_no_socket_can_be_asked_about_it_says_so_once(project: pytest.Pytester, no_barrier: None) -> None:
    project.makepyfile(test_right=RIGHT, test_wrong=WRONG)
    result = project.runpytest_inprocess("-k", "read_line", "--ares-examples=0")
    result.assert_outcomes(passed=1, failed=1)
    output = " ".join(result.stdout.str().split())
    assert output.count("mock-ares: read boundaries are best effort here (netlink refused: EPERM)") == 1


def test_a_contract_over_tls(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(project.path / "data"))
    monkeypatch.setenv("SSL_CERT_FILE", "")  # which the client sets, and which ends with this test
    project.makepyfile(
        test_it="""
        import os
        import pytest
        from mock_ares import ClientContract, Settings
        from mock_ares.client import stream_chat

        @pytest.fixture(scope="session")
        def ares_settings():
            return Settings(tls=True)

        class TestSecure(ClientContract):
            def stream_chat(self, ares, message):
                assert ares.url.startswith("https://")
                os.environ["SSL_CERT_FILE"] = ares.ca
                return stream_chat(ares.url + ares.path, ares.token, message)
        """
    )
    chosen = "request or drop or read or certificate or refused or tls_"
    outcomes = project.runpytest_inprocess("-q", "-k", chosen, "--ares-examples=3").parseoutcomes()
    assert outcomes["passed"] >= 15
    assert "failed" not in outcomes


OVER_SEVERAL = """
import ssl
import httpx
import pytest
from mock_ares import ClientContract
from mock_ares.sse import decode

class TestSeveral(ClientContract):
    transports = ("http/1.1", "http/1.1+tls", "http/2")

    def stream_chat(self, ares, message):
        http2 = ares.http_version == "2"
        assert ares.url.startswith("https" if ares.ca else "http:")
        text = b""
        with httpx.Client(http1=not http2, http2=http2, verify=ssl.create_default_context(cafile=ares.ca)) as client:
            headers = {"Authorization": f"Bearer {ares.token}", "Accept": "text/event-stream"}
            with client.stream("POST", ares.url + ares.path, json={"message": message}, headers=headers) as answer:
                answer.raise_for_status()
                try:
                    for data in answer.iter_bytes():
                        text += data
                except httpx.HTTPError:
                    if not http2:
                        raise
        return "".join(event.data for event in decode(text) if event.data != "[DONE]")
"""


def test_each_check_over_each_transport(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(project.path / "data"))
    project.makepyfile(test_it=OVER_SEVERAL)
    items, _ = project.inline_genitems()
    assert len(items) == 3 * len(CHECKS)
    chosen = ("-k", "request or drop_rst[ or tls_broken or h2_reset[", "--ares-report=it.json", "--ares-examples=0")
    result = project.runpytest_inprocess("-q", *chosen, "--ares-baseline=known.toml", "--ares-write-baseline")
    result.assert_outcomes(passed=6, failed=2, skipped=4)
    clients = json.loads((project.path / "it.json").read_text())["clients"]
    found = {
        client["name"].removeprefix("TestSeveral"): {each["id"]: each["verdict"] for each in client["checks"]}
        for client in clients
    }
    passed, skipped, failed = "passed", "skipped", "failed"
    assert found == {
        "[http/1.1]": {"request": passed, "drop-rst": passed, "tls-broken": skipped, "h2-reset": skipped},
        "[http/1.1+tls]": {"request": passed, "drop-rst": passed, "tls-broken": passed, "h2-reset": skipped},
        "[http/2]": {"request": passed, "drop-rst": failed, "tls-broken": skipped, "h2-reset": failed},
    }
    assert '::TestSeveral[http/2]"]\ndrop-rst = ' in (project.path / "known.toml").read_text()


def test_a_regression_is_asked_over_the_transports_that_it_is_about(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(project.path / "data"))
    regressions = 'regressions = "saved.yaml"\n    transports ='
    project.makepyfile(test_it=OVER_SEVERAL.replace("transports =", regressions))
    failure = "replies:\n- chunks: [ab, cd]\n  faults:\n  - reset_stream: {after: 1}\ncheck:\n  id: h2-reset\n"
    (project.path / "saved.yaml").write_text(failure)
    project.runpytest_inprocess("-q", "-k", "regression").assert_outcomes(failed=1, skipped=2)


def test_a_transport_that_there_is_not(project: pytest.Pytester) -> None:
    project.makepyfile(test_it=OVER_SEVERAL.replace('"http/2"', '"h2"'))
    result = project.runpytest_inprocess("-q")
    result.stdout.fnmatch_lines(["*TestSeveral: transports: there is no transport 'h2'*"])
