"""What can be asked of the control API, and changed by it: one module for each kind."""
