"""What bytes look like that are no request: in words, for whoever wonders who called."""

from __future__ import annotations

import re

MOST = 64
"""Bytes of a beginning that are looked at."""
CLEAR = "this port speaks HTTP/1.1 in clear text: use http://"

_TABLE: tuple[tuple[bytes, str], ...] = (
    (rb"\x16\x03[\x00-\x04]", f"a TLS handshake, as for https://; {CLEAR}"),
    (rb"\x80.\x01\x03|\x80.\x01\x00\x02", f"an old TLS handshake; {CLEAR}"),
    (rb"PRI \* HTTP/2", "HTTP/2 with prior knowledge, which is not spoken here or has a broken preface"),
    (rb"[\x01\x02\x81\x82\x88-\x8a][\x80-\xff]", "a WebSocket frame; ARES has no WebSocket"),
    (rb"\x00\x00[\x00-\xff]\x04\x00|\x00\x00\x06?\x00?\x04", "HTTP/2 frames; ask by HTTP/1.1"),
    (rb"SSH-\d", "SSH"),
    (rb"(?i:EHLO|HELO|LHLO|MAIL FROM|RCPT TO)\b", "SMTP, as for mail"),
    (rb"\w+ \S+ RTSP/", "RTSP, as for media streams"),
    (rb"\w+ \S+ SIP/|SIP/\d", "SIP, as for telephony"),
    (rb"(?i:NICK|USER|CAP LS|PASS)\b", "IRC or FTP"),
    (rb"(?i:[a-z]*\d+ (?:LOGIN|CAPABILITY|STARTTLS))\b", "IMAP, as for mail"),
    (rb"HTTP/\d", "an HTTP response, not a request"),
    (rb"\r\n\r\n\x00\r\nQUIT\n|PROXY (?:TCP|UNKNOWN)", "the PROXY protocol of a load balancer: switch it off"),
    (rb"\x05[\x01-\x09][\x00-\x09]|\x04[\x01\x02]", "SOCKS, as for a proxy: this is no proxy"),
    (rb"\x00\x00\x00.\x00\x03\x00\x00|\x00\x00\x00\x08\x04\xd2\x16\x2f", "PostgreSQL"),
    (rb"\*\d+\r\n\$|(?:PING|INFO)\r\n", "Redis"),
    (rb"\x10.{1,4}\x00\x04MQTT", "MQTT"),
    (rb"AMQP", "AMQP"),
    (rb"\x03\x00\x00", "remote desktop (RDP)"),
    (rb"<\?xml|<stream", "XML, as for XMPP"),
    (rb"\s*[\[{]", "JSON without an HTTP head"),
    (rb"data:|event:|id:|:", "an event stream without an HTTP head"),
    (rb"[A-Za-z]+ \S+\r?\n", "HTTP/0.9 (a request line without a version); ask by HTTP/1.1"),
    (rb"[!-~]+ .* HTTP/(?!1\.[01]\b)", "a request of another HTTP version; ask by HTTP/1.1"),
    (rb"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE) ", "an HTTP request with a mistake in its head"),
    (rb"[!-~]+ \S+ HTTP/1\.[01]", "an HTTP request, with a method that is not known or a mistake in its head"),
    (rb"[\t\r\n -~]+\Z", "text that is no HTTP request"),
)
_PATTERNS = tuple((re.compile(pattern, re.DOTALL), words) for pattern, words in _TABLE)


_NONE = re.compile(rb"[^!-~]|(?![!-~]+ [!-~]+ HTTP/\d\.\d\r?\n)[^\n]*\n")


def is_none(beginning: bytes) -> bool:
    """Whether no request can begin so: with this character, or with a line that ends as no request line does."""
    return _NONE.match(beginning) is not None


def looks_like(beginning: bytes) -> str:
    """A word or two on what begins so. Nothing of the bytes themselves is told: they may hold secrets."""
    begins = beginning[:MOST]
    if not begins:
        return "nothing at all"
    return next((words for pattern, words in _PATTERNS if pattern.match(begins)), "binary data of no kind known here")
