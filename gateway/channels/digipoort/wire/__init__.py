"""Digipoort's interface for companies, version 1.2: its words on the wire, in and out.

Owns: names, SOAP and WS-Addressing, WS-Security signatures, the elements of koppelvlak 1.2, faults, MTOM.
Does not own: HTTP, who may do what, where anything is stored.
Always true: what is read from a message is what its signature covers; what is written is canonical as it stands,
so that its digest is taken over the bytes that are sent.
"""
