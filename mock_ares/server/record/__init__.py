"""What the fake saw and did, without secrets, and who is told of it."""
