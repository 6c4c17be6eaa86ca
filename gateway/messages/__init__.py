"""A message: what came in, its life, its participants, and what it asks of the other rooms.

Owns: the states and their Digipoort codes, who may send for whom, duplicates, leases.
Does not own: SQL, channels, rules, money.
Always true: a kenmerk is given only for what is on stable storage; every state that is not final has
a way out; a state is left only by a step that the journal holds.
"""
