"""What must be so in a report of `make trial`: the corrected clients pass, but for what is expected of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def faults(report: dict[str, Any]) -> list[str]:
    """The harness's errors, and the failures of corrected clients."""
    return [
        f"{client['name']}: {check['id']}: {check['verdict']}: {check['diagnosis']}"
        for client in report["clients"]
        for check in client["checks"]
        if check["verdict"] == "errored" or (check["verdict"] == "failed" and client["name"].endswith(", corrected"))
    ]


def main(path: str) -> int:
    found = faults(json.loads(Path(path).read_text(encoding="utf-8")))
    sys.stderr.write("".join(f"{line}\n" for line in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
