"""The page itself: tabs in step, a fake that is started anew, keys, readers, sizes and colours."""

from __future__ import annotations

import asyncio
import math
import re
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from mock_ares.server.state import Settings
from tests.console.stage import Served, open_console, text_of
from tests.ports import lasting_port

CSS = Path(__file__).parents[2] / "mock_ares" / "console" / "css"
VIEWS = ("journal", "journal/1", "scenarios", "scenarios/bad-day", "compose", "files", "files/hello.yaml", "controls")
TWO_FRAMES = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


class TestTwoTabs:
    async def test_in_step(self, page: Page, context: BrowserContext, served: Served) -> None:
        other = await context.new_page()
        await open_console(page, served.url)
        await open_console(other, served.url)
        await page.bring_to_front()  # behind another tab a second passes between two frames
        await page.get_by_role("button", name="Pause every stream").click()
        await expect(other.locator(".speed")).to_have_text("paused")
        await page.get_by_label("With", exact=True).select_option("fault hang")
        await page.get_by_role("button", name="Break it").click()
        await expect(other.get_by_role("list", name="To be broken")).to_contain_text("hang: after chunk 3")
        await other.bring_to_front()
        await other.get_by_role("button", name="Do not break with hang").click()
        await expect(page.get_by_role("list", name="To be broken").get_by_role("listitem")).to_have_count(0)
        served.api("PATCH", "settings", {"speed": "instant"})
        served.ask("for both")
        for tab in (page, other):
            await expect(tab.get_by_role("listbox").get_by_role("option", name="for both")).to_contain_text("complete")
        await other.get_by_role("button", name="Clear").click()
        await expect(page.get_by_role("heading", name="No request yet")).to_be_visible()
        await page.bring_to_front()
        await page.get_by_role("button", name="Light or dark").click()
        await expect(other.locator("html")).to_have_attribute("data-theme", "dark")


class TestRestart:
    async def test_it_says_so_and_goes_on(self, page: Page, folder: Path) -> None:
        instant = Settings(speed=math.inf)
        with Served(folder, instant, lasting_port()) as first:
            await open_console(page, first.url)
            first.ask("before")
            await expect(page.get_by_role("listbox").get_by_role("option", name="before")).to_be_visible()
        await expect(page.locator("#link")).to_contain_text("The fake is gone; trying again")
        with Served(folder, instant, first.port) as second:
            await expect(page.locator("#link")).to_contain_text("Live")
            await expect(page.locator("#notices")).to_contain_text("started anew")
            await expect(page.get_by_role("heading", name="No request yet")).to_be_visible()
            second.ask("after")
            await expect(page.get_by_role("listbox").get_by_role("option", name="after")).to_contain_text("complete")

    async def test_what_comes_while_the_journal_is_read_stays(self, page: Page, served: Served) -> None:
        option, told = page.get_by_role("listbox").get_by_role("option", name="meanwhile"), asyncio.Event()

        async def late(route: Route) -> None:
            empty = await route.fetch()
            served.ask("meanwhile")
            await expect(option).to_be_visible()
            await route.fulfill(response=empty)
            told.set()

        await page.route("**/_mock/api/requests?*", late, times=1)
        await open_console(page, served.url)
        await asyncio.wait_for(told.wait(), 30)
        await page.evaluate("fetch('/_mock/api/status').then((answer) => answer.text())")  # all before it is read
        await page.evaluate(TWO_FRAMES)
        await expect(option).to_be_visible()
        await expect(page.locator(".total")).to_have_text("1 request")

    async def test_what_came_meanwhile_is_there_after_a_reload(self, page: Page, served: Served) -> None:
        served.ask("one")
        await open_console(page, served.url, "journal/1")
        served.ask("two")
        await page.reload()
        await expect(page.locator(".total")).to_have_text("2 requests")
        await expect(page.get_by_role("region", name="Request", exact=True)).to_contain_text("one")


class TestLock:
    async def test_a_control_token(self, page: Page, folder: Path) -> None:
        with Served(folder, Settings(control_token="open sesame")) as served:
            await page.goto(f"{served.url}/_mock/")
            token = page.get_by_label("Control token")
            await token.fill("wrong")
            await token.press("Enter")
            await expect(page.locator("#notices .bad")).to_be_visible()
            await token.fill("open sesame")
            await token.press("Enter")
            await expect(page.locator("#link")).to_contain_text("Live")
            await expect(page.get_by_role("alert")).to_be_hidden()


class TestKeys:
    async def test_everything_without_a_pointer(self, page: Page, served: Served) -> None:
        keys = page.keyboard
        await open_console(page, served.url)
        served.ask("neural one")
        await keys.press("2")
        await keys.press("/")
        await keys.type("hello")
        await keys.press("Escape")
        await expect(page.get_by_role("listbox").get_by_role("option", name="hello")).to_be_visible()
        await keys.press("j")
        await expect(page.get_by_role("heading", name="hello")).to_be_visible()
        await expect(page.locator(".scenarios .plan")).to_have_count(1)
        await tab_to(page, "Serve to all")
        await keys.press("Enter")
        await expect(page.locator("#controls .now")).to_contain_text("answered by hello.")
        await keys.press("b")
        await expect(page.get_by_label("With", exact=True)).to_be_focused()
        await tab_to(page, "Break it")
        await keys.press("Space")
        await expect(page.get_by_role("list", name="To be broken")).to_contain_text("close_early")
        await keys.press("p")
        await expect(page.locator(".speed")).to_have_text("paused")
        await keys.press("p")
        await keys.press("3")
        await expect(page.get_by_label("Message", exact=True)).to_be_focused()
        await keys.press("Control+Enter")
        await expect(page.locator(".state .verdict")).to_contain_text("broke")
        await keys.press("Escape")
        await keys.press("1")
        await expect(page.get_by_role("listbox", name="Requests").get_by_role("option")).to_have_count(2)
        await keys.press("End")
        await keys.press("Enter")
        await expect(page.locator(".opened h2")).to_have_text("neural one")
        await keys.press("k")
        await expect(page.locator(".opened h2")).to_have_text("How do neural networks learn?")
        await keys.press("Escape")
        await expect(page.get_by_role("listbox", name="Requests")).to_be_focused()
        await keys.press("?")
        await expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Break the next reply")
        await keys.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()

    async def test_single_keys_can_be_switched_off(self, page: Page, served: Served) -> None:
        await open_console(page, served.url)
        await page.keyboard.press("?")
        await page.get_by_label("Single keys do these things").uncheck()
        await page.keyboard.press("Escape")
        await page.keyboard.press("2")
        await page.keyboard.press("p")
        assert page.url.endswith("#/journal")
        assert served.api("GET", "settings")["speed"] == "instant"

    async def test_the_focus_is_seen(self, page: Page, served: Served) -> None:
        await open_console(page, served.url)
        seen = set[str]()
        for _ in range(12):
            await page.keyboard.press("Tab")
            style = await page.evaluate(
                "() => { const s = getComputedStyle(document.activeElement);"
                " return [document.activeElement.outerHTML.slice(0, 80), s.outlineStyle, parseFloat(s.outlineWidth)]; }"
            )
            assert style[1] != "none" and style[2] >= 2, style
            seen.add(style[0])
        assert len(seen) > 8


async def tab_to(page: Page, name: str) -> None:
    """With Tab alone."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"Tab does not get to {name!r}")


class TestReaders:
    async def test_everything_has_a_name(self, page: Page, served: Served) -> None:
        served.ask("all about neural nets")
        await open_console(page, served.url)
        for view in VIEWS:
            await page.goto(f"{served.url}/_mock/#/{view}")
            await page.evaluate(TWO_FRAMES)
            assert await page.evaluate(NAMELESS) == [], view

    async def test_what_happens_is_told(self, page: Page, served: Served) -> None:
        await open_console(page, served.url)
        await page.keyboard.press("p")
        await expect(page.locator("#announcer")).to_have_text("Paused")
        row = page.get_by_role("listbox", name="Requests, newest first")
        served.api("PATCH", "settings", {"speed": "instant"})
        served.ask("hello")
        option = row.get_by_role("option")
        await expect(option).to_have_attribute(
            "aria-label", re.compile(r"^1: hello\. 200, complete after .*, 899 bytes$")
        )


NAMELESS = """() => {
  const wrong = [];
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  for (const id of new Set(ids)) if (ids.filter((each) => each === id).length > 1) wrong.push(`id ${id} twice`);
  for (const each of document.querySelectorAll("button, a, input, select, textarea, [role=listbox], [role=img]")) {
    if (!each.checkVisibility()) continue;
    const label = each.getAttribute("aria-label") || each.labels?.[0]?.textContent || each.textContent;
    if (!label.trim()) wrong.push(each.outerHTML.slice(0, 100));
  }
  for (const each of document.querySelectorAll("[aria-describedby], [aria-labelledby], label[for]")) {
    for (const name of ["aria-describedby", "aria-labelledby", "for"]) {
      const id = each.getAttribute(name);
      if (id && !document.getElementById(id)) wrong.push(`${name}=${id} leads nowhere`);
    }
  }
  return wrong;
}"""


COVERED = """() => {
  const told = document.querySelector("#notices p")?.getBoundingClientRect();
  if (!told) return []; // it is gone already
  return [...document.querySelectorAll("main button, main a, .views a, .bar button")]
    .filter((each) => each.checkVisibility())
    .filter((each) => {
      const { top, bottom, left, right } = each.getBoundingClientRect();
      return top < told.bottom - 1 && bottom > told.top + 1 && left < told.right && right > told.left;
    })
    .map((each) => each.outerHTML.slice(0, 100));
}"""


class TestSizes:
    async def test_nothing_sticks_out(self, page: Page, served: Served) -> None:
        served.ask("all about neural nets, in " + "a very long message " * 20)
        await open_console(page, served.url)
        for width in (360, 768, 1280, 3840):
            await page.set_viewport_size({"width": width, "height": 740})
            for view in VIEWS:
                await page.goto(f"{served.url}/_mock/#/{view}")
                await page.evaluate(TWO_FRAMES)
                assert await page.evaluate(OUTSIDE) == [], (width, view)

    async def test_what_is_told_covers_nothing_on_a_phone_and_goes_with_the_view(
        self, page: Page, served: Served
    ) -> None:
        await page.set_viewport_size({"width": 390, "height": 740})
        served.ask("hello")
        await open_console(page, served.url)
        await page.get_by_role("button", name="Clear").click()
        told = page.locator("#notices p")
        await expect(told).to_have_text("The journal is empty.")
        await expect(page.get_by_role("heading", name="No request yet")).to_be_visible()
        assert await page.evaluate(COVERED) == []
        await page.wait_for_function("() => !(performance.now() - document.querySelector('#notices p')?.since < 600)")
        await page.get_by_role("link", name="Scenarios").first.click()
        await expect(told).to_have_count(0)

    async def test_a_place_in_a_file_is_one_line(self, page: Page, served: Served) -> None:
        await page.set_viewport_size({"width": 390, "height": 740})
        await open_console(page, served.url, "files/hello.yaml")
        await page.get_by_role("textbox", name="The scenario file").fill(
            "text: hi\npace: {first: 40ms, every: a very long one, jitter: 3}\n"
        )
        place = page.locator(".mistakes .numbers").first
        await expect(place).to_have_text(re.compile(r"^2:\d+$"))
        assert await place.evaluate("each => each.getClientRects().length") == 1

    def test_motion_is_left_out_where_it_is_not_wanted(self) -> None:
        for file in CSS.glob("*.css"):
            bare = re.sub(
                r"@media \(prefers-reduced-motion: no-preference\) \{(?:[^{}]|\{[^{}]*\})*\}", "", file.read_text()
            )
            assert "transition" not in bare and "animation" not in bare, file.name


OUTSIDE = """() => {
  const wide = document.documentElement.clientWidth;
  const out = document.documentElement.scrollWidth > wide ? ["the page scrolls sideways"] : [];
  for (const each of document.querySelectorAll("body *")) {
    if (!each.checkVisibility()) continue;
    if (each.closest(".reader, .skip, .editor, .folder, .hex, option, svg, dialog")) continue;
    const box = each.getBoundingClientRect();
    if (box.width > 0 && (box.right > wide + 1 || box.left < -1)) out.push(each.outerHTML.slice(0, 120));
  }
  return out;
}"""


class TestColours:
    """Contrast by WCAG 2.2, 1.4.3 and 1.4.11."""

    TEXTS = ("ink", "soft", "accent", "good", "bad", "warn", "mark")
    ON = ("paper", "card", "sunk")

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_texts_can_be_read(self, theme: str) -> None:
        colours = colours_of(theme)
        pairs = [(text, back) for text in self.TEXTS for back in self.ON]
        pairs += [(name, f"{name}-back") for name in ("accent", "good", "bad", "warn", "mark")]
        pairs += [
            ("soft", "accent-back"),
            ("on-accent", "accent"),
            ("card", "bad"),
            ("paper", "ink"),
            ("ink", "bad-back"),
        ]
        weak = {pair: round(ratio, 2) for pair in pairs if (ratio := contrast(*(colours[name] for name in pair))) < 4.5}
        assert not weak


def colours_of(theme: str) -> dict[str, str]:
    text = (CSS / "base.css").read_text("utf-8")
    blocks = dict(re.findall(r'(:root|:root\[data-theme="dark"\]) \{(.*?)\n\}', text, re.DOTALL))
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[":root"]))
    if theme == "dark":
        found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[':root[data-theme="dark"]']))
    return found


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def test_a_stream_is_as_whole_as_it_was_for_whoever_reads_it(page: Page, served: Served) -> None:
    """The console watches, and changes nothing."""
    await open_console(page, served.url)
    assert text_of(served.ask("hi", **{"x-mock-ares-scenario": "slow"})[1]) == (
        "one two three four five six seven eight nine ten"
    )
