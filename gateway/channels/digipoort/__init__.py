"""The Digipoort door: WUS 1.2 over SOAP, with certificates and signed messages.

Owns: the conversation of each operation, replay protection, the sandbox's scenarios.
Does not own: the words on the wire (`koppelvlak`), who is trusted (`trust`), the life of a message (`messages`).
Always true: nothing is stored before certificate, signature and schema were judged; a request that fails is
answered with a typed fault.
"""

from gateway.channels.digipoort.door import WusDoor
from gateway.channels.digipoort.ports import WusPorts
from gateway.channels.digipoort.settings import WusSettings

__all__ = ["WusDoor", "WusPorts", "WusSettings"]
