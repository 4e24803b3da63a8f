"""The editor: mistakes at their lines, saving into the served folder and nowhere else, files that others change."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.async_api import Locator, Page, expect

from mock_ares.server.hosting.in_thread import FakeServer
from tests.console.stage import Served, open_console, text_of

BROKEN = "summary: A greeting.\nreplies:\n  - text: Hello.\n    pace: {frist: 40ms}\n"


def editor(page: Page) -> Locator:
    return page.get_by_role("textbox", name="The scenario file")


class TestEdit:
    async def test_mistakes_stand_at_their_lines_and_are_not_saved(
        self, page: Page, served: Served, folder: Path
    ) -> None:
        before = (folder / "hello.yaml").read_text("utf-8")
        await open_console(page, served.url, "files/hello.yaml")
        await expect(editor(page)).to_have_value(before)
        await editor(page).fill(BROKEN)
        line = page.locator(".editor .line.wrong")
        await expect(line).to_contain_text("pace: {frist: 40ms}")
        await expect(line.locator(".gutter")).to_have_text("4")
        await expect(line.locator(".message")).to_contain_text("did you mean 'first'?")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.locator("#notices")).to_contain_text("was not saved")
        assert (folder / "hello.yaml").read_text("utf-8") == before
        await page.get_by_role("list", name="Mistakes").get_by_role("button").click()
        assert await editor(page).evaluate("(area) => area.value.slice(area.selectionStart).startsWith('frist')")

    async def test_what_is_saved_is_served(self, page: Page, served: Served, folder: Path) -> None:
        await open_console(page, served.url, "files/hello.yaml")
        text = "text: Good evening.\n"
        await editor(page).fill(text)
        await expect(page.locator(".file-pane .plan")).to_contain_text("Good evening.")
        assert text_of(served.ask("hi", **{"x-mock-ares-scenario": "hello"})[1]) == "Hello there, how are you?"
        await editor(page).press("Control+s")
        await expect(page.locator("#notices")).to_contain_text("Saved hello.yaml")
        assert (folder / "hello.yaml").read_text("utf-8") == text
        assert text_of(served.ask("hi", **{"x-mock-ares-scenario": "hello"})[1]) == "Good evening."
        await expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()

    async def test_a_new_file(self, page: Page, served: Served, folder: Path) -> None:
        await open_console(page, served.url, "files")
        await page.get_by_role("button", name="New file").click()
        await page.get_by_label("File name").fill("night")
        await page.get_by_role("button", name="Create").click()
        await expect(page.get_by_role("heading", name="night.yaml")).to_be_visible()
        assert not (folder / "night.yaml").exists()
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_role("listbox").get_by_role("option", name="night.yaml")).to_be_visible()
        assert (folder / "night.yaml").exists()

    async def test_never_outside_the_folder(self, page: Page, served: Served, folder: Path) -> None:
        await open_console(page, served.url, "files")
        await page.get_by_role("button", name="New file").click()
        await page.get_by_label("File name").fill("../outside")
        await page.get_by_role("button", name="Create").click()
        await expect(page.locator("#notices .bad")).to_contain_text("leads out of the served folder")
        assert sorted(path.name for path in folder.parent.rglob("*.yaml")) == [
            "bad-day.yaml",
            "hello.yaml",
            "slow.yaml",
        ]

    async def test_what_was_typed_is_kept_while_one_looks_elsewhere(self, page: Page, served: Served) -> None:
        await open_console(page, served.url, "files/hello.yaml")
        await editor(page).fill(BROKEN)
        await page.get_by_role("link", name="Journal").click()
        await page.get_by_role("link", name="Files").click()
        row = page.get_by_role("listbox").get_by_role("option", name="hello.yaml")
        await expect(row).to_contain_text("not saved")
        await row.click()
        await expect(editor(page)).to_have_value(BROKEN)
        await page.get_by_role("button", name="Undo all").click()
        await expect(row).not_to_contain_text("not saved")

    async def test_a_new_line_is_indented_like_the_one_before(self, page: Page, served: Served) -> None:
        await open_console(page, served.url, "files/hello.yaml")
        await editor(page).fill("replies:")
        await editor(page).press("End")
        await editor(page).press("Enter")
        await editor(page).type("- text: hi")
        await expect(editor(page)).to_have_value("replies:\n  - text: hi")


class TestOthers:
    async def test_a_file_that_breaks_is_told_and_its_last_good_version_served(
        self, page: Page, served: Served, folder: Path
    ) -> None:
        await open_console(page, served.url)
        (folder / "hello.yaml").write_text(BROKEN, "utf-8")
        banner = page.get_by_role("alert")
        await expect(banner).to_contain_text("hello.yaml:4:12")
        await expect(banner).to_contain_text("The last good version is served.")
        await banner.get_by_role("link").click()
        await expect(page.locator(".editor .line.wrong")).to_have_count(1)
        (folder / "hello.yaml").write_text("text: Good evening.\n", "utf-8")
        await expect(editor(page)).to_have_value("text: Good evening.\n")
        await expect(banner).to_be_hidden()

    async def test_nobody_s_work_is_lost(self, page: Page, served: Served, folder: Path) -> None:
        await open_console(page, served.url, "files/hello.yaml")
        await expect(editor(page)).not_to_have_value("")
        await editor(page).fill("text: Mine.\n")
        (folder / "hello.yaml").write_text("text: Theirs.\n", "utf-8")
        notice = page.get_by_text("This file was changed elsewhere")
        await expect(notice).to_be_visible()
        await expect(editor(page)).to_have_value("text: Mine.\n")
        await page.get_by_role("button", name="Save mine over it").click()
        await expect(notice).to_be_hidden()
        await expect(page.locator("#notices")).to_contain_text("Saved hello.yaml")
        assert (folder / "hello.yaml").read_text("utf-8") == "text: Mine.\n"


async def test_without_a_folder_it_says_how_to_get_one(page: Page) -> None:
    with FakeServer() as fake:
        await open_console(page, fake.url, "files")
        await expect(page.get_by_role("heading", name="No folder is served")).to_be_visible()
        await expect(page.locator(".empty .command").first).to_contain_text("mock-ares init")
        await expect(page.locator(".empty .command").first).to_contain_text(f"--port {fake.url.rsplit(':', 1)[1]}")
        assert json.loads(await page.evaluate("fetch('api/files').then((r) => r.text())"))["editable"] is False
