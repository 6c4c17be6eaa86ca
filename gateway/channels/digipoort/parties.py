"""From a certificate's OIN and the identities in a request to the parties of our register."""

import functools
from dataclasses import dataclass

from gateway.channels.digipoort.wire.faults import RefusedError
from gateway.channels.proces import Identiteit
from gateway.http.client_certificate import Identity
from gateway.i18n import Text
from gateway.messages.participants import Caller, Party, PartyKind, Role
from gateway.store.messages.register import RegisterStore
from gateway.validator.model.identifiers import KVK, OIN, VAT_NL, PartyIdentifier, compact

_KVK_OIN = "00000003"
_RSIN_OIN = "00000001"
_FI_OIN = "00000002"
_TYPES = {OIN: "OIN", KVK: "KvK", VAT_NL: "BTW"}
"""The interface's type of a number, by our scheme; the first that a party has names it."""


@dataclass(frozen=True, slots=True)
class WusCaller:
    """The party that sends a request over WUS."""

    party: Party
    as_caller: Caller
    """The same, as the core knows callers."""
    oin: str
    acts_for_all: bool = False
    """In the sandbox: no mandate is asked for."""

    @property
    def visible_to(self) -> frozenset[str]:
        """Whose messages it may see: its own and those of the suppliers that gave it a mandate."""
        return self.party.mandates | {self.party.party_id}


@functools.lru_cache(4096)
def candidates(identiteit: Identiteit) -> tuple[PartyIdentifier, ...]:
    """Under which identifiers the register may know this number, the likeliest first.

    Digipoort's types: OIN (and HRN, built alike), KvK (12 positions in OHNL documents), BTW with or without NL,
    Fi (the tax number that RSIN OINs are built from).
    """
    kind, nummer = identiteit.type.upper(), compact(OIN, identiteit.nummer)
    if kind in {"OIN", "HRN"}:
        kvk = (PartyIdentifier(KVK, nummer[8:16]),) if nummer.startswith(_KVK_OIN) and len(nummer) == 20 else ()
        return (PartyIdentifier(OIN, nummer), *kvk)
    if kind == "KVK":
        return PartyIdentifier(KVK, nummer[:8]), PartyIdentifier(OIN, f"{_KVK_OIN}{nummer[:8]}0000")
    if kind in {"BTW", "FI"}:
        rsin = compact(VAT_NL, nummer).removeprefix("NL")
        vat = rsin if "B" in rsin else f"{rsin}B01"
        oins = (PartyIdentifier(OIN, f"{prefix}{rsin[:9]}000") for prefix in (_FI_OIN, _RSIN_OIN))
        return PartyIdentifier(VAT_NL, f"NL{vat}"), *oins
    return ()


async def find_party(directory: RegisterStore, identiteit: Identiteit) -> Party | None:
    """The registered party with this identity, or None."""
    for identifier in candidates(identiteit):
        party = directory.by_identifier(identifier)
        if party is not None:
            return party
    return None


async def recipient_of(directory: RegisterStore, ontvanger: Identiteit | None) -> PartyIdentifier | None:
    """How to name the recipient to the core; None leaves it to the document. Raises RefusedError."""
    if ontvanger is None:
        return None
    known = candidates(ontvanger)
    if not known:
        raise RefusedError(Text("the type {type} of identiteitOntvanger is not known", type=repr(ontvanger.type)))
    for identifier in known:
        if directory.by_identifier(identifier) is not None:
            return identifier
    return known[0]


async def caller_of(directory: RegisterStore, identity: Identity, *, is_sandbox: bool) -> WusCaller:
    """The party that this certificate belongs to. Raises RefusedError when the register has none."""
    party = await find_party(directory, Identiteit(identity.oin.value, "OIN"))
    if party is None:
        raise RefusedError(Text("OIN {oin} is not registered with this gateway", oin=identity.oin.value))
    as_caller = Caller(identity.key_id, role_of(party), party.party_id, is_test=is_sandbox)
    return WusCaller(party, as_caller, identity.oin.value, acts_for_all=is_sandbox)


def role_of(party: Party) -> Role:
    """What a party may do: a company with mandates is an intermediary."""
    if party.kind is not PartyKind.COMPANY:
        return Role.GOVERNMENT
    return Role.INTERMEDIARY if party.mandates else Role.SUPPLIER


async def belanghebbende_of(directory: RegisterStore, caller: WusCaller, belanghebbende: Identiteit) -> Party:
    """The party that a request is about: the caller itself, or one that gave it a mandate. Raises RefusedError.

    In a sandbox the caller itself is used for a number that is not registered, so that programs can use their own.
    """
    party = await find_party(directory, belanghebbende)
    if party is None and caller.acts_for_all:
        return caller.party
    if party is None or not (caller.acts_for_all or party.party_id in caller.visible_to):
        raise RefusedError(
            Text(
                "there is no mandate to act for {type} {nummer}",
                type=belanghebbende.type,
                nummer=belanghebbende.nummer,
            )
        )
    return party


def identiteit_of(party: Party | None, fallback: str = "") -> Identiteit:
    """How the interface names a party of ours: by OIN, else KvK number, else VAT number."""
    known = {identifier.scheme: identifier.value for identifier in party.identifiers} if party else {}
    for scheme, kind in _TYPES.items():
        if scheme in known:
            return Identiteit(known[scheme], kind)
    return Identiteit(fallback, "OIN")


def identiteit_named(text: str | None) -> Identiteit | None:
    """From `0190:0000…` as a message names its recipient."""
    if not text or ":" not in text:
        return None
    scheme, value = text.split(":", 1)
    return Identiteit(value, _TYPES.get(scheme, scheme))
