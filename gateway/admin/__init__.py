"""What the command line and the server do with the register, the meter, the bills and stuck messages.

Each function opens what it needs from the settings, works beside a running server or without one, and closes it.
"""
