"""The composer: a right client in the page, which tells the truth about what came."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import yaml
from playwright.async_api import Page, expect

from mock_ares.dialects import DIALECTS
from mock_ares.paths import CONTRACTS
from mock_ares.server.state import Settings
from tests.console.stage import Served, open_console

TEXT = "Hello there, how are you?"
BAD_DAYS: list[tuple[dict[str, Any], str, str | None]] = [
    ({"fault": {"close_early": {"after": 2}}}, "The connection broke", None),  # Chromium may drop what it had
    ({"fault": {"missing_end": {}}}, "without the done event", TEXT),
    ({"fault": {"error_event": {"after": 1, "message": "no more"}}}, "reported an error: no more", "Hello"),
    ({"error": "rate-limited"}, "HTTP 429", None),
    ({"fault": "empty_reply"}, "No HTTP response", None),
]


async def send(page: Page, message: str, scenario: str = "") -> None:
    await page.get_by_label("Message", exact=True).fill(message)
    await page.get_by_label("Scenario", exact=True).select_option(scenario)
    await page.get_by_role("button", name="Send", exact=True).click()


class TestSend:
    async def test_reads_every_dialect(self, page: Page, served: Served) -> None:
        await open_console(page, served.url, "compose")
        for dialect in DIALECTS:
            served.api("PATCH", "settings", {"dialect": dialect})
            await send(page, "hi", "hello")
            await expect(page.locator(".state")).to_contain_text(f"read as {dialect}")
            await expect(page.locator(".state .verdict")).to_have_text("The answer is whole.")
            await expect(page.get_by_role("group", name="The text")).to_have_text(TEXT)
            await expect(page.locator(".compose .pieces")).to_contain_text("data:")

    async def test_a_reply_with_a_dialect_of_its_own(self, page: Page, served: Served, folder: Path) -> None:
        (folder / "own.yaml").write_text(f"text: '{TEXT}'\ndialect: typed\n", "utf-8")
        await open_console(page, served.url, "compose")
        await page.locator("option[value=own]").wait_for(state="attached")
        await send(page, "hi", "own")
        await expect(page.get_by_role("group", name="The text")).to_have_text(TEXT)
        await expect(page.locator(".state")).to_contain_text("read as typed")
        await page.get_by_label("Read as").select_option("text")
        await expect(page.get_by_role("group", name="The text")).to_contain_text('{"event":"start"')

    async def test_the_truth_of_a_bad_day(self, page: Page, served: Served) -> None:
        served.api("PATCH", "settings", {"dialect": "typed"})
        await open_console(page, served.url, "compose")
        for broken, said, text in BAD_DAYS:
            served.api("POST", "breaks", broken)
            await send(page, "hi", "hello")
            await expect(page.locator(".state .verdict.bad")).to_contain_text(said)
            if text is not None:
                await expect(page.get_by_role("group", name="The text")).to_have_text(text)

    async def test_stopped_by_hand(self, page: Page, served: Served) -> None:
        served.api("PATCH", "settings", {"speed": 0.001})
        await open_console(page, served.url, "compose")
        await send(page, "hi", "slow")
        await expect(page.get_by_role("group", name="The text")).to_have_text("one")
        await page.get_by_role("button", name="Stop").click()
        await expect(page.locator(".state .verdict")).to_contain_text("Stopped")
        await page.get_by_role("link", name="in the journal").click()
        await expect(page.locator(".opened .facts")).to_contain_text("client left")

    async def test_what_is_no_stream(self, page: Page, served: Served, folder: Path) -> None:
        (folder / "page.yaml").write_text("content: {html: '<h1>hi</h1>'}\n", "utf-8")
        await open_console(page, served.url, "compose")
        await page.locator("option[value=page]").wait_for(state="attached")
        await send(page, "hi", "page")
        await expect(page.locator(".state .verdict")).to_contain_text("content type is text/html")
        await expect(page.get_by_role("group", name="The body")).to_have_text("<h1>hi</h1>")

    async def test_a_message_of_the_journal_is_asked_again(self, page: Page, served: Served) -> None:
        served.ask("what was that?")
        await open_console(page, served.url, "journal/1")
        await page.get_by_role("button", name="Ask again").click()
        await expect(page.get_by_label("Message", exact=True)).to_have_value("what was that?")
        await page.get_by_label("Message", exact=True).press("Control+Enter")
        await expect(page.locator(".state .verdict")).to_have_text("The answer is whole.")
        assert [exchange.message for exchange in served.server.requests()] == ["what was that?"] * 2

    async def test_an_api_key_for_the_key_routes(self, page: Page, served: Served) -> None:
        await open_console(page, served.url, "compose")
        await page.get_by_label("To", exact=True).select_option("/v1/chat/stream")
        await send(page, "hi", "hello")
        await expect(page.get_by_role("group", name="The text")).to_have_text(TEXT)
        await page.get_by_label("To", exact=True).select_option("/api/chat")
        await send(page, "hi", "hello")
        await expect(page.locator(".state .verdict")).to_have_text("An ordinary answer, whole.")


class TestReader:
    async def test_the_wire_vectors(self, page: Page, folder: Path) -> None:
        """The page's own client reads the contract's vectors as they say, however their bytes are cut."""
        files = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((CONTRACTS / "wire").glob("*.yaml"))]
        vectors = [
            {
                "name": vector["name"],
                "dialect": content.get("dialect", "text"),
                "segments": [base64.b64encode(bytes_of(each)).decode() for each in vector["segments"]],
                "expected": [vector["text"], vector.get("complete", True), vector.get("error")],
            }
            for content in files
            for vector in content["vectors"]
        ]
        assert len(vectors) > 100
        with Served(folder, Settings()) as served:
            await open_console(page, served.url)
            assert await page.evaluate(READ, vectors) == []


def bytes_of(segment: str | dict[str, str]) -> bytes:
    return segment.encode() if isinstance(segment, str) else bytes.fromhex(segment["hex"])


READ = """async (vectors) => {
  const { Reader } = await import("./js/client.js");
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const wrong = [];
  for (const { name, dialect, segments, expected } of vectors) {
    const given = segments.map(bytes);
    const all = given.flatMap((each) => [...each]);
    for (const cut of [given, [Uint8Array.from(all)], all.map((byte) => Uint8Array.of(byte))]) {
      const reader = new Reader(dialect);
      for (const each of cut) reader.feed(each);
      const { complete, error } = reader.end();
      const found = [reader.text, complete, error];
      if (JSON.stringify(found) !== JSON.stringify(expected)) wrong.push([name, found, expected]);
    }
  }
  return wrong;
}"""
