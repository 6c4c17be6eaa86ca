"""What an operator sees and what keeps the house clean: metrics, health, the reaper.

Owns: the names and labels of metrics, when the gateway calls itself ready, the removal of leftovers.
Does not own: what happened; rooms tell it through protocols of their own, which `app` fulfils with `Metrics`.
Always true: no metric carries a party, a document number or a kenmerk; nothing is removed that a message names.
"""
