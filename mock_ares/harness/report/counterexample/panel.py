"""What a cell of the HTML page opens to: the same facts as in the terminal, with more room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

from mock_ares.harness.model import NO_EXCHANGE, CheckResult, ClientReport, Difference, Failure, HarnessError
from mock_ares.harness.report.counterexample.characters import clean
from mock_ares.harness.report.counterexample.differences import Side
from mock_ares.harness.report.counterexample.failure_text import page_of
from mock_ares.harness.report.counterexample.payload_lines import LinePart, Payload
from mock_ares.harness.report.counterexample.picture import picture
from mock_ares.harness.report.counterexample.replanned import stream_of
from mock_ares.harness.report.facts import Fact, FactLines, facts
from mock_ares.harness.report.grouping import Group, told_elsewhere
from mock_ares.harness.report.verdicts import SIGNS, label, sentence
from mock_ares.harness.run.replay import PICTURE, as_yaml
from mock_ares.harness.verdict.library_flaws import flaw_of

COLUMNS = 1_000
"""Characters of a text that are shown."""
LINE = 240
"""The same, of one line of the stream."""
ROWS = 16
Again = Callable[[CheckResult], str | None]
"""The command that plays a failure again."""


def panel(id_: str, client: ClientReport, check: CheckResult, group: Group | None, replay: Again) -> str:
    """A dialog that is closed at first. ``group``: the failures that have this one's cause."""
    info, verdict = check.info, check.verdict
    parts = [
        f'<div popover id="{id_}" class="{verdict}" role="dialog" aria-labelledby="{id_}-head">',
        f'<div class="panel-head {verdict}"><span class="sign" aria-hidden="true">{SIGNS[verdict]}</span>',
        f'<h3 id="{id_}-head">{escape(info.id)}: {escape(label(check))}<span>{_text(client.name)}</span></h3>',
        f'<button type="button" class="close" popovertarget="{id_}" popovertargetaction="hide">Close</button></div>',
        f'<p class="about">{escape(info.title)} · {info.tier} · {escape(info.clause)}</p>',
        *_said(check),
        *_elsewhere(check, group),
    ]
    if check.finding is not None:
        parts += ["<dl>", *_facts(check, check.finding, replay(check)), *_same(check, group, replay), "</dl>"]
        parts += [_file(check, check.finding, client)]
    return "".join([*parts, "</div>\n"])


def _text(raw: str) -> str:
    return escape(clean(raw))


def _said(check: CheckResult) -> Iterator[str]:
    if check.finding is not None:
        yield f'<p class="said">{_text(sentence(check.finding.diagnosis))}</p>'
    if check.reason:
        yield f'<p class="about">{_text(sentence(check.reason))}</p>'
    if check.verdict == "passed" and not check.of_server:
        many = f"{check.examples} example{'s' * (check.examples != 1)}"
        yield f'<p class="said">It held in {many}, in {check.duration:.1f} s.</p>'


def _elsewhere(check: CheckResult, group: Group | None) -> Iterator[str]:
    if (name := told_elsewhere(check, group)) is not None:
        yield f'<p class="about">The same as {escape(name)}, which is told in full.</p>'


def _same(check: CheckResult, group: Group | None, replay: Again) -> Iterator[str]:
    if group is None or group.told is not check or not group.same:
        return
    commands = "\n".join(filter(None, map(replay, group.same)))
    box = f'<pre class="box">{_text(commands)}</pre>' if commands else ""
    yield _fact("the same", escape(group.said.removeprefix("the same ")) + box)


def _facts(check: CheckResult, failure: Failure | Difference, replay: str | None) -> Iterator[str]:
    for fact in facts(failure, columns=COLUMNS, rows=ROWS, line=LINE):
        if fact.label == "ended" and isinstance(failure, Failure):
            yield from _timeline(failure)
        yield _fact(fact.label, _value(fact))
    if isinstance(failure, Failure) and failure.picture:
        yield _fact("page", _picture(failure, check.replay))
    if (library := flaw_of(check.info, failure)) is not None:
        yield _fact("library", escape(library))
    yield _fact("advice", escape(check.info.advice))
    if isinstance(failure, Failure):
        yield _fact("why", f"<code>{escape(page_of(check.info))}</code>")
    if replay:
        yield _fact("replay", f'<pre class="box">{_text(replay)}</pre>')


def _fact(label_: str, value: str) -> str:
    return f"<dt>{label_}</dt><dd>{value}</dd>"


def _value(fact: Fact) -> str:
    if isinstance(fact.value, Side):
        return f'<pre class="box">{"".join(_side(fact.value))}</pre>'
    if isinstance(fact.value, Payload):
        return _payload(fact.value)
    if isinstance(fact.value, FactLines):
        return f'<pre class="box">{escape(chr(10).join(fact.value.lines))}</pre>'
    return escape(fact.value)


def _side(side: Side) -> Iterator[str]:
    if side.cut_before:
        yield '<span class="dots">… </span>'
    for shown, differs, named in side.runs():
        kinds = [kind for kind, holds in (("name", named), ("differs", differs)) if holds]
        tag = "mark" if differs else "span"
        yield f'<{tag} class="{" ".join(kinds)}">{escape(shown)}</{tag}>' if kinds else escape(shown)
    if side.cut_after:
        yield '<span class="dots"> …</span>'


def _payload(payload: Payload) -> str:
    lines = ["".join(map(_part, row)) for row in payload.rows]
    if payload.above:
        lines.insert(0, f'<span class="dots">… {payload.above:,} more above</span>')
    if payload.below:
        lines.append(f'<span class="dots">… {payload.below:,} more below</span>')
    rows = "\n".join(lines)
    return (
        f'<div class="small">{escape(payload.summary)}</div><div class="box rows" tabindex="0"><pre>{rows}</pre></div>'
    )


def _part(part: LinePart) -> str:
    if part.kind == "end":
        return '<span class="read"><i>│</i></span>'
    kind = {"name": "name", "left-out": "dots"}.get(part.kind)
    return f'<span class="{kind}">{escape(part.shown)}</span>' if kind else escape(part.shown)


def _timeline(failure: Failure) -> Iterator[str]:
    stream = stream_of(failure)
    drawn = picture(stream, failure.reads) if stream is not None else None
    if drawn is not None:
        ends = f'<div class="ends"><span>{drawn.begins}</span><span>{drawn.ends}</span></div>'
        yield _fact("timeline", f'<div class="small">{drawn.says}</div>{drawn.svg}{ends}')


def _picture(failure: Failure, replay: str | None) -> str:
    """What the page looked like, as a part of this one; and the file, where there is one."""
    moment = failure.ending if failure.ending != NO_EXCHANGE else "nothing was asked"
    alt = f"The page at the end of the example, when {moment}"
    beside = f", <code>{_text(str(Path(replay).with_suffix(PICTURE)))}</code>" if replay else ""
    source = f"data:image/jpeg;base64,{escape(failure.picture)}"
    return f'<div class="small">{_text(alt)}{beside}</div><img class="page" src="{source}" alt="{_text(alt)}">'


def _file(check: CheckResult, failure: Failure | Difference, client: ClientReport) -> str:
    if isinstance(failure, Difference):
        return ""
    try:
        words, _ = as_yaml(failure.case, check.info, failure, client.name)
    except HarnessError:
        return ""
    return f'<details class="file"><summary>as a scenario file</summary><pre class="box">{_text(words)}</pre></details>'
