"""A run of the contract: which checks, in which order, of which clients."""
