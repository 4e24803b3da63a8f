"""``@pytest.mark.ares(recording=...)``: once against the real server, ever after against what it said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings

TEST = """
import pytest
from client import ask

@pytest.mark.ares(recording="recordings/weather")
def test_weather(ares):
    assert ask(ares.url, ares.token, "How is the weather?", ares.path)[0] == 200
    assert ask(ares.url, ares.token, "And tomorrow?", ares.path)[0] == 200
    assert [(r.message, r.status) for r in ares.requests] == [("How is the weather?", 200), ("And tomorrow?", 200)]
    {more}
"""
UNKNOWN = (
    "import http.client; c = http.client.HTTPConnection(ares.url[7:]); c.request('TRACE', '/'); "
    "c.getresponse().read(); c.close()"
)


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """Stands for a real ARES."""
    with FakeServer(Settings(profile="server", speed=float("inf"))) as server:
        monkeypatch.setenv("ARES_TOKEN", server.credentials().token)
        yield server


def run(project: pytest.Pytester, *options: str, more: str = "") -> pytest.RunResult:
    project.makepyfile(test_it=TEST.format(more=more))
    return project.runpytest_inprocess("-q", *options)


def test_what_was_recorded_once_is_played_ever_after(project: pytest.Pytester, real: FakeServer) -> None:
    run(project, "--ares-record", real.url).assert_outcomes(passed=1)
    assert len(real.requests()) == 2
    files = sorted(file.name for file in (project.path / "recordings" / "weather").iterdir())
    assert [name.rsplit("-", 1)[0] for name in files] == [
        "post-api-chat-stream-any-and-tomorrow",
        "post-api-chat-stream-any-how-is-the-weather",
    ]
    run(project).assert_outcomes(passed=1)
    assert len(real.requests()) == 2
    assert [each.name for each in (project.path / "recordings").iterdir()] == ["weather"]


def test_without_a_recording_it_says_how_to_make_one(project: pytest.Pytester) -> None:
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*there is no recording in *recordings/weather; make it: pytest --ares-record URL*"])


def test_a_test_that_fails_leaves_the_recording_that_was_there(project: pytest.Pytester, real: FakeServer) -> None:
    run(project, "--ares-record", real.url).assert_outcomes(passed=1)
    folder = project.path / "recordings" / "weather"
    before = {file.name: file.read_text() for file in folder.iterdir()}
    run(project, "--ares-record", real.url, more="ask(ares.url, ares.token, 'more'); assert False").assert_outcomes(
        failed=1
    )
    assert {file.name: file.read_text() for file in folder.iterdir()} == before
    assert [each.name for each in folder.parent.iterdir()] == ["weather"]


@pytest.mark.parametrize(
    ("more", "outcome", "line"),
    [
        (
            "raise ValueError(ask(ares.url, ares.token, 'else')[1])",
            "failed",
            "*this request is in no recording; run once more*",
        ),
        ("ask(ares.url, ares.token, 'How is the weather?')", "passed", "*1 passed*"),
    ],
)
def test_requests_that_were_not_recorded_are_told(
    more: str, outcome: str, line: str, project: pytest.Pytester, real: FakeServer
) -> None:
    run(project, "--ares-record", real.url).assert_outcomes(passed=1)
    result = run(project, more=more)
    result.assert_outcomes(**{outcome: 1})
    result.stdout.fnmatch_lines([line])


def test_what_was_not_recorded_is_told_beside_what_was(project: pytest.Pytester, real: FakeServer) -> None:
    run(project, "--ares-record", real.url).assert_outcomes(passed=1)
    result = run(project, more="assert ask(ares.url, ares.token, 'else')[0] == 200")
    result.stdout.fnmatch_lines(
        ["*message 'else' *not in the recording; recorded: 'And tomorrow?', 'How is the weather?'*status 500*"]
    )


def test_a_reply_beside_a_recording_answers_what_was_not_recorded(project: pytest.Pytester, real: FakeServer) -> None:
    run(project, "--ares-record", real.url).assert_outcomes(passed=1)
    more = (
        "assert ask(ares.url, ares.token, 'else')[0] == 500; ares.reply('One.'); ares.reply('Two.'); "
        "assert [ask(ares.url, ares.token, 'else')[1] for _ in range(3)] == ['One.', 'Two.', 'Two.'] "
        "and len(ares.replies) == 4"
    )
    run(project, more=more).assert_outcomes(passed=1)
    result = run(project, more="ares.reply('One.'); ares.reply('Two.'); ask(ares.url, ares.token, 'else')")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*1 scripted reply was never asked for*", "*reply 4 of 4, test_it.py:9: 'Two.'"])


def test_without_a_token_it_says_so(
    project: pytest.Pytester, real: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ARES_TOKEN")
    result = run(project, "--ares-record", real.url)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ares: ARES_TOKEN is not set; with --ares-record the real server is asked with it"])


def test_a_server_that_is_not_there_is_told_before_the_test(project: pytest.Pytester, real: FakeServer) -> None:
    result = run(project, "--ares-record", real.refused_url)
    result.assert_outcomes(errors=1)
    assert "another exception" not in result.stdout.str()
    result.stdout.fnmatch_lines(["*ares: --ares-record: 127.0.0.1:* cannot be reached: nobody listens there"])
    assert not list((project.path / "recordings").iterdir())


def test_a_server_that_goes_away_is_told_with_the_requests(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARES_TOKEN", "a.b.c")
    project.makepyfile(
        conftest="""
        import pytest
        from mock_ares.server.hosting.in_thread import FakeServer

        @pytest.fixture
        def away(ares, server):
            server.stop()

        def pytest_configure(config):
            config.server = FakeServer().start()
            config.option.ares_record = config.server.url

        @pytest.fixture
        def server(pytestconfig):
            return pytestconfig.server
        """
    )
    project.makepyfile(
        test_it="""
        import pytest
        from client import ask

        @pytest.mark.ares(recording="recordings/weather")
        def test_weather(ares, away):
            assert ask(ares.url, ares.token, "hi", ares.path)[0] == 200
        """
    )
    result = project.runpytest_inprocess("-q")
    result.stdout.fnmatch_lines(["POST /api/chat/stream*credentials jwt*status 502*cannot be reached: nobody listens*"])


def test_a_recorded_answer_that_nobody_asks_for_fails_the_test(project: pytest.Pytester, real: FakeServer) -> None:
    run(project, "--ares-record", real.url, more="ask(ares.url, ares.token, 'a third')").assert_outcomes(passed=1)
    result = run(project)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*1 scripted reply was never asked for*"])


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ("ares.reply('x')", "*with --ares-record the real server answers, and cannot be scripted*"),
        (UNKNOWN, "*nothing is kept, since something could not be recorded:*"),
    ],
)
def test_what_cannot_be_recorded(more: str, line: str, project: pytest.Pytester, real: FakeServer) -> None:
    result = run(project, "--ares-record", real.url, more=more)
    assert result.ret == 1
    result.stdout.fnmatch_lines([line])
    assert not (project.path / "recordings" / "weather").exists()


@pytest.mark.parametrize(
    ("mark", "options", "line"),
    [
        ("ares", (), '*write @pytest.mark.ares(recording="FOLDER")*'),
        ("ares('x')", (), '*write @pytest.mark.ares(recording="FOLDER")*'),
        ("ares(recording='x')", ("--ares-record", "nowhere"), "*'nowhere' is no origin*"),
    ],
)
def test_wrong_use(mark: str, options: tuple[str, ...], line: str, project: pytest.Pytester) -> None:
    project.makepyfile(f"import pytest\n@pytest.mark.{mark}\ndef test_it(ares): pass")
    result = project.runpytest_inprocess("-q", *options)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([line])


def test_a_file_that_is_broken_is_told_with_its_place(project: pytest.Pytester) -> None:
    folder = project.path / "recordings" / "weather"
    folder.mkdir(parents=True)
    (folder / "x.yaml").write_text("# Recorded by mock-ares 99.0; x\nwhen: {endpoint: /x}\ntext: x\nnoise: 1\n")
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*x.yaml:4:1: unknown word 'noise'*", "*was recorded by mock-ares 99.0; this is*"])
