"""A whole page on trial: its message is typed, and what it shows is the answer."""
