"""The journal: streams as they happen, a request opened, a stream saved, and thousands of them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import re
from pathlib import Path

from playwright.async_api import BrowserContext, Page, expect

from mock_ares.server.state import Settings
from tests.console.stage import Served, open_console

HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
HELD = """\
text: Half of it. The rest.
pace: {pauses: [{at: Half of it., until: released}, {at: The, until: released}]}
"""
INKED = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, index) => index % 4 === 3 && value > 0);
}"""


class TestWatch:
    async def test_a_stream_is_drawn_while_it_runs(self, page: Page, served: Served) -> None:
        served.api("PATCH", "settings", {"speed": 0.001})
        await open_console(page, served.url)
        await expect(page.get_by_role("heading", name="No request yet")).to_be_visible()
        with served.asking("hi", **{"x-mock-ares-scenario": "slow"}):
            row = page.get_by_role("listbox").get_by_role("option", name="hi")
            await expect(row).to_contain_text("streaming")
            await expect(row).to_contain_text("16 B")
            await page.wait_for_function(INKED, arg=await row.locator("canvas").element_handle())
            await expect(page.locator(".total")).to_have_text("1 request, 1 streaming")
            await row.click()
            await expect(page.locator(".as-client .verdict")).to_contain_text("So far")
            await expect(page.get_by_role("group", name="The text that was read")).to_have_text("one")
        await expect(row).to_contain_text("client left")
        await expect(page.locator(".as-client .verdict")).to_contain_text("The client left")
        await expect(page.locator(".opened .lost")).to_contain_text("two three four")

    async def test_a_stream_is_held_until_somebody_releases_it(self, page: Page, served: Served, folder: Path) -> None:
        (folder / "held.yaml").write_text(HELD)
        await open_console(page, served.url)
        with served.asking("hi", **{"x-mock-ares-scenario": "held"}) as response:
            row = page.get_by_role("listbox").get_by_role("option", name="hi")
            await expect(row).to_contain_text("held")
            await row.click()
            release, read = (
                page.get_by_role("button", name="Release"),
                page.get_by_role("group", name="The text that was read"),
            )
            await expect(page.locator(".opened")).to_contain_text("Held at pause 1 of 2, until released.")
            await expect(read).to_have_text("Half of it.")
            await release.click()
            await expect(page.locator(".opened")).to_contain_text("Held at pause 2 of 2")
            await expect(read).to_have_text("Half of it. The")
            await release.click()
            assert response.read().endswith(b" rest.\n\n")
        await expect(row).to_contain_text("complete")
        await expect(release).to_be_hidden()
        await open_console(page, served.url, "scenarios/held")
        await expect(page.locator(".plan")).to_contain_text("held until released, 2 times")

    async def test_a_request_opened(self, page: Page, served: Served) -> None:
        served.ask("all about neural nets")
        await open_console(page, served.url, "journal/1")
        opened = page.get_by_role("region", name="Request", exact=True)
        await expect(opened.get_by_role("heading", name="all about neural nets")).to_be_visible()
        await expect(opened.locator(".facts")).to_contain_text("reset")
        await expect(opened.locator(".as-client .verdict")).to_contain_text("not whole")
        await expect(opened.locator(".as-page .verdict")).to_contain_text("rejects with a TypeError")
        await expect(opened.locator(".as-page")).to_contain_text("It was not a browser that asked")
        await expect(opened.locator(".command")).to_contain_text("curl -N")
        await expect(opened.locator(".command")).to_contain_text("$ARES_TOKEN")
        await expect(opened.locator(".pairs")).to_contain_text("Bearer [redacted]")
        assert served.token.split(".")[2] not in await page.content()
        rows = opened.locator(".pieces li")
        await expect(rows.first).to_contain_text("HTTP/1.1 200 OK")
        await expect(rows.nth(1).locator(".framing").first).to_have_text("eCRLF")
        await expect(rows.nth(1).locator(".field")).to_have_text("data: ")
        await opened.get_by_role("button", name="Hex").click()
        await expect(rows.nth(1)).to_contain_text("64 61 74 61 3a 20 4e 65 75 72 61 6c")
        await opened.get_by_role("button", name="Events").click()
        await expect(rows.first).to_contain_text("chunk 1")
        await page.wait_for_function(INKED, arg=await opened.locator("canvas").element_handle())

    async def test_preflights_are_folded_unless_they_are_refused(self, page: Page, served: Served) -> None:
        for origin in ("http://localhost:5173", "https://app.example"):
            asked = {"origin": origin, "access-control-request-method": "POST"}
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)) as connection:
                connection.request("OPTIONS", "/api/chat/stream", headers=asked)
                connection.getresponse().read()
        served.ask("hi", **{"x-mock-ares-scenario": "hello"})
        await open_console(page, served.url)
        rows = page.locator(".journal [role=option]:not([hidden])")
        await expect(rows).to_have_count(2)
        await rows.nth(1).click()
        await expect(page.locator(".why")).to_contain_text("A page of https://app.example may not read it (CORS)")
        await expect(page.locator(".as-page .verdict")).to_contain_text("asks leave for is not sent")
        await page.get_by_label("1 preflight").check()
        await expect(rows).to_have_count(3)
        await expect(page.locator(".total")).to_have_text("3 requests")

    async def test_an_error_that_was_sent_whole_is_an_error(self, page: Page, served: Served) -> None:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)) as connection:
            connection.request("GET", "/api/chats")
            assert connection.getresponse().status == 404
        await open_console(page, served.url, "journal/1")
        await expect(page.locator(".row .word")).to_have_text("error")
        await expect(page.locator(".row .word")).to_have_class("word bad")
        await expect(page.locator(".why")).to_have_text("There is no such path; did you mean /api/chat?.")
        await expect(page.locator(".as-page .verdict")).to_contain_text("response.status 404")

    async def test_a_curl_line_to_repeat_it(self, page: Page, context: BrowserContext, served: Served) -> None:
        await context.grant_permissions(["clipboard-read", "clipboard-write"])
        served.ask(f"it's \\ {HOSTILE}\n", **{"x-more": "it's"})
        await open_console(page, served.url, "journal/1")
        await page.get_by_role("button", name="Copy").click()
        await expect(page.locator("#notices")).to_contain_text("Copied the curl line")
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied == served.api("GET", "requests/1")["curl"]  # which tests/pasted/test_curl.py pastes
        assert HOSTILE.replace(chr(34), chr(92) + chr(34)) in copied

    async def test_saved_as_a_scenario(self, page: Page, served: Served, folder: Path) -> None:
        served.ask("all about neural nets")
        await open_console(page, served.url, "journal/1")
        await page.get_by_role("button", name="Save as scenario").click()
        await page.get_by_label("File name").fill("again")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_role("heading", name="again.yaml")).to_be_visible()
        saved = (folder / "again.yaml").read_text("utf-8")
        await expect(page.get_by_role("textbox", name="The scenario file")).to_have_value(saved)
        assert served.ask("hi", **{"x-mock-ares-scenario": "again"})[1] == "broken"

    async def test_a_file_that_is_there_is_not_written_over(self, page: Page, served: Served, folder: Path) -> None:
        before = (folder / "hello.yaml").read_text("utf-8")
        served.ask("hi")
        await open_console(page, served.url, "journal/1")
        await page.get_by_role("button", name="Save as scenario").click()
        await page.get_by_label("File name").fill("hello.yaml")
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.locator("#notices .bad")).to_contain_text("hello.yaml is there already")
        assert (folder / "hello.yaml").read_text("utf-8") == before

    async def test_filters(self, page: Page, served: Served) -> None:
        for message in ("apples", "pears", "neural"):
            served.ask(message)
        served.ask("plums", "nonsense")
        await open_console(page, served.url)
        rows = page.get_by_role("listbox", name="Requests").get_by_role("option")
        await expect(rows).to_have_count(4)
        await page.get_by_role("searchbox", name="Filter requests").fill("pears")
        await expect(rows).to_have_text([re.compile("pears")])  # a count alone may be that of the filter before
        await page.get_by_role("searchbox", name="Filter requests").fill("")
        await page.get_by_role("combobox", name="Ending").select_option("reset")
        await expect(rows).to_have_text([re.compile("neural")])
        await page.get_by_role("combobox", name="Ending").select_option("error")
        await expect(rows).to_have_text([re.compile("401")])
        await page.get_by_role("searchbox", name="Filter requests").fill("nothing of that")
        await page.get_by_role("button", name="Show all requests").click()
        await expect(rows).to_have_count(4)


class TestThousands:
    async def test_only_what_is_seen_is_there(self, page: Page, folder: Path) -> None:
        with Served(folder, Settings(journal=6000)) as served:
            await fill(served, 5000)
            await open_console(page, served.url)
            rows = page.get_by_role("listbox", name="Requests")
            await expect(page.locator(".total")).to_have_text("5,000 requests")
            assert await rows.get_by_role("option").count() < 40
            await rows.focus()
            await page.keyboard.press("End")
            await expect(rows.get_by_role("option", name="message 1.")).to_be_visible()
            last = rows.get_by_role("option", name="message 1.")
            assert await last.get_attribute("aria-posinset") == await last.get_attribute("aria-setsize") == "5000"
            assert await rows.get_by_role("option").count() < 40
            await page.get_by_role("searchbox", name="Filter requests").fill("message 2499.")
            await expect(rows.get_by_role("option")).to_have_text([re.compile("message 2499.")])

    async def test_what_is_read_stays_where_it_is(self, page: Page, folder: Path) -> None:
        with Served(folder, Settings(journal=6000, speed=float("inf"))) as served:
            await fill(served, 500)
            await open_console(page, served.url)
            rows = page.get_by_role("listbox", name="Requests")
            await expect(page.locator(".total")).to_have_text("500 requests")
            await rows.evaluate("(list) => { list.scrollTop = 5000; }")
            row = rows.get_by_role("option", name="message 405.")
            before = await row.bounding_box()
            served.ask("a new one")
            await expect(page.locator(".newer")).to_have_text("1 new")
            await page.evaluate("() => new Promise(requestAnimationFrame)")  # in which rows are put in their places
            assert await row.bounding_box() == before
            await page.locator(".newer").click()
            await expect(rows.get_by_role("option", name="a new one")).to_be_visible()
            await expect(page.locator(".newer")).to_be_hidden()

    async def test_many_at_once_cost_a_frame_each_time_and_no_more(self, page: Page, folder: Path) -> None:
        """The list is drawn once a frame, however many requests come in it."""
        with Served(folder, Settings(journal=6000)) as served:
            await open_console(page, served.url)
            await page.evaluate("""() => {
              window.frames_ = 0; window.changes_ = 0;
              const count = () => { window.frames_ += 1; requestAnimationFrame(count); };
              requestAnimationFrame(count);
              const space = document.querySelector(".journal .space");
              new MutationObserver(() => { window.changes_ += 1; }).observe(space, { attributes: true });
            }""")
            await fill(served, 2000)
            await expect(page.locator(".total")).to_have_text("2,000 requests")
            assert await page.evaluate("window.changes_ <= window.frames_ + 1")


async def fill(served: Served, count: int) -> None:
    """So many requests in the journal, told to whoever listens, as if they had come."""

    async def add() -> None:
        fake, control = served.server.fake, served.control
        for number in range(1, count + 1):
            exchange = fake.journal.open("POST", "/api/chat/stream", (), fake.clock.now())
            control.opened(exchange)
            exchange.message, exchange.status, exchange.ending = f"message {number}.", 200, "complete"
            exchange.duration = 0.1
            control.ended(exchange)

    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(add(), served.server.loop))


class TestHostileText:
    async def test_is_text(self, page: Page, served: Served, folder: Path) -> None:
        name = served.api("POST", "tokens", {"name": HOSTILE})
        served.api(
            "PUT", f"tokens/{name['id']}/replies", {"replies": [HOSTILE, {"text": HOSTILE, "faults": ["garbage"]}]}
        )
        served.ask(HOSTILE, name["token"], **{"user-agent": HOSTILE})
        (folder / "hostile.yaml").write_text(f"summary: '{HOSTILE}'\ntext: '{HOSTILE}'\n", "utf-8")
        await open_console(page, served.url, "journal/1")
        opened = page.get_by_role("region", name="Request", exact=True)
        await expect(opened.get_by_role("heading", level=2)).to_have_text(HOSTILE)
        await expect(opened.get_by_role("group", name="The text that was read")).to_have_text(HOSTILE)
        await expect(opened.locator(".pairs")).to_contain_text(HOSTILE)
        await page.goto(f"{served.url}/_mock/#/scenarios/hostile")
        await expect(page.get_by_role("group", name="What a correct client reads")).to_have_text(HOSTILE)
        await page.goto(f"{served.url}/_mock/#/files/hostile.yaml")
        await expect(page.locator(".editor .layer")).to_contain_text(HOSTILE)
        await page.goto(f"{served.url}/_mock/#/scenarios/{HOSTILE}")
        await expect(page.get_by_role("heading", name="No scenario")).to_be_visible()
        assert await page.evaluate("window.pwned") is None
        assert await page.locator("main img, main script").count() == 0

    async def test_the_policy_forbids_what_is_not_the_page_s_own(self, context: BrowserContext, served: Served) -> None:
        page = await context.new_page()
        response = await page.goto(f"{served.url}/_mock/")
        assert response is not None
        policy = (await response.all_headers())["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        data = base64.b64encode(b"window.pwned = 1").decode()
        tried = f"""() => new Promise((done) => {{
          const script = document.createElement("script");
          script.onerror = () => done("refused");
          script.onload = () => done("loaded");
          try {{ script.src = "data:text/javascript;base64,{data}"; }} catch {{ return done("refused"); }}
          document.head.append(script);
        }})"""
        assert await page.evaluate(tried) == "refused"
        assert await page.evaluate("window.pwned") is None
