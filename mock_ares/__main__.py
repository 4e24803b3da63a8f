"""``python -m mock_ares``."""

from mock_ares.cli import main

if __name__ == "__main__":
    main()
