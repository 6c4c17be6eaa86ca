"""The way of a message: accepted, queued, judged in workers, committed, delivered.

Owns: the queue and its workers, retries, the order of a recipient's messages.
Does not own: what becomes of a message (`gateway.messages`), channels, SQL.
Always true: what is accepted is judged, whatever crashes; a recipient's messages are offered in their order; one
that does not answer delays nobody else; every message ends as refused, duplicate, delivered or returned, or is
parked.
"""
