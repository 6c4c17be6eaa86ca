"""HTTP, independent of messages: bodies, problems, negotiation, limits, connections and outgoing requests."""
