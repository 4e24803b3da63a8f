"""The checks: one for each row of the catalogue, and each shows its own hazard and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mock_ares.dialects import DIALECTS, DialectName
from mock_ares.expectation import disagreement, expect
from mock_ares.harness.checks import CHECKS, everything, find
from mock_ares.harness.checks.rows import playable, say, speaking
from mock_ares.harness.checks.strategies import ENDINGS, NAMES, ended, place, segmentation
from mock_ares.harness.clients.in_process import PythonClient
from mock_ares.harness.model import Case, UsageError
from mock_ares.harness.settings import RunSettings
from mock_ares.plan import lorem
from mock_ares.plan.build import RequestContext, body_of, build
from mock_ares.plan.http.layout import lay_out
from mock_ares.plan.http.negotiation import Negotiated
from mock_ares.plan.model import StreamPlan
from mock_ares.plan.segmentation import cuts
from mock_ares.scenario.model import Json, Reply, Segments, Text


def named(text: str) -> list[str]:
    return text.split()


_FAILS = named("""
drop-fin drop-rst drop-fin-close drop-rst-close drop-length malformed-chunk missing-end error-event stall empty-reply
garbage retry other-2xx error-detail
h2-reset h2-reset-well h2-refused h2-goaway-close h2-no-end h2-length
""")
OUTCOMES = {
    **{name: {"error"} for name in _FAILS},  # of the first reply
    "not-sse": {"error", "exact"},  # an event stream without events is an empty answer
    "drop-gzip": {"error"},
    "drop-silent": {"undetectable"},
    "tls-truncation": {"error"},
    "tls-broken": {"error"},
    "short-length": {"undetectable"},
    "long-line": {"either"},
    "h2-broken-frame": {"error", "either"},
    "after-failure": {"error", "either", "exact"},  # the second is whole
    "page-partial": {"error", "either", "exact"},
    "end-record": {"either"},  # nothing on the wire says that no more will come
}
SLOW = {"long-line", "many-chunks", "patience", "cancel", "page-stop", "page-frames"}


def test_a_capability_is_asked_for_where_the_row_names_one() -> None:
    asked = {name: check.info.capability for name, check in CHECKS.items() if check.info.capability}
    assert asked == {
        "retry-after": "retry",
        "stall": "timeout",
        "incremental": "incremental",
        "retry": "retry",
        "cancel": "cancel",
        "abort": "abort",
        "at-once": "concurrent",
        "h2-beside": "concurrent",
        "page-inert": "page",
        "page-partial": "page",
        "page-second": "page",
        "page-new-chat": "new-chat",
        "page-stop": "stop",
        "page-frames": "page",
        "tls-handshake": "timeout",
    }


def test_an_unknown_id_gets_the_nearest() -> None:
    with pytest.raises(UsageError, match="no check is named 'eol-crfl'; did you mean 'eol-crlf'"):
        find("eol-crfl")


EACH = [
    pytest.param(name, dialect, id=f"{name}-{dialect}")
    for name, check in CHECKS.items()
    for dialect in check.info.dialects
]


def plans(case: Case, dialect: str) -> list[StreamPlan]:
    asked = RequestContext(names=NAMES, dialect=dialect)
    return [build(reply, asked) for reply in case.replies if reply.dialect is not None]


def wanted(name: str, dialect: str) -> set[str]:
    if DIALECTS[dialect].ends and name == "short-length":
        return {"undetectable", "error", "either"}
    if DIALECTS[dialect].ends and name == "unterminated":
        return {"either"}
    if DIALECTS[dialect].ends and (name.startswith(("drop-", "h2-")) or name in ("malformed-chunk", "tls-broken")):
        return OUTCOMES.get(name, {"exact"}) | {"either"}  # behind the end record
    return OUTCOMES.get(name, {"exact"})


def asking(name: str) -> Negotiated:
    """As a client of the one HTTP that a row is about."""
    return Negotiated(CHECKS[name].row.http or "1.1")


@pytest.mark.parametrize(("name", "dialect"), EACH)
def test_the_fixed_examples_can_be_played_and_say_what_they_must(name: str, dialect: DialectName) -> None:
    check = CHECKS[name]
    cases = [speaking(case, dialect) for case in check.examples]
    cases = [case for case in cases if playable(case)]
    assert cases
    if name in ("everything", *SLOW):
        return
    for case in cases:
        for plan in plans(case, dialect) if case.replies[0].dialect else ():
            lay_out(plan, asking(name))
            assert disagreement(plan) is None
            assert expect(plan, gzip=True, version=asking(name).version).outcome in wanted(name, dialect), case
            break


# The hazard and only it


WORD = re.compile(r"[A-Za-z0-9]*(?: [A-Za-z0-9]+)*\.?")


def found_in(reply: Reply, plan: StreamPlan) -> set[str]:
    """The rows whose hazard a reply shows."""
    return {row for row, holds in _signs(reply, plan) if holds}


def _signs(reply: Reply, plan: StreamPlan) -> Iterator[tuple[str, bool]]:
    # Bytes that are no UTF-8 stand in the chunks as lone surrogates.
    chunks = [re.sub("[\udc80-\udcff]", "", chunk) for chunk in plan.chunks]
    text = "".join(chunks)
    yield "chunk-spaces", any(chunk != chunk.strip(" ") for chunk in chunks)
    yield "chunk-empty", "" in chunks
    yield "text-newlines", "\n" in text
    yield "text-separators", re.search("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", text) is not None
    yield "text-nul", "\0" in text
    yield "text-unicode", re.search("[^\0-\x7f\x85\u2028\u2029\ufeff]", text) is not None
    ascii_only = re.sub("[^\x20-\x7e]", "", text.replace("\n", ""))
    yield (
        "text-lookalikes",
        any(mark in ascii_only for mark in ":[]{}\"'<>&%\\#")
        or any(chunk in ("0", "5", "null", "true", "false", "None", "NaN", "undefined") for chunk in chunks),
    )
    yield from _framing(reply)
    yield from _http(reply)
    yield from _segments(plan)
    for mark in plan.marks:
        yield mark, True


def _framing(reply: Reply) -> Iterator[tuple[str, bool]]:
    framing = reply.framing
    yield f"eol-{framing.newline}", framing.newline != "lf"
    yield "no-space", not framing.space
    yield "bom", framing.bom
    yield "no-colon", framing.bare_empty
    yield "unterminated", not framing.final_blank_line
    extra = [*framing.first, *framing.between, *framing.before, *framing.amid, *framing.inside]
    yield "comments", any(line.startswith(":") for line in extra)
    yield "event-type", any(line.startswith("event: ") and line != "event: message" for line in extra)
    types = ("event: ping", "event: update", "event: done", "event: end", "event: close")
    foreign = (":", *types, "data: ", "\ufeff")
    yield "fields", any(line != "" and not line.startswith(foreign) for line in extra)
    yield "bom", any(line.startswith("\ufeff") for line in extra)
    yield "blank-lines", "" in extra
    yield "json-records", any(line.startswith("data: {") for line in extra)
    yield "json-spelling", framing.json != Json()


def _http(reply: Reply) -> Iterator[tuple[str, bool]]:
    body = body_of(reply)
    kind = reply.headers.get("content-type", "")
    yield "charset", kind is not None and "event-stream" in kind
    yield "head-fields", bool(reply.headers.keys() - {"content-type", "content-encoding", "Content-Encoding"})
    yield "field-case", reply.field_case != "given"
    yield "close-delimited", body.framing in ("close", "http1.0")
    yield "length", body.framing == "length"
    yield "close", body.connection == "close"
    unusual = '"' in (body.extensions or "") or (body.extensions or "").count(";") > 1
    yield "chunk-ext-quoted", unusual
    yield "chunk-ext", body.extensions is not None and not unusual
    yield "trailers", bool(body.trailers)
    yield "http-chunks", body.sizes != "usual" or body.http_chunks is not None
    yield "http-reads", body.reads is not None
    yield "gzip", body.gzip is not None
    yield "h2-frames", bool(body.frames is not None or body.padding or body.beside)
    for status in reply.interim:
        yield f"early-{status}", True


def _segments(plan: StreamPlan) -> Iterator[tuple[str, bool]]:
    yield "read-bytes", plan.segments == "byte"
    yield "read-whole", plan.segments == "whole"
    if plan.segments not in ("free", "byte"):
        payload, events = plan.payload, frozenset(plan.event_ends)
        for at in cuts(plan) or ():
            if at < len(payload):
                yield place(payload, at, events), at not in events


ALSO: dict[str, set[str]] = {
    # what cannot be shown without another row's hazard
    "bom": {"read-line"},
    "json-spelling": {"text-unicode", "text-lookalikes", "chunk-empty"},
    "chunk-empty": {"no-space"},  # where nothing but empty chunks is sent
    "read-utf8": {"text-unicode"},
    "read-crlf": {"eol-crlf", "eol-mixed", "read-bytes"},
    "no-colon": {"chunk-empty"},
    "charset": {"text-unicode"},
    "field-case": {"length", "close-delimited"},
    "bad-utf8": {"invalid_utf8"},
    "drop-fin": {"close_early"},
    "drop-fin-close": {"close_early", "close"},
    "drop-rst": {"reset_peer"},
    "drop-rst-close": {"reset_peer", "close"},
    "not-sse": {"charset"},
    "drop-length": {"close_early", "long_length", "length"},
    "short-length": {"short_length", "length"},
    "drop-gzip": {"cut_gzip", "gzip"},
    "drop-silent": {"truncate", "close_early", "close-delimited"},
    "tls-truncation": {"drop_tls", "close-delimited"},
    "tls-broken": {"drop_tls", "length"},
    "gzip": {"length"},
    "h2-reset": {"reset_stream", "length"},
    "h2-reset-well": {"reset_stream"},
    "h2-refused": {"refuse_stream"},
    "h2-goaway": {"goaway"},
    "h2-goaway-close": {"goaway"},
    "h2-no-end": {"no_end_stream", "close_early", "length"},
    "h2-length": {"long_length", "short_length"},
    "h2-broken-frame": {"broken_frame", "data_past_end"},
    "missing-end": {"missing_end"},
    "end-record": {"hang", "close", "close-delimited"},
    "malformed-chunk": {"malformed_chunk"},
    "empty-reply": {"empty_reply"},
    "error-event": {"error_event"},
    "error-detail": {"close_early", "reset_peer", "invalid_utf8", "error_event"},
    "stall": {"hang", "empty_reply"},
    "http-reads": {"length", "close-delimited"},
    "page-inert": {"text-lookalikes", "chunk-spaces"},
    "page-partial": {"close_early"},
    "after-failure": {"close_early", "reset_peer", "malformed_chunk", "text-unicode", "text-newlines"},
    "retry": {"close_early", "reset_peer"},
    "once": {"length", "close", "close-delimited"},
}


def test_no_long_line_ends_in_a_space() -> None:
    for case in CHECKS["long-line"].examples:
        text, seed = case.replies[0].text, case.replies[0].seed
        assert isinstance(text, Text) and text.bytes is not None and seed is not None
        assert not lorem.size(text.bytes, seed).endswith(" ")


def only_its_own(name: str, case: Case, dialect: str, *rests_on: str) -> None:
    for reply, plan in zip((r for r in case.replies if r.dialect is not None), plans(case, dialect), strict=True):
        foreign = found_in(reply, plan) - {name, *ALSO.get(name, ()), *rests_on}
        assert not foreign, (name, case)


@pytest.mark.parametrize(("name", "dialect"), EACH)
def test_the_fixed_examples_show_their_hazard_and_no_other(name: str, dialect: DialectName) -> None:
    if name in ("everything", "long-line", "many-chunks", "page-frames"):
        return
    row = CHECKS[name].row
    for rests_on, cases in {"": row.examples, **row.resting}.items():
        for case in cases:
            if playable(spoken := speaking(case, dialect)):
                only_its_own(name, spoken, dialect, *rests_on.split())


@pytest.mark.hypothesis
@pytest.mark.parametrize(("name", "dialect"), [each for each in EACH if each.values[1] in ("text", "typed")])
def test_the_generated_examples_show_their_hazard_and_no_other(name: str, dialect: DialectName) -> None:
    check = CHECKS[name]
    if check.cases is None or name in ("everything", "long-line", "many-chunks", "page-frames"):
        return
    asked = RunSettings(dialect=dialect, held=frozenset())
    seen = set[str]()

    @settings(max_examples=20, suppress_health_check=list(HealthCheck))
    @given(check.cases(asked))
    def generated(case: Case) -> None:
        case = speaking(case, dialect)
        only_its_own(name, case, dialect)
        for reply, plan in zip(case.replies, plans(case, dialect), strict=False):
            lay_out(plan, asking(name))
            assert disagreement(plan) is None
            assert expect(plan, gzip=True, version=asking(name).version).outcome in wanted(name, dialect), case
            seen.update(found_in(reply, plan))

    generated()
    shown = {
        "chunk-split", "status", "not-sse", "request", "incremental", "text-lookalikes", "drop-fin", "drop-rst", "once",
        "again",
    }  # fmt: skip
    assert name in seen or name in shown or ALSO.get(name, set()) & seen or name.startswith("eol-mixed")


@pytest.mark.hypothesis
def test_reads_that_cut_are_drawn_with_few_cuts_first() -> None:
    cases = CHECKS["read-line"].cases
    assert cases is not None
    smallest: list[Case] = []

    @settings(max_examples=200, suppress_health_check=list(HealthCheck))
    @given(cases(RunSettings()))
    def shrunk(case: Case) -> None:
        smallest[:] = [case]
        raise LookupError

    with pytest.raises(LookupError):
        shrunk()
    (plan,) = plans(speaking(smallest[0], "text"), "text")
    assert plan.payload == b"data: a\n\n"
    assert len(cuts(plan) or ()) == 2


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sets(st.sampled_from(sorted(everything.DRAWN))), st.sampled_from(get_args(DialectName)))
def test_everything_draws_from_the_rows_that_are_held(
    data: st.DataObject, held: set[str], dialect: DialectName
) -> None:
    held = {name for name in held if dialect in CHECKS[name].info.dialects}
    asked = replace(RunSettings(dialect=dialect), held=frozenset(held))
    case = speaking(data.draw(everything.cases(asked)), dialect)
    allowed = held.union(*(ALSO.get(name, set()) for name in held))
    for reply, plan in zip(case.replies, plans(case, dialect), strict=True):
        lay_out(plan)
        assert disagreement(plan) is None
        assert found_in(reply, plan) <= allowed


@st.composite
def cut_inside_lines(draw: st.DrawFn, ending: str) -> Reply:
    reply = ended(draw, frozenset({ending}), say("ab", "cd"), "typed")
    return replace(reply, segments=segmentation(draw, frozenset({ending, "read-line"}), reply, "typed"))


@pytest.mark.hypothesis
@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_reads_are_cut_where_the_ending_leaves_something_to_read(ending: str) -> None:
    """``missing-end`` takes the end record away, and the others stop before it: no cut is drawn behind that."""
    cut = []

    @settings(max_examples=50, suppress_health_check=list(HealthCheck))
    @given(cut_inside_lines(ending))
    def drawn(reply: Reply) -> None:
        (plan,) = plans(speaking(Case((reply,)), "typed"), "typed")
        lay_out(plan)
        end = plan.size if plan.ending.stop is None else plan.ending.stop
        if isinstance(reply.segments, Segments):
            assert all(at < end for at in reply.segments.at or ())
            cut.append(plan)

    drawn()
    assert cut


def test_the_examples_of_everything_need_their_rows_to_be_held() -> None:
    check, client = CHECKS["everything"], PythonClient(lambda url, token, message: "")
    assert len(check.examples_for(client, RunSettings(held=frozenset()))) == 1
    assert check.examples_for(client, RunSettings()) == check.examples


def test_examples_of_two_lines_are_for_who_joins_lines() -> None:
    client = PythonClient(lambda url, token, message: "")
    two_lines = {name for name, check in CHECKS.items() if "text-newlines" in check.row.resting}
    assert two_lines >= {"eol-crlf", "eol-cr", "eol-mixed", "read-crlf", "comments", "fields", "no-colon"}
    for check in CHECKS.values():
        asked = check.examples_for(client, RunSettings(held=frozenset(CHECKS) - {"text-newlines"}))
        chunks = [case.replies[0].chunks for case in asked]
        said = "".join(chunk for each in chunks if isinstance(each, tuple) for chunk in each)
        assert ("\n" in said) == (check.id == "text-newlines"), check.id
