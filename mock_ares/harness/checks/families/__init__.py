"""The checks by what they are about: rows of fixed examples, and of what is varied beside them."""
