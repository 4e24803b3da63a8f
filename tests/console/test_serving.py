"""What is served is picked, slowed and broken from the page, and requests get it."""

from __future__ import annotations

import re

from playwright.async_api import Page, expect

from mock_ares.authoring.shipped import entries
from mock_ares.scenario.catalogue import Catalogue
from mock_ares.server.hosting.in_thread import FakeServer
from mock_ares.server.state import Settings
from tests.console.stage import Served, open_console, text_of


async def choose(page: Page, name: str) -> None:
    await page.get_by_role("searchbox", name="Filter scenarios").fill(name)
    # A row is used again for another item, so it is clicked when the list has come to what the filter leaves.
    await expect(page.locator(".row.scenario:visible").first).to_have_attribute("data-key", name)
    await page.get_by_role("listbox").get_by_role("option", name=name).click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible()


async def test_the_library_is_grouped_by_what_it_shows(page: Page) -> None:
    with FakeServer(Settings(), Catalogue(entries()).values()) as fake:
        await open_console(page, fake.url, "scenarios")
        scenarios = page.get_by_role("listbox")
        heading = page.locator(".row.heading:not([hidden])")
        await expect(heading.first).to_contain_text("Text and chunks")
        await page.set_viewport_size({"width": 1280, "height": 12_000})  # all of them at once
        await expect(heading).to_have_count(10)
        await expect(heading.filter(has_text="Everything else")).to_have_count(0)
        await scenarios.focus()
        await page.keyboard.press("Home")
        await expect(page.locator(".row.current")).to_contain_text("built-in")
        await expect(page.locator(".row.current")).to_have_attribute("aria-posinset", "1")
        await page.get_by_label("Filter scenarios").fill("utf8")
        await expect(page.get_by_role("listbox").get_by_role("option", name=re.compile("read-utf8"))).to_be_visible()
        await expect(heading).to_have_count(0)


class TestPick:
    async def test_for_all_and_back(self, page: Page, served: Served) -> None:
        await open_console(page, served.url, "scenarios")
        await choose(page, "hello")
        await page.get_by_role("button", name="Serve to all").click()
        await expect(page.get_by_role("button", name="Served to all")).to_be_visible()
        await expect(page.locator("#controls .now")).to_have_text("Every chat is answered by hello.")
        assert text_of(served.ask("neural")[1]) == "Hello there, how are you?"
        await page.get_by_role("button", name="Served to all").click()
        await expect(page.locator("#controls .now")).to_contain_text("whose conditions fit the chat")
        assert served.ask("neural")[1] == "broken"

    async def test_for_one_token(self, page: Page, served: Served) -> None:
        mine = served.api("POST", "tokens", {"name": "mine"})
        other = served.api("POST", "tokens", {"name": "other"})
        await open_console(page, served.url, "scenarios/bad-day")
        await page.get_by_role("combobox", name="A token").select_option(label="mine")
        await expect(page.get_by_role("listbox").get_by_role("option", name="bad-day")).to_contain_text("for 1 token")
        assert served.ask("hi", mine["token"])[1] == "broken"
        assert served.ask("hi", other["token"])[1] != "broken"

    async def test_replies_are_shown_before_they_are_sent(self, page: Page, served: Served) -> None:
        await open_console(page, served.url, "scenarios/bad-day")
        plans = page.locator(".plan")
        await expect(plans).to_have_count(2)
        await expect(plans.first).to_contain_text("reset_peer")
        await expect(plans.first.get_by_role("group", name="What a correct client reads")).to_have_text(
            "Neural networks learn by example."
        )
        await expect(plans.first.locator(".lost")).to_have_text(" networks learn by example.")
        await expect(plans.first).to_contain_text("an error, as the connection is reset")
        await expect(plans.last).to_contain_text("the exact text")
        await plans.first.get_by_text("segments in bytes").click()
        await expect(plans.first.locator(".pieces li").first.locator(".field")).to_have_text("data: ")
        assert len(served.server.fake.journal) == 0


class TestLiveControls:
    async def test_pause_holds_a_running_stream(self, page: Page, served: Served) -> None:
        served.api("PATCH", "settings", {"speed": 0.001})
        await open_console(page, served.url)
        with served.asking("hi", **{"x-mock-ares-scenario": "slow"}) as response:
            row = page.get_by_role("listbox").get_by_role("option", name="hi")
            await expect(row).to_contain_text("streaming")
            await page.get_by_role("button", name="Pause every stream").click()
            await expect(page.locator(".speed")).to_have_text("paused")
            await page.get_by_role("slider", name="Speed").press("End")
            await expect(page.locator(".speed")).to_have_text("instant")
            assert text_of(response.read().decode()) == "one two three four five six seven eight nine ten"
            await expect(row).to_contain_text("complete")

    async def test_dialect_profile_and_latency(self, page: Page, served: Served) -> None:
        await open_console(page, served.url)
        controls = page.locator("#controls")
        await controls.get_by_label("Profile").select_option("server")
        await expect(controls.get_by_label("Dialect")).to_contain_text("the profile's: typed")
        await controls.get_by_label("Dialect").select_option("delta")
        await controls.get_by_label("Latency in ms").fill("120")
        await controls.get_by_label("Latency in ms").press("Enter")
        await page.wait_for_function(
            "fetch('api/settings').then((r) => r.json()).then((s) => s.latency === 0.12 && s.dialect === 'delta')"
        )
        assert served.api("GET", "settings") == {
            "speed": "instant",
            "dialect": "delta",
            "profile": "server",
            "latency": 0.12,
        }
        assert '"delta": "Hello"' in served.ask("hi", **{"x-mock-ares-scenario": "hello"})[1]

    async def test_a_wrong_latency_is_not_taken(self, page: Page, served: Served) -> None:
        await open_console(page, served.url)
        await page.get_by_label("Latency in ms").fill("-5")
        await page.get_by_label("Latency in ms").press("Enter")
        await expect(page.get_by_label("Latency in ms")).to_have_attribute("aria-invalid", "true")
        assert served.api("GET", "settings")["latency"] == 0


class TestBreak:
    async def test_with_a_fault(self, page: Page, served: Served) -> None:
        await open_console(page, served.url)
        await page.get_by_label("With", exact=True).select_option("fault reset_peer")
        await page.get_by_label("after: counted in").select_option("text")
        await page.get_by_label("after: value").fill("Hello")
        await page.get_by_role("button", name="Break it").click()
        waiting = page.get_by_role("list", name="To be broken").get_by_role("listitem")
        await expect(waiting).to_contain_text("reset_peer: after text Hello")
        fields = {"x-mock-ares-scenario": "hello"}
        assert served.ask("hi", **fields)[1] == "broken"
        await expect(waiting).to_have_count(0)
        await expect(page.get_by_role("listbox").get_by_role("option", name="hi")).to_contain_text("reset")
        assert text_of(served.ask("hi", **fields)[1]) == "Hello there, how are you?"

    async def test_with_an_error_several_times_and_no_more(self, page: Page, served: Served) -> None:
        await open_console(page, served.url)
        await page.get_by_label("With", exact=True).select_option("error rate-limited")
        await page.get_by_label("Times").fill("3")
        await page.get_by_role("button", name="Break it").click()
        waiting = page.get_by_role("list", name="To be broken").get_by_role("listitem")
        await expect(waiting).to_contain_text("3 times")
        assert served.ask("hi")[0] == 429
        await expect(waiting).to_contain_text("2 times")
        await page.get_by_role("button", name="Do not break with rate-limited").click()
        await expect(waiting).to_have_count(0)
        assert served.ask("hi")[0] == 200

    async def test_a_place_that_is_none_is_said(self, page: Page, served: Served) -> None:
        await open_console(page, served.url)
        await page.get_by_label("after: value").fill("soon")
        await page.get_by_role("button", name="Break it").click()
        await expect(page.locator("#notices")).to_contain_text("a number is needed, not “soon”")
        assert served.api("GET", "breaks") == {"breaks": []}

    async def test_every_fault_and_error_is_offered(self, page: Page, served: Served) -> None:
        await open_console(page, served.url)
        known = served.api("GET", "faults")
        offered = page.get_by_label("With", exact=True).locator("option")
        await expect(offered).to_have_count(len(known["faults"]) + len(known["errors"]))
