"""Bytes on a connection: uvicorn's protocols, the wire, and what the kernel knows of the client."""
