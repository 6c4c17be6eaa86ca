"""The webhook: tells a recipient by a signed CloudEvent that a message is available."""
