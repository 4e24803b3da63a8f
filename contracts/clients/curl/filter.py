"""Event stream in, text out: the half of a client that curl does not do.

``curl --no-buffer --dump-header HEAD ... | python3 filter.py HEAD``. Exit status 1 and a line on stderr when HEAD
says that the body is no event stream. Whether the body was whole only curl's own exit status can say.
"""

import codecs
import os
import re
import sys
from collections.abc import Iterator

LINE_END = re.compile(r"\r\n|\r|\n")


class EventStream:
    """WHATWG HTML, 9.2.5 and 9.2.6: bytes as they come in, the data of each finished event out."""

    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")("replace")  # one BOM is dropped, half characters wait
        self._unfinished_line: list[str] = []
        self._after_cr = False
        self._data: list[str] = []

    def feed(self, received: bytes) -> Iterator[str]:
        for line in self._lines(self._utf8.decode(received)):
            field, _, value = line.partition(":")
            if not line and self._data:
                yield "\n".join(self._data)
                self._data = []
            elif field == "data":
                self._data.append(value.removeprefix(" "))

    def _lines(self, text: str) -> Iterator[str]:
        if not text:
            return
        rest_of_crlf = self._after_cr and text[0] == "\n"
        self._after_cr = text[-1] == "\r"
        *ends, unfinished = LINE_END.split(text[rest_of_crlf:])
        for end in ends:
            yield "".join([*self._unfinished_line, end])
            self._unfinished_line.clear()
        if unfinished:
            self._unfinished_line.append(unfinished)


def refusal(head: str) -> str | None:
    """Why the response to this head is no answer, or None. Interim heads and trailer fields are passed over."""
    heads = (re.split(r"\r?\n", block) for block in re.split(r"\r?\n\r?\n", head))
    final = next((lines for lines in heads if re.match(r"HTTP/\S+ [2-9]", lines[0])), None)
    if final is None:
        return "no final response"
    status = final[0].partition(" ")[2]
    if not status.startswith("200"):
        return f"HTTP {status}"
    fields = dict(line.lower().split(":", 1) for line in final[1:] if ":" in line)
    media_type = fields.get("content-type", "none").split(";")[0].strip()
    return None if media_type == "text/event-stream" else f"content type {media_type}, expected text/event-stream"


def main(head_file: str) -> int:
    received = os.read(0, 65536)
    with open(head_file, encoding="latin-1", newline="") as file:  # noqa: PTH123  (pathlib doubles the start time)
        head = file.read()
    if not head:
        return 1  # curl has said why
    if reason := refusal(head):
        sys.stderr.write(f"{reason}: {received[:300].decode(errors='replace')}\n")
        return 1
    events = EventStream()
    while received:
        for piece in events.feed(received):
            sys.stdout.buffer.write(piece.encode())
            sys.stdout.buffer.flush()
        received = os.read(0, 65536)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
