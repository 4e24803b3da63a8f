"""What authors write, files and Python calls, to scenarios: every mistake with its place."""
