"""A client meets a case."""
