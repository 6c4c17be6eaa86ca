"""Messages: what they are, who takes part, and what becomes of them. Pure: no SQL, no network.

Owns: the states and their Digipoort codes, who may send for whom, duplicates, who pays for a message.
Does not own: SQL, channels, rules, tariffs.
Always true: a kenmerk is given only for what is on stable storage; every state that is not final can be left; a
state changes only by a step that is in the journal.
"""
