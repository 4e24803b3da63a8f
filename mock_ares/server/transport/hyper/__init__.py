"""Requests as the server behind ARES reads them (hyper, with httparse): what it takes for one, and for none."""
