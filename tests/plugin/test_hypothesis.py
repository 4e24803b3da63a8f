"""The ares fixture in tests with ``@given``: every example a scene of its own, and no complaint."""

from __future__ import annotations

import pytest


def test_every_example_is_a_scene_of_its_own(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from client import ask
        from hypothesis import given, settings, strategies as st

        tokens = set()

        @settings(deadline=None, max_examples=30)
        @given(text=st.text("abc", min_size=1))
        def test_it(ares, text):
            assert ares.requests == []
            ares.reply(text)
            tokens.add(ares.token)
            assert ask(ares.url, ares.token) == (200, text)
            assert len(ares.requests) == 1

        def test_tokens():
            assert len(tokens) > 10

        class TestMethods:
            @settings(deadline=None, max_examples=10)
            @given(text=st.text("abc", min_size=1))
            def test_it(self, ares, text):
                ares.reply(text)
                assert ask(ares.url, ares.token) == (200, text)
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=3)


def test_an_example_that_fails_in_the_midst_leaves_the_next_alone(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from client import ask
        from hypothesis import assume, given, settings, strategies as st

        @settings(deadline=None, database=None)
        @given(number=st.integers(0, 1000))
        def test_shrinks(ares, number):
            ares.reply(f"{number}.")
            ares.reply("Again.")
            assert ask(ares.url, ares.token) == (200, f"{number}.")
            assert number < 100
            assert ask(ares.url, ares.token) == (200, "Again.")

        @settings(deadline=None)
        @given(number=st.integers(0, 1000))
        def test_rejects(ares, number):
            ares.reply("One.")
            assume(number % 2)
            assert ask(ares.url, ares.token) == (200, "One.")
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*, number = 100"])
    result.stdout.no_fnmatch_line("*never asked*")


def test_an_unasked_reply_fails_its_example(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from client import ask
        from hypothesis import given, settings, strategies as st

        numbers = []

        @settings(deadline=None, database=None)
        @given(number=st.integers(0, 1000))
        def test_it(ares, number):
            numbers.append(number)
            ares.reply("One.")
            if number < 100:
                assert ask(ares.url, ares.token) == (200, "One.")

        def test_shrunk():
            assert numbers[-1] == 100
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*1 scripted reply was never asked for in an example of test_it; no request came:"])


def test_what_is_scripted_before_the_examples_is_there_in_each(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        from client import ask
        from hypothesis import HealthCheck, given, settings, strategies as st

        @pytest.fixture
        def ares(ares):
            ares.reply("Welcome.")
            return ares

        @pytest.fixture
        def old_token(ares):
            return ares.token

        @settings(deadline=None, max_examples=20)
        @given(text=st.text("abc", min_size=1))
        def test_it(ares, text):
            ares.reply(text)
            assert ask(ares.url, ares.token) == (200, "Welcome.")
            assert ask(ares.url, ares.token) == (200, text)

        @settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(text=st.text("abc", min_size=1))
        def test_a_client_made_before_the_examples(ares, old_token, text):
            ares.reply(text)
            assert ask(ares.url, old_token) == (200, "Welcome.")
            assert ask(ares.url, old_token) == (200, text)
            assert [r.ending for r in ares.requests] == ["complete", "complete"]
        """
    )
    project.runpytest_inprocess().assert_outcomes(passed=2)


def test_of_other_fixtures_hypothesis_still_complains(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        from hypothesis import given, settings, strategies as st

        @given(text=st.text())
        def test_it(tmp_path, ares, text):
            pass

        @given(text=st.text())
        def test_alone(tmp_path, text):
            pass
        """
    )
    result = project.runpytest_inprocess()
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*function-scoped fixture*"])


def test_profiles_and_options_of_hypothesis_work(project: pytest.Pytester) -> None:
    project.makeconftest(
        """
        from hypothesis import settings

        settings.register_profile("few", max_examples=7, deadline=None)
        """
    )
    project.makepyfile(
        """
        from client import ask
        from hypothesis import given, strategies as st

        examples = []

        @given(text=st.text("abc", min_size=3))
        def test_it(ares, text):
            ares.reply(text)
            assert ask(ares.url, ares.token) == (200, text)
            examples.append(text)

        def test_count():
            assert len(examples) == 7
        """
    )
    options = ("--hypothesis-profile=few", "--hypothesis-seed=7", "--hypothesis-show-statistics")
    project.runpytest_subprocess(*options).assert_outcomes(passed=2)
