"""What runs by the clock: sealing, cleaning up, measuring, the drop for finance, sending bills and reminders.

One module a job; `mail` is what two of them share.

Each module ends in a coroutine that runs its job for as long as it is awaited; `main` starts them.
Always true: a job that fails is logged and runs again; nothing is removed that a message names.
"""
