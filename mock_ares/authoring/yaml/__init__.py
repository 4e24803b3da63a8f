"""YAML text to nodes that know their place, to plain values, and back."""
