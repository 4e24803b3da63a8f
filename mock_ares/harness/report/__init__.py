"""What is said of a run: in the terminal, in pytest, as JSON, JUnit XML and one HTML page."""
