"""What goes in comes out, and what cannot go in is refused with a reason."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_ares import sse
from mock_ares.dialects import DIALECTS, Decoded, Dialect, Event, Names, agent_label, count_tokens
from mock_ares.paths import CONTRACTS
from tests.documents import text

NAMES = Names("product", "c1")
BARRED = {name: "".join({*"\r\n"} - {*dialect.newlines}) for name, dialect in DIALECTS.items()}

dialects = pytest.mark.parametrize("name", DIALECTS)
NASTY = [
    *("\n", "\r", "\r\n", " ", "  ", "\t", ":", "data: ", "data:", "id: 1", ": keep-alive", "[DONE]", "null", "stop"),
    *("\0", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x7f", "\x85", "\u2028", "\u2029", "\ufeff", "\ufffd", "\ufffe"),
    *("e\u0301", "\U0001f469\u200d\U0001f52c", "\U0001f1e9\U0001f1ea", "学习", "שלום", '"', "\\", "\\u0000", "{"),
    '{"event":"done"}',
]
nasty = st.sampled_from(NASTY)
any_text = st.lists(nasty | st.text(max_size=5), max_size=6).map("".join)
chunk_lists = st.lists(any_text, max_size=6)
framings = st.tuples(st.sampled_from(["lf", "crlf", "cr", "mixed"]), st.booleans(), st.integers(0, 99))
Framed = tuple[sse.NewlineKind, bool, int]


def carried(name: str, chunk: str) -> str:
    return "".join(char for char in chunk if char not in BARRED[name])


def spelled(dialect: Dialect, events: list[Event], framing: Framed = ("lf", True, 0)) -> bytes:
    kind, space, seed = framing
    newlines, blank = sse.newlines(kind, seed), [("", None)] if dialect.blank_line else []
    return b"".join(sse.encode_lines([*event, *blank], newlines, space) for event in events)


def played(dialect: Dialect, chunks: list[str], names: Names = NAMES) -> list[Event]:
    text = "".join(chunks)
    return [*dialect.opening(names), *map(dialect.chunk, chunks), *dialect.closing(names, text)]


@dialects
@given(chunks=chunk_lists, framing=framings)
def test_what_is_encoded_is_decoded(name: str, chunks: list[str], framing: Framed) -> None:
    dialect, chunks = DIALECTS[name], [carried(name, chunk) for chunk in chunks]
    assert [dialect.refuse(chunk) for chunk in chunks] == [None] * len(chunks)
    body = spelled(dialect, played(dialect, chunks), framing)
    assert dialect.decode(body) == Decoded("".join(chunks), complete=True)


@dialects
@given(chunks=chunk_lists, framing=framings, data=st.data())
def test_every_chunk_is_an_event_however_the_bytes_are_cut(
    name: str, chunks: list[str], framing: Framed, data: st.DataObject
) -> None:
    dialect, chunks = DIALECTS[name], [carried(name, chunk) for chunk in chunks]
    body = spelled(dialect, played(dialect, chunks), framing)
    decoder, events, rest = sse.Decoder(), [], body
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        events += decoder.feed(rest[:size])
        rest = rest[size:]
    assert events == sse.decode(body)
    extra = len(dialect.opening(NAMES)) + len(dialect.closing(NAMES, ""))
    assert len(events) == (len(chunks) + extra if dialect.blank_line else 0)


@dialects
@given(chunk=any_text, end=st.booleans(), bad=st.sampled_from(["\ud83e", "\udde0", ""]))
def test_a_chunk_is_refused_exactly_when_it_cannot_be_carried(name: str, chunk: str, end: bool, bad: str) -> None:
    dialect, chunk = DIALECTS[name], chunk + bad if end else bad + chunk
    cannot = bool(bad) or any(char in chunk for char in BARRED[name])
    assert bool(dialect.refuse(chunk)) == cannot


@pytest.mark.parametrize(
    ("name", "chunk", "what", "remedy"),
    [
        ("text", "ab\rc", "a CR at character 2", "or use the dialect `"),
        ("text", "ab\r\nc", "a CR at character 2", "or use the dialect `"),
        ("lines", "a\rc", "a CR at character 1", "or use the dialect `"),
        ("lines", "\nc", "a LF at character 0", "or use the dialect `text`, `"),
        *(
            (name, "né\ud83e", "lone surrogate, U+D83E, at character 2", "write the whole character")
            for name in DIALECTS
        ),
    ],
)
def test_a_refusal_says_what_is_wrong_and_what_to_do(name: str, chunk: str, what: str, remedy: str) -> None:
    reason = DIALECTS[name].refuse(chunk)
    assert reason is not None
    assert what in reason
    assert remedy in reason


@dialects
def test_every_remedy_works(name: str) -> None:
    for char in BARRED[name]:
        offered = {other for other in DIALECTS if f"`{other}`" in (DIALECTS[name].refuse(char) or "")} - {name}
        assert offered == {other for other in DIALECTS if char not in BARRED[other]}


# -- The bytes of each dialect ----------------------------------------------------------------------


def bytes_of(name: str, chunks: list[str], names: Names = NAMES) -> str:
    return spelled(DIALECTS[name], played(DIALECTS[name], chunks, names)).decode()


def test_text_bytes() -> None:
    assert bytes_of("text", ["The", " answer", "", "\nis\n"]) == (
        "data: The\n\ndata:  answer\n\ndata: \n\ndata: \ndata: is\ndata: \n\n"
    )


def test_lines_bytes() -> None:
    assert bytes_of("lines", ["The", " answer", ""]) == "data: The\ndata:  answer\ndata: \n"


def test_delta_bytes() -> None:
    assert bytes_of("delta", ["Based on", '"é"\n'], replace(NAMES, tokens_used=312)) == (
        'data: {"delta": "Based on", "finish_reason": null}\n\n'
        'data: {"delta": "\\"é\\"\\n", "finish_reason": null}\n\n'
        'data: {"delta": "", "finish_reason": "stop", "tokens_used": 312}\n\n'
    )


def test_delta_counts_the_tokens_of_the_text_where_nobody_says_how_many() -> None:
    assert bytes_of("delta", ["Based", " on"]).endswith('"tokens_used": 2}\n\n')


def test_typed_bytes() -> None:
    assert bytes_of("typed", ["Hel", "lo"]) == (
        'data: {"event":"start","agent":"product (system)","context_id":"c1"}\n\n'
        'data: {"event":"token","content":"Hel"}\n\n'
        'data: {"event":"token","content":"lo"}\n\n'
        'data: {"event":"done","agent":"Product (user)","context_id":"c1"}\n\n'
    )


def test_typed_error_bytes() -> None:
    event = DIALECTS["typed"].error(NAMES, "Stream error: no")
    assert event == [("data", '{"event":"error","context_id":"c1","error":"Stream error: no"}')]


@pytest.mark.parametrize("name", ["delta", "typed"])
def test_json_escapes_are_the_short_ones_and_nothing_else_is_escaped(name: str) -> None:
    every = "".join(map(chr, range(0x20))) + '"\\/\x7fé\u2028\U0001f9e0'
    ((_, line),) = DIALECTS[name].chunk(every)
    escaped = (
        r"\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"
        r"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f"
        r"\"\\" + "/\x7fé\u2028\U0001f9e0"
    )
    assert line is not None
    assert f'"{escaped}"' in line


# -- Ends and errors --------------------------------------------------------------------------------


@dialects
def test_a_reply_without_its_end_record_is_incomplete_where_there_is_one(name: str) -> None:
    dialect = DIALECTS[name]
    body = spelled(dialect, [*dialect.opening(NAMES), dialect.chunk("Hel")])
    assert dialect.decode(body) == Decoded("Hel", complete=not dialect.ends)
    assert bool(dialect.closing(NAMES, "Hel")) == dialect.ends


@dialects
def test_an_error_that_a_dialect_reports_is_read(name: str) -> None:
    dialect = DIALECTS[name]
    event = dialect.error(NAMES, "no")
    assert dialect.reports_errors == (event is not None)
    if event is not None:
        body = spelled(dialect, [*dialect.opening(NAMES), dialect.chunk("Hel"), event])
        assert dialect.decode(body) == Decoded("Hel", complete=False, error="no")


@dialects
@given(body=st.binary(max_size=80))
def test_any_bytes_decode(name: str, body: bytes) -> None:
    assert DIALECTS[name].decode(body).text is not None


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"event":' * 100_000, "9" * 10_000])
def test_a_record_that_no_parser_takes_says_nothing(deep: str) -> None:
    assert DIALECTS["typed"].decode(f"data: {deep}\n\n".encode()) == Decoded("", complete=False)


# -- Names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("éé", 1), ("ééa", 2)])
def test_count_tokens(text: str, tokens: int) -> None:
    assert count_tokens(text) == tokens


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        ("router", "Router"),
        ("orchestrator", "Orchestrator"),
        ("product", "Product"),
        ("invoice", "Invoice"),
        ("sales", "Sales"),
        ("finance", "Finance"),
        ("hr", "HR"),
        ("HR", 'Custom("HR")'),
        ("", 'Custom("")'),
        ("my-agent", 'Custom("my-agent")'),
        ("a\"b\\c\n\t\r\0'é", 'Custom("a\\"b\\\\c\\n\\t\\r\\0\'é")'),
        ("a\x7fe\u0301\u200b", 'Custom("a\\u{7f}e\\u{301}\\u{200b}")'),
    ],
)
def test_agent_label(agent: str, label: str) -> None:
    assert agent_label(agent) == f"{label} (user)"
    assert agent_label(agent, "community") == f"{label} (community)"


def test_a_custom_agent_in_the_done_record() -> None:
    ((_, line),) = DIALECTS["typed"].closing(Names("my-agent", "c1"), "")[0]
    assert line == r'{"event":"done","agent":"Custom(\"my-agent\") (user)","context_id":"c1"}'
    assert json.loads(line)["agent"] == 'Custom("my-agent") (user)'


# -- A dialect is one file --------------------------------------------------------------------------

OTHER = '''
"""A dialect in a file of its own."""
from mock_ares.dialects.base import Decoded, Dialect, dialect, json_event, records, string_of


@dialect("plainly")
class Plainly(Dialect):
    """A record for each chunk, and a last line that is none."""

    ends = True

    def chunk(self, text):
        return json_event({"say": text}, ",", ":")

    def closing(self, names, text):
        return [[("data", "[DONE]")]]

    def decode(self, body):
        return Decoded("".join(string_of(record, "say") for record in records(body)), b"[DONE]" in body)
'''
USE = """
import sys
from importlib.util import find_spec, module_from_spec

spec = find_spec("mock_ares.dialects")
spec.submodule_search_locations.append(sys.argv[1])
module = sys.modules["mock_ares.dialects"] = module_from_spec(spec)
spec.loader.exec_module(module)

from mock_ares.authoring.load import loads
from mock_ares.cli import DialectChoice
from mock_ares.dialects import DIALECTS
from mock_ares.harness.checks import CHECKS
from mock_ares.plan.build import RequestContext, build

reply = loads("replies: [{text: a, dialect: plainly, framing: {json: {space: much}}}]").replies[0]
print(build(reply, RequestContext()).payload.decode(), end="")
assert list(DIALECTS) == list(DialectChoice().choices) == sys.argv[2:]
assert "plainly" in CHECKS["missing-end"].info.dialects and "plainly" not in CHECKS["drop-silent"].info.dialects
"""


def test_a_file_is_all_it_takes(tmp_path: Path) -> None:
    (tmp_path / "plainly.py").write_text(OTHER, encoding="utf-8")
    records = sorted([*(name for name, dialect in DIALECTS.items() if not dialect.raw), "plainly"])
    order = [*(name for name, dialect in DIALECTS.items() if dialect.raw), *records]
    done = subprocess.run(
        [sys.executable, "-c", USE, str(tmp_path), *order], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == 'data: { "say" :\t"a" }\n\ndata: [DONE]\n\n', done.stderr


@dialects
def test_nothing_is_missing(name: str) -> None:
    """What a new dialect still needs, all of it."""
    quoted = ", ".join(f'"{each}"' for each in DIALECTS)
    needs = {
        "mock_ares/dialects/__init__.py": f"    DialectName = Literal[{quoted}]\n",
        "contracts/control.openapi.yaml": f"    Dialect: {{enum: [{', '.join(DIALECTS)}]}}\n",
        "contracts/control.openapi.yaml, too": f"      enum: [{', '.join(DIALECTS)}, null]\n",
        "docs/scenarios.md": f"\n| `{name}` |",
    }
    todo = [
        f"{path}: this line: {line.strip()}" for path, line in needs.items() if line not in text(path.partition(",")[0])
    ]
    spoken = text("mock_ares/console/js/client.js").partition("const SPOKEN = {\n")[2].partition("\n};\n")[0]
    if re.findall(r"^  (\w+): {", spoken, re.MULTILINE) != list(DIALECTS):
        todo.append(f"mock_ares/console/js/client.js: SPOKEN has these, in this order: {', '.join(DIALECTS)}")
    if not (CONTRACTS / "wire" / f"dialect-{name}.yaml").exists() and not DIALECTS[name].standard:
        todo.append(f"contracts/wire/dialect-{name}.yaml: bytes, and what they say")
    assert not todo, "\n".join(["", *todo])
