"""The contract and the fixtures as pytest has them."""
