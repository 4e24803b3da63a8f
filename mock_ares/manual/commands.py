"""The command `docs`."""

from __future__ import annotations

import difflib
import webbrowser
from collections.abc import Iterable
from itertools import groupby

import click

from mock_ares.harness.commands import Refused
from mock_ares.harness.model import HarnessError
from mock_ares.manual.page_search import Hit, search
from mock_ares.manual.printed import printed
from mock_ares.manual.topics import ALIASES, Topic, checks, topics
from mock_ares.paths import DOCS, INSTALLED

BOOK = DOCS.parent / "build" / "docs" / "html"
"""Where `make docs` writes the book, in a checkout."""
_HINT = (
    "mock-ares docs TOPIC prints one, mock-ares docs TOPIC#SECTION a section of it, mock-ares docs read-line the page "
    "of that check; docs checks lists those. Other words are looked for in all pages."
)


@click.command()
@click.argument("topic", nargs=-1)
@click.option("--open", "opened", is_flag=True, help="Open it in a browser, where `make docs` has made the book.")
@click.pass_context
def docs(context: click.Context, topic: tuple[str, ...], opened: bool) -> None:
    """Print a page of the documentation: one on a TOPIC, or on a check by its name. Without one: which there are.

    TOPIC may be any words: the page that has them in its title is printed, or those that speak of them are listed.
    """
    main = context.find_root().command
    assert isinstance(main, click.Group)
    known = topics(main)
    if not topic:
        if opened:
            _open("index", "")
        else:
            _contents(known.values())
        return
    found, section = _found(" ".join(topic), known | checks())
    if found is None:
        return
    if opened:
        _open(found.place.removeprefix("docs/").removesuffix(".md"), section)
        return
    by_place = {each.place: each for each in (*known.values(), *checks().values())}
    try:
        click.echo_via_pager(printed(found, by_place, section).removesuffix("\n"))
    except LookupError as error:
        there = f"has no section {section!r}; there are {error}" if str(error) else "has no sections"
        raise Refused(f"the page {found.name} {there}") from None
    except HarnessError as error:
        raise Refused(str(error)) from None


def _found(asked: str, known: dict[str, Topic]) -> tuple[Topic | None, str]:
    """The page that is meant, and a section's anchor; no page where several may be meant, which are listed then.

    Raises Refused where there is none.
    """
    name, _, section = asked.lower().partition("#")
    if name not in known and name in ALIASES:
        name, _, aliased = ALIASES[name].partition("#")
        section = section or aliased
    if name in known:
        return known[name], section
    hits = search(name.split(), known.values())
    if not hits:
        near = difflib.get_close_matches(name, [*known, *ALIASES], n=3, cutoff=0.55)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; mock-ares docs lists the topics"
        raise Refused(f"there is no page on {asked!r}{hint}")
    named = [hit for hit in hits if hit.by_title]
    if len(named) == 1:
        return named[0].topic, section
    _list(asked, hits)
    return None, ""


def _list(asked: str, hits: Iterable[Hit]) -> None:
    found = list(hits)
    speaks = "This one speaks" if len(found) == 1 else "These speak"
    click.echo(f"No page is called {asked!r}. {speaks} of it:\n")
    _table((f"  {hit.topic.name}{f'#{hit.section}' if hit.section else ''}", hit.topic.title) for hit in found)


def _contents(listed: Iterable[Topic]) -> None:
    for section, group in groupby(listed, key=lambda topic: topic.section):
        click.echo(f"{section}\n")
        _table((f"  {topic.name}", topic.title) for topic in group)
        click.echo()
    click.echo(_HINT)


def _table(rows: Iterable[tuple[str, str]]) -> None:
    found = list(rows)
    width = max(len(name) for name, _ in found)
    for name, text in found:
        click.echo(f"{name:<{width}}  {text}")


def _open(page: str, section: str) -> None:
    """Raises Refused where there is no book."""
    path = BOOK / f"{page}.html"
    if INSTALLED:
        raise Refused("an installed package has the pages as text alone; `make docs` in a checkout makes the book")
    if not path.is_file():
        raise Refused(f"there is no {path}; `make docs` makes the book")
    address = path.as_uri() + (f"#{section}" if section else "")
    click.echo(address)
    webbrowser.open(address)
