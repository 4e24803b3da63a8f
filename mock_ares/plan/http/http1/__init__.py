"""What HTTP/1.1 puts around a payload (RFC 9112)."""
