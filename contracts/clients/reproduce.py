"""What an HTTP library makes impossible, without a line of the clients: bytes on a socket, one call of the library.

    python contracts/clients/reproduce.py [NAME ...]

Each line says what the bytes mean (RFC 9112), and what the library makes of them. Needs nothing but the tools.
"""

import gzip
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\naccess-control-allow-origin: *\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n"
DATA = b"data: a\n\n"
BODY = b"9\r\n" + DATA + b"\r\n0\r\n\r\n"
ZIPPED = gzip.compress(DATA * 9)[:-8]  # without checksum and length
GZIP_BODY = b"%x\r\n%b\r\n0\r\n\r\n" % (len(ZIPPED), ZIPPED)
WHOLE = "a whole body, 'data: a'"
CUT = "a body that is cut"

NODE = """
const say = (...words) => console.log(...words);
await fetch(process.argv[1], { method: "POST", body: "{}" })
  .then(async (response) => say(response.status, JSON.stringify(await response.text())))
  .catch((error) => say("failed:", error.cause?.message ?? error.message));
"""
REQUESTS = """
import requests, sys
try:
    response = requests.post(sys.argv[1], data="{}", stream=True, timeout=5)
    print(response.status_code, response.raw.read())
except Exception as error:
    print("failed:", error)
"""
# The browser prints the page when it has loaded, and an image that comes late is a part of it.
PAGE = b"""<!doctype html><body><img src="/late"><script>
fetch("/", { method: "POST", body: "{}" })
  .then(async (response) => [response.status, JSON.stringify(await response.text())].join(" "))
  .catch((error) => "failed: " + error.message)
  .then((said) => { document.body.append(said); });
</script>"""
CHROMIUM = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-proxy-server", "--no-first-run"]
CHROMIUM += ["--disable-component-update", "--disable-background-networking", "--timeout=20000", "--dump-dom"]
LATE = 0.5
"""Seconds."""
AIOHTTP = """
import aiohttp, asyncio, sys
async def main():
    timeout = aiohttp.ClientTimeout(total=3)
    async with aiohttp.ClientSession(timeout=timeout) as http, http.post(sys.argv[1], data="{}") as response:
        print(response.status, await response.read())
try:
    asyncio.run(main())
except TimeoutError:
    print("waits for ever")
except Exception as error:
    print("failed:", " ".join(str(error).split()))
"""
JAVA = """
import java.net.URI;
import java.net.http.*;

class Probe {
    public static void main(String[] arguments) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(arguments[0]))
            .POST(HttpRequest.BodyPublishers.ofString("{}")).version(HttpClient.Version.HTTP_1_1).build();
        try {
            var response = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
            System.out.println(response.statusCode() + " '" + response.body().replace("\\n", "\\\\n") + "'");
        } catch (java.io.IOException error) {
            System.out.println("failed: " + error.getMessage());
        }
        System.exit(0);
    }
}
"""
"""A file, since Java takes no program on its command line."""
TOOLS = {
    "aiohttp": (
        [sys.executable, "-c", AIOHTTP],
        [sys.executable, "-c", "import aiohttp; print('aiohttp', aiohttp.__version__)"],
    ),
    "browser": (CHROMIUM, ["chromium", "--version"]),
    "java": (["java", "Probe.java"], ["java", "--version"]),
    "node": (["node", "--input-type=module", "-e", NODE], ["node", "-p", "`Node ${process.version}`"]),
    "requests": (
        [sys.executable, "-c", REQUESTS],
        [sys.executable, "-c", "import requests, urllib3 as u; print('requests', requests.__version__, u.__version__)"],
    ),
}


@dataclass(frozen=True)
class Reproduction:
    check: str
    tool: str
    answer: bytes
    means: str
    then: Literal["stay", "fin", "rst"] = "stay"
    later: bytes = b""
    """What comes when the answer has been read."""

    @property
    def name(self) -> str:
        return f"{self.tool}:{self.check}"


ALL = (
    Reproduction("early-100", "node", b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED + b"\r\n" + BODY, WHOLE),
    Reproduction("chunk-ext-quoted", "node", CHUNKED + b"\r\n" + BODY.replace(b"9", b'9; a = "b;c"', 1), WHOLE),
    Reproduction("drop-fin-close", "node", CHUNKED + b"connection: close\r\n\r\n" + BODY[:-5], CUT, "fin"),
    Reproduction("drop-rst-close", "node", CHUNKED + b"connection: close\r\n\r\n" + BODY[:-5], CUT, "rst"),
    Reproduction(
        "drop-gzip", "browser", CHUNKED + b"content-encoding: gzip\r\n\r\n" + GZIP_BODY, "a gzip stream that is cut"
    ),
    Reproduction("malformed-chunk", "java", CHUNKED + b"\r\n" + BODY[:-5] + b"\r\n" + BODY, "a broken chunk size"),
    Reproduction("early-103", "requests", b"HTTP/1.1 103 Early Hints\r\n\r\n" + CHUNKED + b"\r\n" + BODY, WHOLE),
    Reproduction("malformed-chunk", "aiohttp", CHUNKED + b"\r\n" + BODY[:-5], "a broken chunk size", later=b"ZZ\r\n"),
    Reproduction("chunk-ext-quoted", "aiohttp", CHUNKED + b"\r\n", WHOLE, later=BODY.replace(b"9", b'9; a = "b;c"', 1)),
)


def serve(listener: socket.socket, reproduction: Reproduction) -> None:
    """Browsers open connections that they may never use, so each has a thread."""
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection, reproduction), daemon=True).start()


def answer(connection: socket.socket, reproduction: Reproduction) -> None:
    """The page for a GET, the bytes for a POST."""
    request = b""
    while not request.endswith(b"{}" if request.startswith(b"POST") else b"\r\n\r\n"):
        if not (received := connection.recv(65536)):
            return
        request += received
    if request.startswith(b"POST"):
        respond(connection, reproduction)
    else:
        time.sleep(LATE if request.startswith(b"GET /late") else 0)
        connection.sendall(b"HTTP/1.0 200 OK\r\ncontent-type: text/html\r\n\r\n" + PAGE)
        connection.close()


def respond(connection: socket.socket, reproduction: Reproduction) -> None:
    with connection:
        connection.sendall(reproduction.answer)
        if reproduction.later:
            quiet(connection)
            connection.sendall(reproduction.later)
        if reproduction.then == "stay":
            while connection.recv(65536):
                pass
        if reproduction.then == "rst" and quiet(connection):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def quiet(connection: socket.socket) -> bool:
    """What was sent has been read, and nothing came back."""
    connection.settimeout(0.3)
    try:
        connection.recv(1)
    except TimeoutError:
        connection.settimeout(None)
        return True
    return False


def seen(reproduction: Reproduction) -> str:
    """What the library says."""
    command, _ = TOOLS[reproduction.tool]
    with socket.create_server(("127.0.0.1", 0)) as listener, tempfile.TemporaryDirectory() as folder:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        threading.Thread(target=serve, args=(listener, reproduction), daemon=True).start()
        profile = [f"--user-data-dir={folder}"] if reproduction.tool == "browser" else []
        Path(folder, "Probe.java").write_text(JAVA)
        words = [*command, *profile, url]
        said = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=folder).stdout.strip()
    return re.sub("<script>.*</script>|<[^>]*>", "", said, flags=re.DOTALL).strip()


def main(names: list[str]) -> int:
    for tool, (command, version) in TOOLS.items():
        chosen = [found for found in ALL if found.tool == tool and (not names or found.name in names)]
        if not chosen or not shutil.which(command[0]):
            continue
        sys.stdout.write(subprocess.run(version, capture_output=True, text=True).stdout.splitlines()[0] + "\n")
        for found in chosen:
            sys.stdout.write(f"  {found.check:18} {found.means:26} {seen(found)}\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
