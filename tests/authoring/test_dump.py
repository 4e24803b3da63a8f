"""Scenarios to YAML and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mock_ares import faults
from mock_ares.authoring.dump import dump, duration, fraction, size
from mock_ares.authoring.load import load, loads, long_form
from mock_ares.authoring.schema import adapter
from mock_ares.authoring.yaml.nodes import compose
from mock_ares.authoring.yaml.values import values
from mock_ares.paths import FIXTURES
from mock_ares.scenario.diagnostics import ScenarioError
from mock_ares.scenario.model import Chunks, Content, Counterexample, Pace, Position, Reply, Scenario, Segments, Text
from mock_ares.scenario.words import parse_duration, parse_fraction
from tests.scenario.scenarios import scenarios, texts


@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(scenarios)
@example(Scenario((Reply(content=Content(json=None)),)))
@example(Scenario((Reply(chunks=()),)))
@example(Scenario((Reply(text="a", seed=0),), seed=3))
@example(Scenario((Reply(text="x" * 3000, headers={"x-" + "y" * 2000: None}),)))
def test_what_is_written_is_read_as_the_same_words(scenario: Scenario) -> None:
    """What a stream could not do, a rehearsal refuses: that is not the writer's business, so it is left out here."""
    value, mistakes = values(compose(dump(scenario), "dumped"), "dumped")
    assert mistakes == []
    assert adapter().validate_python(long_form(value)) == scenario


@given(texts, texts)
def test_any_text_survives_in_any_place(text: str, message: str) -> None:
    text = text.replace("\r", "")
    scenario = Scenario((Reply(text=text, chunks="whole"),), check=Counterexample("bom", message=message), summary=text)
    assert loads(dump(scenario)) == scenario


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.yaml")), ids=lambda file: file.stem)
def test_the_library_is_the_same_after_it_was_written(file: Path) -> None:
    scenario = load(file)
    assert loads(dump(scenario)) == scenario


def test_nothing_is_said_that_goes_without_saying() -> None:
    assert dump(Scenario((Reply(text="Hello"),))) == "text: Hello\n"
    assert dump(Scenario((Reply(faults=(faults.empty_reply(),)),))) == "faults: [empty_reply]\n"


def test_it_reads_as_people_write_it() -> None:
    scenario = Scenario(
        (
            Reply(
                text="Neural networks learn by example.",
                chunks=Chunks(every=3),
                pace=Pace(first=0.3, every=0.04, jitter=0.2),
                segments=Segments(inside="line"),
                faults=(faults.reset_peer(after=Position(text="Neural net")),),
            ),
            Reply(error="rate-limited", retry_after=2.0),
            Reply(chunks=("a: b", "\u2028", "c")),
        ),
        summary="The connection is reset; then a good answer.",
        then="cycle",
    )
    assert dump(scenario, comment="Why\n\nit is here") == (
        "# Why\n"
        "#\n"
        "# it is here\n"
        "summary: The connection is reset; then a good answer.\n"
        "replies:\n"
        "  - text: Neural networks learn by example.\n"
        "    chunks: {every: 3}\n"
        "    pace: {first: 300ms, every: 40ms, jitter: 20%}\n"
        "    segments: {inside: line}\n"
        "    faults:\n"
        "      - reset_peer: {after: {text: Neural net}}\n"
        "  - error: rate-limited\n"
        "    retry_after: 2s\n"
        '  - chunks: ["a: b", "\\u2028", c]\n'
        "then: cycle\n"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0s"),
        (0.3, "300ms"),
        (1.5, "1.5s"),
        (90, "90s"),
        (3600, "1h"),
        (60, "1m"),
        (1e-6, "1us"),
        (0.00025, "250us"),
        (0.0348, "34.8ms"),
        (0.1 + 0.2, None),
    ],
)
def test_a_duration_has_the_shortest_exact_text(seconds: float, text: str | None) -> None:
    written = duration(seconds)
    assert parse_duration(written) == seconds
    assert text is None or written == text


@given(st.floats(0, 1e6).map(lambda number: round(number, 9)) | st.integers(0, 400_000))
def test_durations_are_exact(seconds: float) -> None:
    assert parse_duration(duration(seconds)) == seconds


@given(st.floats(0, 1))
def test_fractions_are_exact(share: float) -> None:
    written = fraction(share)
    assert (parse_fraction(written) if isinstance(written, str) else written) == share


def test_fractions_and_sizes_have_their_units() -> None:
    assert (fraction(0.4), fraction(0.125), size(70_000), size(8_000_000), size(1234)) == (
        "40%", "12.5%", "70KB", "8MB", 1234,
    )  # fmt: skip


def test_what_no_file_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="too fine"):
        dump(Scenario((Reply(text="a", pace=Pace(first=1e-40)),)))
    with pytest.raises(ValueError, match="no number that a scenario file can hold"):
        dump(Scenario((Reply(content=Content(json=10**60)),)))
    with pytest.raises(ValueError, match="no number that a scenario file can hold"):
        dump(Scenario((Reply(content=Content(json=float("inf"))),)))


def test_a_generated_text_stays_what_it_is() -> None:
    assert dump(Scenario((Reply(text=Text(bytes=70_000)),))) == "text: {bytes: 70KB}\n"


def test_a_counterexample_is_part_of_the_language() -> None:
    scenario = loads("text: a\ncheck: {id: bom, judged: 0}\n")
    assert scenario.check == Counterexample("bom", judged=0)
    with pytest.raises(ScenarioError, match="'id' is missing"):
        loads("text: a\ncheck: {message: x}\n")
    with pytest.raises(ScenarioError, match="did you mean 'withhold'"):
        loads("text: a\ncheck: {id: bom, withold: true}\n")
