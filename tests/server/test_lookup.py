"""The scenario that answers is the first that applies, however few of them are looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares.scenario.catalogue import Catalogue, Entry
from mock_ares.scenario.model import Match, Reply, Scenario, When
from mock_ares.server.replies import lookup
from mock_ares.server.replies.lookup import Facts, Lookup, applies

WORDS = ("", "a", "b", "ab")
MATCHES = st.one_of(
    st.sampled_from(WORDS),
    st.builds(lambda text: Match(exact=text), st.sampled_from(WORDS)),
    st.builds(lambda text: Match(contains=text), st.sampled_from(WORDS)),
    st.builds(lambda text: Match(pattern=text), st.sampled_from(("^a", "^ab?$", "^a|b", "(?i)^A", "b"))),
)
PATHS = ("/", "/a", "/a/", "/a/b", "/{id}", "/a/{id}", "/a{", "GET /a", "GET /{id}")
WHENS = st.builds(
    When,
    endpoint=st.none() | st.sampled_from(PATHS),
    agent_type=st.none() | st.sampled_from(WORDS),
    message=st.none() | MATCHES,
    header=st.dictionaries(st.sampled_from(("X-One", "x-two")), MATCHES, max_size=2),
)
FACTS = st.builds(
    Facts,
    st.sampled_from(("POST", "GET")),
    st.sampled_from(("/", "/a", "/a/", "/a/b", "/b", "/a{", "")),
    st.dictionaries(st.sampled_from(("x-one", "x-two")), st.sampled_from(WORDS)),
    st.sampled_from(WORDS),
    st.none() | st.sampled_from(WORDS),
)


@given(st.lists(WHENS, max_size=8), FACTS)
def test_the_first_that_applies_is_found(whens: list[When], facts: Facts) -> None:
    found = Lookup((str(number), when) for number, when in enumerate(whens))
    fitting = [number for number, when in enumerate(whens) if applies(when, facts)]
    scripted = [number for number in fitting if whens[number].endpoint]
    assert found.find(facts) == (str(fitting[0]) if fitting else None)
    assert found.scripted(facts) == (str(scripted[0]) if scripted else None)
    routed = [number for number, when in enumerate(whens) if when.endpoint and applies(_route_of(when), facts)]
    assert found.routes(facts) == (str(routed[0]) if routed else None)


def _route_of(when: When) -> When:
    return When(endpoint=when.endpoint)


def test_who_demands_something_else_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    whens = [
        *(When(message=f"message {number}") for number in range(1000)),
        *(When(endpoint=f"/path/{number}") for number in range(1000)),
        *(When(header={"X-Number": Match(exact=str(number))}) for number in range(1000)),
        *(When(agent_type=str(number)) for number in range(1000)),
        *(When(message=Match(contains=f"<{number}>")) for number in range(1000)),
    ]
    asked = list[When]()

    def counted(when: When, facts: Facts) -> bool:
        asked.append(when)
        return applies(when, facts)

    monkeypatch.setattr(lookup, "applies", counted)
    found = Lookup((str(number), when) for number, when in enumerate(whens))
    assert found.find(Facts("POST", "/path/7", {"x-number": "7"}, "nothing", "7")) == "1007"
    assert found.find(Facts("POST", "/", {}, "a <7> b")) == "4007"
    assert found.find(Facts("POST", "/", {}, "nothing")) is None
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("pattern", "beginning"),
    [
        (r"^mock-ares: \d+ (layers|neurons)\??$", "mock-ares: "),
        ("^ab+", "ab"),
        ("^ab?", "a"),
        ("^ab*+", "a"),
        ("^ab{0,2}", "a"),
        ("^ab[|]", "ab"),
        (r"^ab\|", "ab"),
        ("^ab((c|d)|e)", "ab"),
        ("^ab|c", ""),
        ("ab", ""),
        ("(^ab)", ""),
        ("(?i)^ab", ""),
        ("^ab(?i)", ""),
        ("^ab(?P<name>c)", ""),
        ("^ab(?#[)|c])", ""),
        ("^ab[[]|c]", ""),
    ],
)
def test_what_a_match_must_begin_with(pattern: str, beginning: str) -> None:
    assert lookup.beginning(pattern) == beginning


def test_a_scenario_is_read_when_it_is_asked_for() -> None:
    read = list[str]()

    def entry(name: str, when: When | None = None) -> Entry:
        def build() -> Scenario:
            read.append(name)
            return Scenario(replies=(Reply(text=name),), name=name, when=when)

        return Entry(name, when, False, build)

    found = Catalogue([entry("one"), entry("two", When(message="two"))])
    assert (list(found), len(found), "one" in found, list(found.conditions())) == (
        ["one", "two"], 2, True, [("two", When(message="two"))]
    )  # fmt: skip
    assert not read
    assert found["two"] is found["two"]
    assert read == ["two"]
