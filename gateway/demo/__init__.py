"""The demo: parties that do not exist send real documents through the gateway's own public HTTP API.

Owns: the cast, their documents, the telling. Does not own: anything of the gateway; it knows it from outside.
"""
