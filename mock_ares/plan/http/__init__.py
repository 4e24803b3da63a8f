"""A payload to the bytes of an HTTP message: by HTTP/1.1 (RFC 9112), or in frames of HTTP/2 (RFC 9113)."""
