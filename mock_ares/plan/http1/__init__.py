"""A payload to the bytes of an HTTP/1.1 message (RFC 9112)."""
