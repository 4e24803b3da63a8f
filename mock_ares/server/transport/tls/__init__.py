"""TLS beneath a connection, exact to the record: what is handed over at once is a record of its own."""
