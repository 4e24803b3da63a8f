"""A check's page, as Markdown: for the site, for a terminal, and for whoever looks at the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mock_ares.dialects import DIALECTS
from mock_ares.harness.checks import CHECKS, Check
from mock_ares.harness.checks import find as find_check
from mock_ares.harness.handbook.check_texts import CheckText, texts
from mock_ares.harness.handbook.example import drawn
from mock_ares.harness.handbook.mends import LANGUAGES, SOURCES, Mend, in_general, mends
from mock_ares.harness.handbook.trial import NO_TRIAL, Trial
from mock_ares.harness.model import OF_PAGES, CheckInfo, HarnessError, Tier
from mock_ares.paths import CONTRACTS
from mock_ares.scenario.diagnostics import listed

TIERS: dict[Tier, str] = {
    "documented": "ARES's own pages say so",
    "standard": "a standard says so",
    "defensive": "no text demands it, and users are hurt without it",
}


FAMILIES = {"http": "HTTP", "http2": "HTTP/2", "tls": "TLS"}
"""What a family of checks is called, where that is not its file's name."""


def page(name: str, trial: Trial = NO_TRIAL) -> str:
    """The page of a check; with what a trial found, where there is one.

    Raises UsageError for a check that there is not, HarnessError where its text is missing or wrong.
    """
    check = find_check(name)
    if name not in texts():
        raise HarnessError(f"docs/checks/ has no text on {name}")
    return "\n".join(_Page(check, texts()[name], trial).lines()).rstrip() + "\n"


def pages(trial: Trial = NO_TRIAL) -> Iterator[tuple[str, str]]:
    """All of them, by the name of the check, in the order of the contract."""
    for name in CHECKS:
        yield name, page(name, trial)


def index() -> str:
    """The list of all pages, by family."""
    lines = ["# The checks", "", _ABOUT]
    for family in dict.fromkeys(texts()[name].family for name in CHECKS if name in texts()):
        lines += ["", f"## {FAMILIES.get(family, family.capitalize())}", "", "| check | a correct client | tier |"]
        lines += ["|---|---|---|"]
        lines += [_row(check.info) for name, check in CHECKS.items() if texts()[name].family == family]
    return "\n".join(lines) + "\n"


_ABOUT = """\
Each check of the contract is a hazard: something that real servers and networks do, and that clients get wrong. A page
says why it happens, shows the smallest stream that has it byte for byte, says what a wrong client makes of that, and
quotes the mend from a client that passes the contract. `mock-ares docs read-line` prints one, `mock-ares docs checks`
this list."""


def _row(info: CheckInfo) -> str:
    return f"| [`{info.id}`]({info.id}.md) | {info.title} | {info.tier} |"


@dataclass(frozen=True, slots=True)
class _Page:
    check: Check
    text: CheckText
    trial: Trial

    def lines(self) -> Iterator[str]:
        info = self.check.info
        yield from (f"# {info.id}", "", f"**{info.title}.**", "", self.text.text, "")
        yield from (f"- Tier: {info.tier} ({TIERS[info.tier]})", f"- Clause: {info.clause}")
        yield from (f"- {asked}" for asked in _asked(self.check))
        yield from self._example()
        yield from self._failed_by()
        yield from self._mend()
        yield from ("", "## Try it", "", *_fence("sh", [_command(self.check)]))
        yield from ("", f"Where the contract is a class in pytest: `pytest -k {info.id.replace('-', '_')}`.")

    def _example(self) -> Iterator[str]:
        shown = drawn(self.check, self.text.wrong)
        yield from ("", "## The smallest example", "")
        yield from _fence("text", shown.stream)
        if shown.correct:
            yield from ("", f"A correct client {shown.correct}.")
        if self.text.wrong is None:
            return
        yield from ("", "## What goes wrong", "", f"Take a client that {self.text.wrong.does}:")
        yield from _quote(shown.said)
        if shown.outcome:
            yield from ("", *_fence("text", shown.outcome))

    def _failed_by(self) -> Iterator[str]:
        flaws, failed = self.check.info.flaws, self.trial.failed_by(self.check.id)
        if not flaws and not failed and not self.trial.asked(self.check.id):
            return
        yield from ("", "## Who fails it", "")
        yield from (f"- {', '.join(some.names)}: {some.said}" for some in failed)
        if self.trial.asked(self.check.id) and not failed:
            yield "None of the clients [on trial](grid.md)."
        if flaws:
            blank = [""] if failed or self.trial.asked(self.check.id) else []
            yield from (*blank, "These fail whatever a client on top of them does:", "")
            yield from (f"- {flaw.said}" for flaw in flaws)

    def _mend(self) -> Iterator[str]:
        yield from ("", "## The mend", "", self.check.info.advice)
        kinds = [mends(kind) for kind in self.text.mends]
        for said in filter(None, map(in_general, self.text.mends)):
            yield from ("", said)
        for language, (word, _) in LANGUAGES.items():
            quotes = list(dict.fromkeys(mend for kind in kinds for mend in kind[language]))
            if quotes:
                yield from ("", f"### {language}")
                for mend in quotes:
                    yield from _mended(mend, word)


def _mended(mend: Mend, word: str) -> Iterator[str]:
    if mend.says:
        yield from ("", mend.says)
    if mend.code:
        path = SOURCES[mend.source]
        place = f"contracts/{path.relative_to(CONTRACTS)}" if path.is_relative_to(CONTRACTS) else "mock_ares/client.py"
        yield from ("", f"From `{place}`:", "", *_fence(word, [mend.code]))


def _asked(check: Check) -> Iterator[str]:
    info, row = check.info, check.row
    if info.capability in OF_PAGES:
        yield f"Asked of whole pages{_WITH.get(info.capability or '', '')}"
    elif info.capability:
        yield f"Asked of clients that declare `{info.capability}`"
    if row.over_tls:
        yield "Asked over TLS, with `--tls`"
    if row.http is not None:
        yield "Asked by HTTP/2, with `--http 2`" if row.http == "2" else "Asked by HTTP/1.1"
    if row.needs_gzip:
        yield "Asked of clients that accept gzip"
    if (dialects := _dialects(info)) is not None:
        yield f"Asked in {dialects}"
    if row.lasts:
        yield f"Left out with `--quick`: it takes {row.lasts:g} s or more"


_WITH = {"new-chat": " that have a button for a new chat", "stop": " that have a button to stop an answer"}


def _dialects(info: CheckInfo) -> str | None:
    """Those in which it is asked, where it is not in all."""
    if len(info.dialects) == len(DIALECTS):
        return None
    names = listed([f"`{name}`" for name in info.dialects], "and")
    return f"the dialect{'s' * (len(info.dialects) > 1)} {names}"


def _command(check: Check) -> str:
    info = check.info
    words = ["mock-ares check", f"--only {info.id}"]
    if check.row.over_tls:
        words.append("--tls")
    if check.row.http == "2":
        words.append("--http 2")
    if "text" not in info.dialects:
        words.append(f"--dialect {info.dialects[-1]}")
    if info.capability in OF_PAGES:
        more = {"new-chat": " --new '#new'", "stop": " --stop '#stop'"}.get(info.capability or "", "")
        where = f"--page http://localhost:5173 --prompt '#message' --send button --answer '.answer'{more}"
        return " ".join([*words, where])
    if info.capability:
        words.append(f"--can {info.capability}{'=5' if info.capability == 'timeout' else ''}")
    return " ".join([*words, "-- node client.mjs"])


def _fence(word: str, lines: Sequence[str]) -> Iterator[str]:
    """Longer than any in what it holds."""
    ticks = "````" if any("```" in line for line in lines) else "```"
    yield from (f"{ticks}{word}", *lines, ticks)


def _quote(said: str) -> Iterator[str]:
    if said:
        yield from ("", f"> {said}")
