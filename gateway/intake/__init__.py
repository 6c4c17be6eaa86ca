"""Channels in: what a sender hands in becomes one `Submission`.

Owns: reading a body within its limits of size, number and time, and where its parts go.
Does not own: who the sender is, what the document says, what happens to it.
Always true: what cannot be within a limit is cut off while it comes in.
"""
