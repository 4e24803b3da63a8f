"""The program: ``mock-ares``, or ``python -m mock_ares``."""

import gc


def run() -> None:
    """What is imported stays, so the collector would look at it again and again for nothing: a fifth of a start."""
    gc.disable()
    from mock_ares.cli import main

    main()


if __name__ == "__main__":
    run()
