"""The ares fixture: scripts, journals and isolation."""

from __future__ import annotations

import pytest

CLIENT = '''
import http.client, json
from urllib.parse import urlsplit

def ask(url, token, message="hi", path="/api/chat/stream"):
    """The status and the text."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        connection.request("POST", path, json.dumps({"message": message}), headers)
        response = connection.getresponse()
        body = response.read().decode()
    finally:
        connection.close()
    if response.status != 200:
        return response.status, body
    return 200, "".join(line[6:] for line in body.splitlines() if line.startswith("data: "))
'''


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """An empty folder with a small client in it."""
    pytester.makepyfile(client=CLIENT)
    pytester.makeini("[pytest]\nfilterwarnings = error\n")
    pytester.syspathinsert()
    return pytester


def test_the_readme_s_first_test(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from client import ask
        from mock_ares.faults import reset_peer
        import http.client, pytest

        def test_reconnects(ares):
            ares.reply("Neural networks learn.", faults=[reset_peer(after="Neural net")])
            ares.reply("Neural networks learn.")
            with pytest.raises((ConnectionError, http.client.HTTPException)):
                ask(ares.url, ares.token)
            assert ask(ares.url, ares.token) == (200, "Neural networks learn.")
            assert [r.ending for r in ares.requests] == ["reset", "complete"]
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_reply_that_nobody_asks_for_fails_the_test_by_name(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_it="""
        import pytest
        from client import ask

        def test_unasked(ares):
            ares.reply("One.")
            ares.reply("Two.", faults=["empty_reply"])
            ares.reply(error="expired-token")
            assert ask(ares.url, ares.token) == (200, "One.")

        def test_optional(ares):
            ares.reply("One.")
            ares.reply("Two.", optional=True)
            assert ask(ares.url, ares.token) == (200, "One.")

        def test_that_failed_already(ares):
            ares.reply("One.")
            assert False

        def test_skipped(ares):
            ares.reply("One.")
            pytest.skip("no reason")

        @pytest.mark.xfail
        def test_failing_as_expected(ares):
            ares.reply("One.")
            assert False
        """
    )
    result = project.runpytest_inprocess("-q", "-p", "no:randomly")
    result.assert_outcomes(passed=2, errors=1, failed=1, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_unasked*",
            "2 scripted replies were never asked for in test_unasked; 1 request came:",
            "  reply 2 of 3, test_it.py:6: 'Two.' with empty_reply",
            "  reply 3 of 3, test_it.py:7: error expired-token",
            "If it need not be asked for, say so: ares.reply(..., optional=True)",
        ]
    )
    result.stdout.no_fnmatch_line("*1 scripted reply*")


def test_the_last_reply_is_given_again_and_later_ones_come_next(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from client import ask

        def test_it(ares):
            ares.reply("One.")
            assert [ask(ares.url, ares.token)[1] for _ in range(3)] == ["One."] * 3
            ares.reply("Two.")
            ares.reply("Three.")
            assert [ask(ares.url, ares.token)[1] for _ in range(3)] == ["Two.", "Three.", "Three."]
            assert [r.reply for r in ares.requests] == [0, 0, 0, 1, 2, 2]
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_token_and_key_share_one_script(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from client import ask

        def test_it(ares):
            ares.reply("One.")
            ares.reply("Two.")
            assert ask(ares.url, ares.token, path=ares.path) == (200, "One.")
            assert ask(ares.url, ares.api_key, path=ares.v1_path) == (200, "Two.")
            assert [r.credentials for r in ares.requests] == ["jwt", "api-key"]
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_the_words_of_a_scenario_file(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from client import ask
        from mock_ares import Pace, Reply

        def test_words(ares):
            ares.reply("Hello", chunks={"every": 2}, pace={"first": "10ms"}, framing={"newline": "crlf"})
            ares.reply(Reply("Ready made", pace=Pace(first=0.01)))
            ares.reply(status=503, content={"json": {"error": "later"}}, retry_after="2s")
            assert ask(ares.url, ares.token) == (200, "Hello")
            assert ask(ares.url, ares.token) == (200, "Ready made")
            assert ask(ares.url, ares.token)[0] == 503
            assert [r.chunks for r in ares.requests][:2] == [3, 2]

        def test_mistakes(ares):
            with pytest.raises(TypeError, match="no word 'chunk'; did you mean 'chunks'"):
                ares.reply("Hello", chunk=["H"])
            with pytest.raises(ValueError, match="pace.first"):
                ares.reply("Hello", pace={"first": "soon"})
            with pytest.raises(ValueError, match="did you mean 'expired-token'"):
                ares.reply(error="expired-tokn")
            with pytest.raises(ValueError, match=r"faults\\[0\\]"):
                ares.reply("Hello", faults=[{"reset_peer": {"after": "Goodbye"}}])
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)


def test_scenario_files(project: pytest.Pytester) -> None:
    project.makefile(".yaml", **{"deep/two": "replies:\n  - text: One.\n  - text: Two.\nthen: cycle\n"})
    project.makepyfile(
        **{
            "deep/test_it": """
            import pytest
            from client import ask

            def test_beside_the_test(ares):
                ares.script("two.yaml")
                assert [ask(ares.url, ares.token)[1] for _ in range(3)] == ["One.", "Two.", "One."]

            def test_of_the_library(ares):
                ares.script("status-401-expired", optional=True)
                assert ask(ares.url, ares.token)[0] == 401

            def test_none(ares):
                with pytest.raises(FileNotFoundError, match="did you mean 'read-utf8'"):
                    ares.script("read-utf-8")

            def test_unasked(ares):
                ares.script("two.yaml")
            """
        }
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines(["2 scripted replies were never asked for in test_unasked; no request came:"])


def test_a_failed_test_shows_what_was_asked(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from client import ask

        def test_it(ares):
            ares.reply("One.")
            ask(ares.url, ares.token)
            ask(ares.url, "wrong")
            assert False
        """
    )
    result = project.runpytest_inprocess()
    result.stdout.fnmatch_lines(
        [
            "*Requests to ares*",
            "POST /api/chat/stream  message 'hi'  credentials jwt  reply 1 of test_it  status 200  * bytes  complete",
            "POST /api/chat/stream  credentials refused  status 401  * bytes  complete",
        ]
    )


def test_what_the_client_has_seen_the_end_of_is_in_the_journal(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import http.client, pytest, socket
        from client import ask
        from mock_ares.faults import close_early, hang, reset_peer

        WAYS = {
            "complete": {}, "complete ": {"body": "length"}, "complete  ": {"body": "close"},
            "complete   ": {"segments": "event"}, "complete    ": {"body": "length", "segments": "event"},
            "close": {"faults": [close_early(after="ab")]}, "reset": {"faults": [reset_peer(after="ab")]},
        }

        @pytest.mark.parametrize("ending", WAYS)
        def test_ended_by_the_fake(ares, ending):
            for number in range(40):
                ares.reply("abcd", **WAYS[ending])
                try:
                    ask(ares.url, ares.token)
                except (OSError, http.client.HTTPException):
                    pass
                assert [r.ending for r in ares.requests] == [ending.strip()] * (number + 1)

        def test_left_by_the_client(ares):
            ares.reply("abcd", faults=[hang(after="ab")])
            host, port = ares.url.removeprefix("http://").split(":")
            for number in range(40):
                with socket.create_connection((host, int(port))) as client:
                    body = b'{"message": "hi"}'
                    client.sendall(
                        f"POST {ares.path} HTTP/1.1\\r\\nHost: x\\r\\nAuthorization: Bearer {ares.token}\\r\\n"
                        f"Content-Type: application/json\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n".encode() + body
                    )
                    while b"ab" not in client.recv(10_000):
                        pass
                    assert [r.ending for r in ares.requests] == ["hang"] * number + ["open"]
                assert [r.ending for r in ares.requests] == ["hang"] * (number + 1)
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=8)
