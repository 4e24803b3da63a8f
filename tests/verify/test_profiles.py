"""Each profile of the fake passes its own questions, and fails those of the other one in which the two differ."""

from __future__ import annotations

import pytest

from mock_ares.verify.questions import TABLE, in_order
from tests.verify.rig import PROFILES, fake, verified, with_verdict

DIFFER = {
    "docs": [
        "missing-member", "no-json", "agents", "register", "stream-dialect", "unknown-path", "wrong-method",
        "wrong-type", "empty-body", "no-content-type", "no-key", "bad-key", "stream-refusal", "workflows", "key-agents",
        "key-stream-dialect", "key-stream-end", "usage", "keys", "unknown-agent", "bad-page", "key-made", "refresh",
    ],
    "server": [
        "missing-member", "agents", "register", "stream-dialect", "stream-events", "unknown-path", "wrong-method",
        "wrong-type", "no-content-type", "bad-refresh", "bad-token", "conversations", "stream-refusal", "workflows",
        "unknown-conversation", "key-agents", "key-stream-dialect", "keys", "unknown-agent", "bad-page", "key-made",
        "refresh",
    ],
}  # fmt: skip
"""By whose questions are asked of the other one."""


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_is_told_by_the_first_answers_and_passes_its_own_questions(profile: str) -> None:
    with fake(profile) as server:
        credentials = server.credentials()
        values = {"jwt": credentials.token, "api-key": credentials.api_key}
        run = verified(server.url, values=values, write=True)
    assert run.profile == profile
    assert run.notes == [f"profile {profile}: of the first 5 answers {run.notes[0].split('answers ')[1]}"]
    assert f"5 are as {profile} has them" in run.notes[0]
    assert with_verdict(run, "unasked") == ["stream-one-by-one", "stream-comments"]
    assert len(with_verdict(run, "same")) == len(TABLE) - 2
    assert run.status == 0


@pytest.mark.parametrize("profile", PROFILES)
def test_the_other_profile_fails_them_by_name(profile: str) -> None:
    (other,) = {*PROFILES} - {profile}
    with fake(other) as server:
        credentials = server.credentials()
        run = verified(
            server.url, profile, values={"jwt": credentials.token, "api-key": credentials.api_key}, write=True
        )
    assert sorted(with_verdict(run, "differs")) == sorted(DIFFER[profile])
    assert run.status == 1


@pytest.mark.parametrize("profile", PROFILES)
def test_by_itself_it_leaves_nothing(profile: str) -> None:
    """Whatever could is refused."""
    with fake(profile) as server:
        credentials = server.credentials()
        run = verified(server.url, profile, values={"jwt": credentials.token, "api-key": credentials.api_key})
        requests = server.requests()
    assert {request.status for request in requests if request.method not in ("GET", "HEAD")} <= {400, 401, 415, 422}
    assert set(with_verdict(run, "unasked")) == {question.info.id for question in TABLE if question.trace}
    assert run.status == 0


def test_ten_requests_say_what_matters() -> None:
    """A real server takes so many at once: whose ARES it is, whether it takes credentials, a stream if one may ask."""
    quiet = list(dict.fromkeys(question.ask("server") for question in TABLE if not question.trace))[:10]
    assert {ask.auth for ask in quiet} == {None, "jwt", "api-key"}
    loud = list(dict.fromkeys(question.ask("server") for question in in_order(has_token=False)))[:10]
    assert [ask.path for ask in loud[5:9]] == ["/api/auth/register", "/api/auth/login", "/api/chat/stream", "/api/chat"]
