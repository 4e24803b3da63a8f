"""The page: whole by itself, safe whatever a client said, and usable by key."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from mock_ares.faults import empty_reply
from mock_ares.harness.clients.browser.devtools import Browser
from mock_ares.harness.model import Case, ClientReport
from mock_ares.harness.report.html import as_html
from mock_ares.harness.report.write import write
from mock_ares.scenario.model import Redirect, Reply, Segments
from tests.harness.report.samples import HOSTILE, ONE, REPORT, failure, result
from tests.toolchains import require_tool

STYLES = "getComputedStyle(document.documentElement)"
PAIRS = [
    ("ink", "card"), ("soft", "paper"), ("soft", "card"), ("failed", "card"), ("failed", "failed-back"),
    ("passed", "passed-back"), ("passed", "card"), ("informational", "informational-back"), ("informational", "card"),
    ("name", "name-back"), ("skipped", "card"), ("card", "failed"), ("card", "errored"),
]  # fmt: skip
"""Colours of text, and what is behind them."""
VOID = {"meta", "rect", "br", "link", "input", "img"}
PAGE = as_html(REPORT, lambda client, check: f"mock-ares replay {check.replay} -- CMD" if check.replay else None)

SILENT = failure(Reply(faults=(empty_reply(),)), "a", word="added")


class Reader(HTMLParser):
    """Elements, with a check that they are closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def page() -> Reader:
    return Reader(PAGE)


def test_every_element_is_closed(page: Reader) -> None:
    assert page.open == []


def test_nothing_a_client_said_became_markup(page: Reader) -> None:
    assert page.all("script") == []
    assert not any(name.startswith("on") for _, attributes in page.found for name in attributes)
    assert not set(PAGE) & {"\x1b", "\0", "\u202e", "\ud800"}
    assert "alert(1)" in page.text


def test_it_needs_nothing_from_outside(page: Reader) -> None:
    for tag in ("link", "img", "iframe", "object", "embed", "base", "form"):
        assert page.all(tag) == []
    assert not any("src" in attributes or "href" in attributes for _, attributes in page.found)
    assert "url(" not in PAGE and "@import" not in PAGE and "style=" not in PAGE


def test_its_policy_allows_its_own_style_sheet_and_nothing_else(page: Reader) -> None:
    (policy,) = [a["content"] or "" for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    style = PAGE[PAGE.index("<style>") + len("<style>") : PAGE.index("</style>")]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.split("; ")[:2] == ["default-src 'none'", f"style-src 'sha256-{digest}'"]


def test_every_cell_opens_a_panel_of_its_own(page: Reader) -> None:
    panels = [attributes["id"] for _, attributes in page.found if "popover" in attributes]
    cells = [attributes for attributes in page.all("button") if attributes["class"] != "close"]
    assert [
        attributes["popovertarget"] for attributes in page.all("button") if attributes["class"] == "close"
    ] == panels
    assert sorted(str(attributes["popovertarget"]) for attributes in cells) == sorted(map(str, panels))
    assert len(set(panels)) == len(panels) == sum(len(client.checks) for client in REPORT.clients)


def test_a_verdict_is_said_and_not_only_coloured(page: Reader) -> None:
    (said,) = [
        a["aria-label"] for a in page.all("button") if a["popovertarget"] == "c0-read-line" and "aria-label" in a
    ]
    assert said == "read-line, node client.mjs: failed, lost"
    for sign in "✓✗!i–":
        assert f'aria-hidden="true">{sign}</span>' in PAGE


def test_a_panel_has_the_whole_story(page: Reader) -> None:
    panel = PAGE[PAGE.index('id="c0-drop-rst"') :].split("<div popover", 1)[0]
    assert "A reset connection passes for a complete answer" in panel
    assert '<mark class="differs">tworks learn.</mark>' in panel
    assert "reset (RST)" in panel and '<svg class="timeline"' in panel and "reset_peer" in panel


def test_each_mark_of_a_read_stands_where_the_read_ended(page: Reader) -> None:
    panel = PAGE[PAGE.index('id="c0-read-line"') :].split("<div popover", 1)[0]
    assert re.search(r'<pre>d<span class="read"><i>│</i></span>ata: 0<span class="name">', panel)


def test_one_client_is_a_list_with_what_was_found() -> None:
    said = Reader(as_html(ONE, lambda client, check: None)).text
    assert "what was found" in said and "the client does not declare cancel" in said


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    require_tool("chromium")
    path = tmp_path_factory.mktemp("page") / "report.html"
    write(REPORT, path)
    started = Browser()
    yield _Page(started, path)
    started.close()


class _Page:
    def __init__(self, browser: Browser, path: Path) -> None:
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self._browser = browser
        self._session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=path.as_uri())
        while self.value("document.readyState") != "complete":
            pass

    def call(self, method: str, **words: object) -> Any:
        return self._browser.call(method, self._session, seconds=30.0, **words)

    def value(self, expression: str) -> Any:
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def press(self, key: str, code: int, text: str = "") -> None:
        for kind in ("keyDown", "keyUp"):
            typed = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **typed)


@pytest.mark.parametrize(("key", "code", "text"), [("Enter", 13, "\r"), (" ", 32, " ")])
def test_a_cell_is_opened_and_closed_by_key(browser: _Page, key: str, code: int, text: str) -> None:
    opened = "document.querySelector('#c0-read-line').matches(':popover-open')"
    browser.value("document.querySelector('[popovertarget=\"c0-read-line\"]').focus()")
    browser.press(key, code, text)
    assert browser.value(opened) is True
    browser.press("Tab", 9)
    assert browser.value("document.activeElement.textContent") == "Close"
    browser.press("Escape", 27)
    assert browser.value(opened) is False
    assert browser.value("document.activeElement.getAttribute('popovertarget')") == "c0-read-line"


@pytest.mark.parametrize("width", [360, 1280, 3840])
def test_no_width_makes_the_page_itself_scroll_sideways(browser: _Page, width: int) -> None:
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=False)
    assert browser.value("document.documentElement.scrollWidth <= innerWidth") is True
    browser.value("document.querySelector('#c1-text-nul').showPopover()")
    assert browser.value("document.querySelector('#c1-text-nul').getBoundingClientRect().left >= 0") is True
    assert browser.value("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('#c1-text-nul'))") is True
    browser.value("document.querySelector('#c1-text-nul').hidePopover()")


def test_the_style_sheet_is_in_force(browser: _Page) -> None:
    assert browser.value("getComputedStyle(document.querySelector('.scroll')).overflowX") == "auto"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_enough(browser: _Page, scheme: str) -> None:
    """WCAG 1.4.3: 4.5 to 1, for the colours that text has."""
    browser.call(
        "Emulation.setEmulatedMedia", media="screen", features=[{"name": "prefers-color-scheme", "value": scheme}]
    )
    found = {name: browser.value(f"{STYLES}.getPropertyValue('--{name}').trim()") for pair in PAIRS for name in pair}
    low = {pair: ratio for pair in PAIRS if (ratio := contrast(found[pair[0]], found[pair[1]])) < 4.5}
    assert low == {}


def contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_hostile_names_are_shown_as_text() -> None:
    assert HOSTILE not in PAGE


def test_what_failed_stands_before_all_else() -> None:
    page = as_html(ONE, lambda client, check: None)
    verdicts = re.findall(r'class="cell (\w+)"', page)
    bad = [verdict in ("failed", "errored") for verdict in verdicts]
    assert bad == sorted(bad, reverse=True) and any(bad)
    assert page.index(">failed</th>") < page.index(">documented</th>")


def test_a_large_failure_is_shown_where_it_differs() -> None:
    """What lies around that is counted, in the text and in the bytes."""
    text = "".join(f"word{number} " for number in range(2000))
    lost = failure(
        Reply(text=text, segments=Segments(every=7)),
        text.replace("word1000 ", ""),
        request={"method": "POST", "headers": {"user-agent": "node"}},
    )
    report = replace(ONE, clients=(ClientReport("a", "exact", (result("failed", "early-100", failure=lost),)),))
    found = Reader(as_html(report, lambda client, check: None))
    assert not found.open
    assert "… " in found.text and " …" in found.text and "word999" in found.text
    assert re.search(r"… [\d,]+ more above", found.text) and re.search(r"… [\d,]+ more below", found.text)
    assert "no client on top of it can mend that" in found.text


def test_replies_that_are_no_stream_are_named() -> None:
    replies = (Reply(error="internal"), Reply(redirect=Redirect()), Reply(status=204, content="empty"), Reply(text="a"))
    found = failure(replies[-1], "b", case=Case(replies))
    report = replace(ONE, clients=(ClientReport("a", "exact", (result("failed", failure=found),)),))
    page = Reader(as_html(report, lambda client, check: None))
    for said in (
        "1. the error internal",
        "2. a redirect, 307",
        "3. status 204",
        "4. a stream (the outcome is compared with this one)",
    ):
        assert said in page.text


def test_no_response_at_all_is_said() -> None:
    report = replace(ONE, clients=(ClientReport("a", "exact", (result("failed", failure=SILENT),)),))
    assert "no HTTP response" in Reader(as_html(report, lambda client, check: None)).text
