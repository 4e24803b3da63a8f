"""What HTTP/2 puts around a payload (RFC 9113): frames, whose stream gets its number when they leave."""
