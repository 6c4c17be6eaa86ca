"""The webhook channel: a signed CloudEvent tells a recipient that there is a message for it."""
