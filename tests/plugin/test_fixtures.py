"""The ares fixture: scripts, journals and isolation."""

from __future__ import annotations

import pytest


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
            ares.reply("Hello", chunks={"every": 2}, pace={"first": "10ms"}, segments={"inside": "line"})
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
            "POST /api/chat/stream  message 'hi'  credentials jwt* reply 1 of test_it  status 200  * bytes  complete",
            "POST /api/chat/stream * credentials refused* status 401 * complete  no JWT: it has 1 of three parts",
        ]
    )


def test_requests_are_printed_as_a_table(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from client import ask

        def test_it(ares):
            assert repr(ares.requests) == "no requests"
            ares.reply("One.")
            ares.reply(error="not-found")
            ask(ares.url, ares.token)
            ask(ares.url, ares.token, "a longer message")
            first, second = str(ares.requests).splitlines()
            assert first.index("credentials") == second.index("credentials")
            assert "status 200" in first and "message 'a longer message'" in second and len(second) < 200
            assert ares.requests[1].status == 404
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_reply_never_asked_for_is_told_once(project: pytest.Pytester) -> None:
    project.makepyfile("def test_it(ares): ares.reply('One.')")
    result = project.runpytest_inprocess()
    assert result.stdout.str().count("1 scripted reply was never asked for in test_it") == 1
    result.stdout.no_fnmatch_line("*During handling*")


@pytest.mark.needs_barrier  # a FIN alone does not say that the client reads no more
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


def test_tests_are_kept_apart(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from client import ask

        seen = []

        def test_one(ares):
            ares.reply("One.")
            assert ask(ares.url, ares.token) == (200, "One.")
            seen.append(ares.token)

        def test_two(ares):
            ares.reply("Two.")
            status, body = ask(ares.url, *seen)
            assert status == 409
            assert "this token belongs to test_one, which has ended" in body
            assert ask(ares.url, ares.token) == (200, "Two.")
            assert len(ares.requests) == 1
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)


def test_a_client_s_own_credentials_belong_to_the_only_test(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from client import ask
        from mock_ares.ares.credentials import Keyring

        own = Keyring().issue_jwt()

        def test_only_one(ares):
            ares.reply("One.")
            assert ask(ares.url, own) == (200, "One.")
            assert ask(ares.url, Keyring().issue_api_key(), path=ares.v1_path) == (200, "One.")
            assert ask(ares.url, "wrong")[0] == 401
            assert [r.credentials for r in ares.requests] == ["jwt", "api-key", "refused"]

        def test_unclear(ares):
            other = ares.fresh()
            ares.reply("One.")
            other.reply("Two.")
            status, body = ask(ares.url, own)
            assert status == 409
            assert "unclear" in body and "test_unclear, test_unclear (2)" in body
            assert (ares.requests, other.requests) == ([], [])
            assert ask(ares.url, ares.token) == (200, "One.")
            assert ask(ares.url, other.token) == (200, "Two.")
            assert (len(ares.requests), len(other.requests)) == (1, 1)

        def test_another_s_replies(ares):
            ares.fresh().reply("Three.")
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(
        ["1 scripted reply was never asked for in test_another_s_replies (2); no request came:", "*'Three.'"]
    )


def test_threads_and_asyncio(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import asyncio
        from concurrent.futures import ThreadPoolExecutor
        from client import ask

        def test_one_script_from_many_threads(ares):
            def turn(number):
                ares.reply(f"{number}.")
                return ask(ares.url, ares.token)[1]

            with ThreadPoolExecutor(16) as pool:
                heard = set(pool.map(turn, range(200)))
            assert heard <= {f"{n}." for n in range(200)}
            assert len(ares.requests) == 200

        def test_a_user_in_each_thread(ares):
            def user(number):
                mine = ares.fresh()
                for turn in range(20):
                    mine.reply(f"{number} {turn}.")
                    assert ask(mine.url, mine.token) == (200, f"{number} {turn}.")
                return len(mine.requests)

            with ThreadPoolExecutor(8) as pool:
                assert list(pool.map(user, range(8))) == [20] * 8

        def test_asyncio(ares):
            async def main():
                ares.reply("One.")
                asked = [asyncio.to_thread(ask, ares.url, ares.token) for _ in range(20)]
                assert set(await asyncio.gather(*asked)) == {(200, "One.")}
                assert len(ares.requests) == 20

            asyncio.run(main())
        """
    )
    # With 200 threads' turns the last one repeats where a request came before its own reply was scripted.
    project.runpytest_inprocess().assert_outcomes(passed=3)


def test_address_and_profile_can_be_overridden(project: pytest.Pytester) -> None:
    project.makeconftest(
        """
        import pytest
        from mock_ares.server.state import Settings

        @pytest.fixture(scope="session")
        def ares_settings():
            return Settings(profile="server")

        @pytest.fixture(scope="session")
        def ares_address():
            return "localhost", 0
        """
    )
    project.makepyfile(
        """
        from client import ask

        def test_it(ares, ares_server):
            assert ares.url == ares_server.url
            assert ares.v1_path == "/api/v1/chat/stream"
            ares.reply("One.")
            status, text = ask(ares.url, ares.api_key, path=ares.v1_path)
            assert status == 200 and text.startswith('{"event":"start"')
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=1)


def test_xdist(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from client import ask

        @pytest.mark.parametrize("number", range(20))
        def test_it(ares, number):
            ares.reply(f"{number}.")
            assert ask(ares.url, ares.token) == (200, f"{number}.")

        def test_unasked(ares):
            ares.reply("One.")
        """
    )
    project.runpytest_subprocess("-n2", "-q").assert_outcomes(passed=21, errors=1)


def test_nothing_is_left_behind(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import threading
        from client import ask
        from mock_ares.faults import hang

        def test_it(ares):
            ares.reply("abcd", faults=[hang(after="ab")])
            asking = threading.Thread(target=lambda: pytest_raises(ask, ares.url, ares.token))
            asking.start()
            while not any(request.status for request in ares.requests):
                pass
            globals()["asking"] = asking

        def pytest_raises(function, *arguments):
            try:
                function(*arguments)
            except OSError:
                return
            raise AssertionError("the connection should have been reset at the test's end")

        def test_the_next():
            asking.join(5)
            assert not asking.is_alive()
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)


def test_a_script_answers_what_its_when_is_about(project: pytest.Pytester) -> None:
    for name in ("alpha", "beta"):
        project.path.joinpath(f"{name}.yaml").write_text(
            f"when: {{message: {{contains: {name}}}}}\ntext: All {name}.\n"
        )
    project.makepyfile(
        test_it="""
        from client import ask

        def test_each_in_its_place(ares):
            ares.reply("Neither.")
            ares.script("alpha.yaml")
            ares.script("beta.yaml")
            for _ in range(2):
                assert ask(ares.url, ares.token, "about beta") == (200, "All beta.")
                assert ask(ares.url, ares.token, "about alpha") == (200, "All alpha.")
            assert ask(ares.url, ares.token, "about gamma") == (200, "Neither.")

        def test_without_another_script_the_server_answers(ares):
            ares.script("alpha.yaml", optional=True)
            status, text = ask(ares.url, ares.token, "about beta")
            assert status == 200 and text.startswith("Neural networks")

        def test_what_it_is_about_was_never_asked(ares):
            ares.script("alpha.yaml")
            ask(ares.url, ares.token, "about beta")
        """
    )
    result = project.runpytest_inprocess("-q", "-p", "no:randomly")
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines("*1 scripted reply was never asked for*")


def test_over_tls(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(project.path / "data"))
    project.makepyfile(
        """
        import ssl, urllib.request
        import pytest
        from mock_ares import Settings

        @pytest.fixture(scope="session")
        def ares_settings():
            return Settings(tls=True)

        def test_it(ares):
            ares.reply("Hi.", dialect="text")
            asked = urllib.request.Request(
                ares.url + ares.path, b'{"message": "hi"}',
                {"Authorization": f"Bearer {ares.token}", "Content-Type": "application/json"},
            )
            context = ssl.create_default_context(cafile=str(ares.ca))
            with urllib.request.urlopen(asked, context=context) as response:
                assert response.read() == b"data: Hi.\\n\\n"
            assert ares.url.startswith("https://")
        """
    )
    project.runpytest_subprocess().assert_outcomes(passed=1)


def test_tls_that_cannot_be_is_one_line(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from mock_ares import Certificate, Settings

        @pytest.fixture(scope="session")
        def ares_settings():
            return Settings(tls=Certificate("none.pem", "none-key.pem"))

        def test_it(ares): ...
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["ares: none.pem: there is no such file"])
