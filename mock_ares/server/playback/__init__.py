"""A script played on a wire."""
