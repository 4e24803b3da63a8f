"""What is said of a run: in the terminal, in pytest, as JSON, JUnit XML and one HTML page."""

ENDINGS = (".html", ".json", ".xml", ".md", ".badge.json", ".codequality.json")


def ending(name: str) -> str | None:
    """The longest of them that the name ends in."""
    return max((each for each in ENDINGS if name.endswith(each)), key=len, default=None)
