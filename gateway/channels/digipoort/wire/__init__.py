"""Digipoort's interface for companies, version 1.2, as it is on the wire: requests and answers.

Owns: names, SOAP and WS-Addressing, WS-Security signatures, the elements of koppelvlak 1.2, faults, MTOM.
Does not own: HTTP, who may do what, where anything is stored.
Always true: what is read from a message is what its signature covers; what is written is in canonical
form, so that its digest is over the bytes that are sent.
"""
