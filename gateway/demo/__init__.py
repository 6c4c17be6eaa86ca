"""The demo: fictitious parties send documents through the gateway's public HTTP API.

Owns: the parties, their documents and the output. Does not own: any part of the gateway, which it uses as a
client.
"""
