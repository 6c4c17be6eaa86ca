"""The work of the commands: parties and keys, stuck messages, the meter, exports and bills.

Each function opens what it needs from the settings, works next to a running server or without one, and closes it.
"""
