"""Channels out. Empty so far: recipients collect from their mailbox, which is the store's."""
