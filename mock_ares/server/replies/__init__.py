"""From a request to the reply it gets, and from that to a plan."""
