"""The program: ``mock-ares``, or ``python -m mock_ares``."""

import errno
import gc
import os
import sys
from typing import NoReturn

_OUTPUT = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF, errno.EPIPE})
"""What writing may fail with."""


def run() -> None:
    """What is imported stays, so the collector would look at it again and again for nothing: a fifth of a start."""
    gc.disable()
    from mock_ares.cli import main
    from mock_ares.server.hosting.output_queue import usable_streams

    usable_streams()
    try:
        try:
            main()
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.errno not in _OUTPUT or error.filename is not None:
            raise
        _unwritten(error)


def _unwritten(error: OSError) -> NoReturn:
    """Standard output takes no more: one line, unless it is a pipe that its reader has closed, as ``head`` does."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # for what is still in the buffer
    try:
        if error.errno != errno.EPIPE:
            sys.stderr.write(f"mock-ares: standard output cannot be written to: {error.strerror}\n")
        sys.stderr.flush()
    except OSError:  # the same disk, perhaps
        os.dup2(nowhere, 2)
    sys.exit(2)


if __name__ == "__main__":
    run()
