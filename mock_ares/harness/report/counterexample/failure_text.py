"""A failure as text, the same in pytest and in the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence

from mock_ares.harness.model import CheckInfo, Difference, Failure
from mock_ares.harness.report.counterexample.characters import clean, columns
from mock_ares.harness.report.counterexample.differences import Side
from mock_ares.harness.report.counterexample.payload_lines import Payload, PayloadLine
from mock_ares.harness.report.facts import Fact, FactLines, facts
from mock_ares.harness.report.verdicts import sentence
from mock_ares.harness.verdict.library_flaws import flaw_of

WIDTH = 100
NARROWEST = 40
"""Columns, as WIDTH, and the label in front."""
_LABEL = 10
_MARGIN = "  "
_ROWS = 8
_CODES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "cyan": "36",
    "yellow": "33",
    "magenta": "35",
    "red-back": "97;41",
    "bold-red": "1;31",
}

Paint = Callable[[str, str], str]


def failure_text(
    info: CheckInfo,
    failure: Failure | Difference,
    replay: str | None = None,
    width: int | None = None,
    color: bool = False,
    same: Sequence[tuple[str, str | None]] = (),
) -> str:
    """The check and its clause, one sentence of diagnosis, and the facts that bear it out.

    ``replay`` is the command that plays the case again, or None where it was not saved; ``width`` counts columns, by
    default 100. ``same`` are other checks that failed of the same cause, each with its command.
    """
    wide = max(NARROWEST, width or WIDTH)
    paint = painter(color)
    room = wide - len(_MARGIN) - _LABEL
    lines = [*_head(info, failure, wide, paint), ""]
    for label, value in labelled(failure, room, paint):
        lines += _labelled(label, value, paint)
    if (library := flaw_of(info, failure)) is not None:
        lines += _labelled("library", _wrapped(library, room), paint)
    lines += _labelled("advice", _wrapped(info.advice, room), paint)
    if isinstance(failure, Failure):
        lines += _labelled("why", [paint(page_of(info), "cyan")], paint)
    if replay:
        lines += _labelled("replay", [paint(clean(replay), "cyan")], paint)
    if same:
        names = _wrapped(f"in {', '.join(name for name, _ in same)}", room)
        lines += _labelled("the same", [*names, *(paint(clean(each), "cyan") for _, each in same if each)], paint)
    return "\n".join(line.rstrip() for line in lines)


def labelled(
    failure: Failure | Difference, room: int = WIDTH, paint: Paint | None = None
) -> Iterator[tuple[str, list[str]]]:
    """What there is to know of a failure: a word, and lines of at most ``room`` columns."""
    for fact in facts(failure, columns=room, rows=_ROWS):
        yield fact.label, _value(fact, room, paint or _plain)


def page_of(info: CheckInfo) -> str:
    """The command that prints the check's page: why it happens, and the mend in several languages."""
    return f"mock-ares docs {info.id}"


def painter(color: bool) -> Paint:
    """Puts a style on a text, or leaves it as it is."""
    return _colored if color else _plain


def _plain(text: str, style: str) -> str:
    return text


def _colored(text: str, style: str) -> str:
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if text else text


def _head(info: CheckInfo, failure: Failure | Difference, wide: int, paint: Paint) -> Iterator[str]:
    yield f"{paint(f'✗ {info.id}', 'bold-red')}  {paint(failure.word, 'red')}"
    for line in _wrapped(f"{info.title} · {info.tier} · {info.clause}", wide - len(_MARGIN)):
        yield _MARGIN + paint(line, "dim")
    yield ""
    yield from (
        _MARGIN + paint(line, "bold") for line in _wrapped(sentence(clean(failure.diagnosis)), wide - len(_MARGIN))
    )


def _labelled(label: str, value: list[str], paint: Paint) -> Iterator[str]:
    for number, line in enumerate(value):
        yield _MARGIN + paint(f"{label if number == 0 else '':<{_LABEL}}", "dim") + line


def _wrapped(text: str, room: int) -> list[str]:
    return textwrap.wrap(text, max(room, NARROWEST - _LABEL), break_on_hyphens=False) or [""]


def _value(fact: Fact, room: int, paint: Paint) -> list[str]:
    if isinstance(fact.value, Side):
        return list(_side(fact.value, room, paint))
    if isinstance(fact.value, Payload):
        return [fact.value.summary, *_payload(fact.value, paint)]
    if isinstance(fact.value, FactLines):
        return [line for text in fact.value.lines for row in text.split("\n") for line in _wrapped(row, room)]
    return _wrapped(fact.value, room)


def _side(side: Side, room: int, paint: Paint) -> Iterator[str]:
    """The text, and carets under what the other one lacks."""
    before, after = "… " * side.cut_before, " …" * side.cut_after
    text, carets = list[str](), [" " * len(before)]
    for shown, differs, named in side.runs():
        text.append(paint(shown, "red-back" if differs else "cyan") if differs or named else shown)
        carets.append(("^" if differs else " ") * sum(map(columns, shown)))
    yield paint(before, "dim") + "".join(text) + paint(after, "dim")
    if side.differs:
        yield paint("".join(carets), "red")


def _payload(payload: Payload, paint: Paint) -> Iterator[str]:
    if payload.above:
        yield paint(_left_out(payload.above), "dim")
    yield from (_row(row, paint) for row in payload.rows)
    if payload.below:
        yield paint(_left_out(payload.below), "dim")


def _left_out(count: int) -> str:
    return f"… {count:,} line{'s' * (count != 1)} …"


def _row(row: PayloadLine, paint: Paint) -> str:
    styles = {"name": "dim", "end": "bold-red", "left-out": "dim"}
    return "".join(paint(part.shown, styles[part.kind]) if part.kind in styles else part.shown for part in row)
