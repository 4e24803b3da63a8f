"""What authors write: the model, and how files become it."""
