"""The meter: what is counted, for whom, and how anyone can count it again.

Owns: entries, who pays for a message, usage events from other services, seals and their proofs, statements,
exports. Does not own: SQL (`store.ledger*`), tariffs and bills (`billing`), channels.
Always true: an entry is never changed or removed, only reversed by another entry; the same thing never
counts twice; every total can be computed again from the entries.
"""
