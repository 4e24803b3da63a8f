"""What ARES remembers for its clients, for as long as the fake runs."""
