"""What a client made of a case, held against what it should have: right or wrong, and why."""
