"""The picture of the trial's grid for the README, light and dark: `make picture`, from the report of `make trial`.

What every client passes is left out, so that the rest can be read in a column of text.
"""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from mock_ares.harness.clients.browser.devtools import Browser

SCHEMES = ("light", "dark")
WIDTH = 1240
"""CSS pixels; a README shows two thirds of that."""
HEIGHT = 5000
"""All of the page, which a scroll bar would make narrower."""
COLORS = 64
MOST = 200_000
"""Bytes."""
PREPARE = """
for (const row of document.querySelectorAll("tbody tr:has(td)")) {
  if (!row.querySelector(".cell.failed")) row.remove();
}
for (const tier of document.querySelectorAll("tbody:not(:has(td))")) tier.remove();
const {x, y, width, height} = document.querySelector("table").getBoundingClientRect();
[x, y, width, height];
"""


def take(report: Path, folder: Path) -> list[Path]:
    """Raises ChromiumError."""
    browser = Browser()
    try:
        return [_picture(browser, report, scheme, folder / f"trial-{scheme}.png") for scheme in SCHEMES]
    finally:
        browser.close()


def _picture(browser: Browser, report: Path, scheme: str, path: Path) -> Path:
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(method: str, **words: Any) -> Any:
        return browser.call(method, session, **words)

    def value(script: str) -> Any:
        return call("Runtime.evaluate", expression=script, returnByValue=True)["result"]["value"]

    call("Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=False)
    call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    call("Page.navigate", url=report.resolve().as_uri())
    while value("document.readyState") != "complete":
        pass
    x, y, width, height = value(PREPARE)
    clip = {"x": x, "y": y, "width": width, "height": height, "scale": 1}
    shot = call("Page.captureScreenshot", clip=clip)["data"]
    with Image.open(io.BytesIO(base64.b64decode(shot))) as image:
        image.convert("RGB").quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


def main(report: str) -> int:
    if not Path(report).is_file():
        sys.stderr.write(f"there is no {report}: make trial writes it\n")
        return 2
    for path in take(Path(report), Path("docs")):
        size = path.stat().st_size
        sys.stdout.write(f"{path}: {size:,} bytes\n")
        if size > MOST:
            sys.stderr.write(f"{path} is larger than {MOST:,} bytes\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
