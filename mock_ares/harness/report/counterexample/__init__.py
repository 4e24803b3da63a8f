"""One failure, told in full."""
