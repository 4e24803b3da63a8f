"""Takes the pictures of docs/console.md: ``make pictures``."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import expect

from mock_ares.server.state import Settings
from tests.console.conftest import Stage
from tests.console.stage import Served, open_console

DOCS = Path(__file__).parents[2] / "docs"
COLOURS = 64
ANSWER = (
    "Neural networks learn by example. They make a guess, measure how wrong it was, and nudge each weight a little in "
    "the direction that would have made it less wrong. After many examples the nudges add up to something that looks "
    "like understanding."
)
SCENARIOS = {
    "explains": (
        f"summary: A good answer at a human pace.\ntext: '{ANSWER}'\npace: {{first: 300ms, every: 45ms, jitter: 40%}}\n"
    ),
    "bad-day": (
        "summary: The connection is reset inside a word; then a good answer.\n"
        "when: {message: {contains: refund}}\nreplies:\n"
        "  - text: A refund takes five working days, once the parcel is back.\n"
        "    pace: {first: 400ms, every: 90ms, pauses: [{at: five, lasts: 700ms}]}\n"
        "    faults: [{reset_peer: {after: 'working d'}}]\n"
        "  - text: A refund takes five working days, once the parcel is back.\n"
        "    pace: {first: 300ms, every: 60ms}\n"
    ),
    "stalls": "summary: Silence in the middle.\ntext: One moment, I am thinking.\nfaults: [{hang: {after: 3}}]\n",
    "cut-utf8": (
        "summary: Every read ends inside a character.\n"
        "text: 'Schön, dass du fragst: größer ist nicht klüger.'\nsegments: {inside: utf8}\n"
    ),
    "busy": "summary: Too many requests, then an answer.\nreplies: [{error: rate-limited}, {text: Here I am.}]\n",
}
ASKED = (
    ("Explain how neural networks learn", "explains"),
    ("Is a larger network a cleverer one?", "cut-utf8"),
    ("Can you hear me?", "busy"),
    ("Can you hear me?", "busy"),
    ("Summarise the meeting of Tuesday", "explains"),
    ("How long does a refund take?", ""),
    ("How long does a refund take?", ""),
    ("Explain how neural networks learn", "explains"),
)
DRAWN = """() => [...document.querySelectorAll(".row:not([hidden]) canvas")].every((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width / 2, canvas.height);
  return data.some((value, index) => index % 4 === 3 && value > 0);
})"""


def traffic(served: Served) -> None:
    shop = served.api("POST", "tokens", {"name": "checkout test"})["token"]
    ada = served.api("POST", "tokens", {"name": "ada@example.com"})["token"]
    for number, (message, scenario) in enumerate(ASKED):
        fields = {"x-mock-ares-scenario": scenario} if scenario else {}
        served.ask(message, ada if number % 3 else shop, **fields)
    with served.asking("What is the weather like?", shop, **{"x-mock-ares-scenario": "stalls"}) as response:
        response.read(20)
    with served.asking("Explain it again, and slowly", ada, **{"x-mock-ares-scenario": "explains"}) as response:
        response.read(150)


def save(picture: bytes, path: Path) -> None:
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


async def take(stage: Stage, served: Served) -> None:
    page = stage.page
    await page.emulate_media(color_scheme="light")
    await open_console(page, served.url, "journal/6")
    await expect(page.locator(".as-client .verdict")).to_be_visible()
    await expect(page.locator(".journal [role=option]:not([hidden])")).to_have_count(len(ASKED) + 2)
    await page.wait_for_function(DRAWN)
    save(await page.screenshot(), DOCS / "console-journal.png")
    await stage.clear()
    await page.emulate_media(color_scheme="dark")
    served.api("POST", "breaks", {"fault": {"close_early": {"after": 20}}})
    served.api("POST", "breaks", {"error": "unavailable", "times": 2})
    await open_console(page, served.url, "compose")
    await page.get_by_label("Scenario", exact=True).select_option("explains")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator(".state .verdict.bad")).to_be_visible()
    save(await page.screenshot(), DOCS / "console-compose.png")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "scenarios"
        folder.mkdir()
        for scenario, text in SCENARIOS.items():
            (folder / f"{scenario}.yaml").write_text(text, "utf-8")
        with Served(folder, Settings(), port=0) as served:
            traffic(served)
            stage = Stage()
            try:
                stage.run(stage.start())
                stage.run(take(stage, served))
            finally:
                stage.close()


if __name__ == "__main__":
    main()
