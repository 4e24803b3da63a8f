"""The fake in a thread, in the foreground, in several processes."""
