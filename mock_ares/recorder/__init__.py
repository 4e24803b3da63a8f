"""A real server between a client and a folder of scenario files: recorded, played again, compared."""
