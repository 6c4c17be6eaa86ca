"""Digipoort's interface for companies: WUS 1.2 over SOAP, with certificates and signed messages.

Owns: what each operation does, replay protection, the sandbox's scenarios, the afleverservice, its own tables.
Does not own: who is trusted (`pki`), the life of a message (`messages`).
Always true: nothing is stored before certificate, signature and schema are checked; a request that fails is
answered with a typed fault.
"""
