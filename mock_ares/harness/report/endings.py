"""What the end of a report's name says of its form. Imports nothing."""

ENDINGS = (".html", ".json", ".xml", ".md", ".badge.json", ".codequality.json")


def ending(name: str) -> str | None:
    """The longest of them that the name ends in."""
    return max((each for each in ENDINGS if name.endswith(each)), key=len, default=None)
