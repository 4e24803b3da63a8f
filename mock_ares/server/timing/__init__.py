"""Deadlines, timers, and the clock that streams are played by."""
