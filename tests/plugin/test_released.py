"""``reply.release()``: the test says when a pause ends."""

from __future__ import annotations

import pytest

STREAM = """
    import asyncio, warnings
    from concurrent.futures import ThreadPoolExecutor
    import httpx, pytest
    from mock_ares.client import stream_chat

    HELD = {"pauses": [{"at": "One", "until": "released"}, {"at": "One two", "until": "released"}]}

    def pieces(ares):
        return stream_chat(ares.url + ares.path, ares.token, "hi")
"""


def test_half_an_answer_and_the_rest(project: pytest.Pytester) -> None:
    project.makepyfile(
        STREAM
        + """
    def test_a_thread(ares):
        reply = ares.reply("One two three", pace=HELD)
        answer = pieces(ares)
        assert next(answer) == "One"
        assert ares.requests[0].ending == "open"
        reply.release()
        assert next(answer) == " two"
        reply.release()
        assert list(answer) == [" three"]
        assert ares.requests[0].ending == "complete"

    def test_asyncio(ares):
        async def main():
            reply, came = ares.reply("One two three", pace=HELD), []
            headers = {"authorization": f"Bearer {ares.token}"}
            async with httpx.AsyncClient() as client:
                async with client.stream("POST", ares.url + ares.path, headers=headers, json={"message": ""}) as answer:
                    async for line in answer.aiter_lines():
                        if line.startswith("data: "):
                            came.append(line[6:])
                            reply.release()
            assert came == ["One", " two", " three"]
        asyncio.run(main())

    def test_before_it_is_asked_for(ares):
        ares.reply("One two three", pace=HELD).release(all=True)
        assert "".join(pieces(ares)) == "One two three"

    def test_of_a_file(ares, tmp_path):
        file = tmp_path / "held.yaml"
        file.write_text('{text: One two, pace: {pauses: [{at: One, until: released}]}}')
        ares.script(file)
        answer = pieces(ares)
        assert next(answer) == "One"
        ares.replies[0].release()
        assert list(answer) == [" two"]

    def test_who_waits_for_nobody(ares):
        with pytest.raises(ValueError, match="has no pause that is released; ares.reply"):
            ares.reply("One", optional=True).release()

    def test_a_client_that_leaves(ares):
        ares.reply("One two three", pace=HELD)
        answer = pieces(ares)
        assert next(answer) == "One"
        answer.close()
    """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=6)
    assert "warning" not in result.stdout.str()


def test_where_it_is_held_is_told_with_the_requests(project: pytest.Pytester) -> None:
    project.makepyfile(
        STREAM
        + """
    @pytest.mark.parametrize("at", ["One", 1])
    def test_fails(ares, at):
        ares.reply("One two three", pace={"pauses": [{"at": at, "until": "released"}]})
        assert next(answer := pieces(ares)) == "two"
    """
    )
    result = project.runpytest_inprocess()
    result.stdout.fnmatch_lines(["*held at 'One', never released", "*held at chunk 1, never released"])


@pytest.mark.needs_barrier
def test_never_released_is_told_at_the_end(project: pytest.Pytester) -> None:
    project.makepyfile(
        STREAM
        + """
    def test_passes(ares):
        ares.reply("One two three", pace=HELD)
        assert next(answer := pieces(ares)) == "One"
        globals()["kept"] = answer  # or it is closed here

    def test_fails(ares):
        ares.reply("One two three", pace=HELD)
        assert next(answer := pieces(ares)) == "two"
    """
    )
    result = project.runpytest_inprocess("-W", "default::mock_ares.harness.plugin.fixtures.NeverReleasedWarning")
    result.assert_outcomes(passed=1, failed=1, warnings=1)
    result.stdout.fnmatch_lines(["*POST /api/chat/stream*held at pause 1 of 2, never released"])
    result.stdout.fnmatch_lines(
        [
            "*NeverReleasedWarning: test_passes ended while a stream stood at pause 1 of 2 until released of "
            "'One two three'; it was reset. reply.release() ends a pause, and a client that leaves needs none"
        ]
    )
    strict = project.runpytest_inprocess("-k", "passes")  # warnings are errors in this project
    strict.assert_outcomes(passed=1, errors=1)
    assert "def finish" not in strict.stdout.str()


def test_each_example_has_its_own(project: pytest.Pytester) -> None:
    project.makepyfile(
        STREAM
        + """
    from hypothesis import given, settings, strategies as st
    REPLY = {}

    @settings(deadline=None, max_examples=5, database=None)
    @given(st.integers())
    def test_it(ares, number):
        reply = REPLY.setdefault("it", None) or ares.reply(f"One two {number}", pace=HELD)
        answer = pieces(ares)
        assert next(answer) == "One"
        reply.release()
        reply.release()
        assert "".join(answer) == f" two {number}"
    """
    )
    project.runpytest_inprocess().assert_outcomes(passed=1)
