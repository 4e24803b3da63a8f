"""Replies made exact: text to chunks to events to bytes, timed."""
