"""All that is ARES and nobody else: its profiles, credentials, errors, bodies and routes."""
