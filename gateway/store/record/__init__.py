"""The record: chains over everything that the gateway keeps, so that a change of any row shows.

Owns: its rows, their chains, which tables it covers, its audit.
Does not own: the meter's entries, which have another chain; the seals fix both.
Always true: a row is written in the transaction that changes what it is about.
"""
