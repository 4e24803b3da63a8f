"""A page for each check: what a person wrote of it, and what the contract knows."""
