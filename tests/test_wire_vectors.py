"""The hand-written vectors decode as they say, however their bytes are cut."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_ares.dialects import DIALECTS, Decoded
from mock_ares.sse import Decoder, ServerSentEvent
from tests.documents import examples

WIRE = Path(__file__).parents[1] / "contracts" / "wire"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Every worker reads them, to collect."""
FILES = {path.stem: yaml.load(path.read_text("utf-8"), LOADER) for path in sorted(WIRE.glob("*.yaml"))}
CUTS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "as given": lambda segments: segments,
    "whole": lambda segments: [b"".join(segments)],
    "byte by byte": lambda segments: [bytes([byte]) for byte in b"".join(segments)],
}


def vectors(dialect: bool) -> list[Any]:
    return [
        pytest.param(content.get("dialect", "text"), vector, id=f"{file}:{vector['name']}")
        for file, content in FILES.items()
        if ("dialect" in content) == dialect
        for vector in content["vectors"]
    ]


def segments_of(vector: dict[str, Any]) -> list[bytes]:
    return [s.encode() if isinstance(s, str) else bytes.fromhex(s["hex"]) for s in vector["segments"]]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize(("dialect", "vector"), vectors(dialect=False))
def test_events(dialect: str, vector: dict[str, Any], cut: str) -> None:
    decoder = Decoder()
    events = [event for segment in CUTS[cut](segments_of(vector)) for event in decoder.feed(segment)]
    events += decoder.close()
    assert events == [ServerSentEvent(**event) for event in vector["events"]]
    if "retry" in vector:
        assert decoder.retry == vector["retry"]


def test_the_example_of_the_readme() -> None:
    (example,) = examples("contracts/wire/README.md", "yaml")
    (vector,) = yaml.safe_load(example.code)["vectors"]
    for cut in CUTS:
        test_events("text", vector, cut)
    test_text("text", vector)


@pytest.mark.parametrize(("dialect", "vector"), vectors(dialect=False))
def test_text(dialect: str, vector: dict[str, Any]) -> None:
    assert DIALECTS[dialect].decode(b"".join(segments_of(vector))) == Decoded(vector["text"], complete=True)


@pytest.mark.parametrize(("dialect", "vector"), vectors(dialect=True))
def test_dialect(dialect: str, vector: dict[str, Any]) -> None:
    decoded = DIALECTS[dialect].decode(b"".join(segments_of(vector)))
    assert decoded == Decoded(vector["text"], vector["complete"], vector["error"])


@pytest.mark.parametrize("file", FILES)
def test_the_format_is_kept(file: str) -> None:
    content = FILES[file]
    dialect = {"dialect"} if file.startswith("dialect-") else set()
    assert set(content) == {"clause", "vectors"} | dialect
    said = {"text", "complete", "error"} if dialect else {"text", "events"}
    names = [vector["name"] for vector in content["vectors"]]
    assert len(set(names)) == len(names)
    for vector in content["vectors"]:
        assert set(vector) - {"retry"} == {"name", "clause", "segments"} | said
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", vector["name"])
        assert vector["clause"]
        for segment in vector["segments"]:
            assert isinstance(segment, str) or set(segment) == {"hex"}
        for event in vector.get("events", ()):
            assert set(event) == {"data", "event", "id"}


def test_every_dialect_but_the_plain_one_has_its_file() -> None:
    # The plain one is what `text` says in all the others.
    assert {content["dialect"] for content in FILES.values() if "dialect" in content} == set(DIALECTS) - {"text"}
