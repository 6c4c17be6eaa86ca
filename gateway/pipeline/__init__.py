"""Delivery: messages pushed to recipients that asked for it; all others find theirs in the mailbox.

Owns: how a message is offered (afleverservice, webhook), retries, order per recipient, where we may connect to.
Does not own: what a message is, its journal, the mailbox.
Always true: a recipient's messages are offered in their order; one that does not answer delays nobody else;
every message ends as delivered or returned; no address inside our own network is called unless it was named.
"""
