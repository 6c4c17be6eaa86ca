"""The parties of the demo, as `cast.toml` has them."""

from importlib.resources import files

import msgspec

from gateway.settings import BillingSettings


class Player(msgspec.Struct, frozen=True):
    """A party of the demo. `scheme` (EAS code) and `number` are its electronic address."""

    party_id: str
    name: str
    kind: str
    role: str
    scheme: str
    number: str
    street: str
    city: str
    postcode: str
    vat: str = ""
    iban: str = ""
    mandates: tuple[str, ...] = ()

    @property
    def domain(self) -> str:
        """Its internet domain, which does not exist."""
        return f"{self.party_id}.example"


class _Cast(msgspec.Struct, frozen=True):
    players: list[Player]
    issuer: BillingSettings


_PARTIES = msgspec.toml.decode((files(__package__) / "cast.toml").read_bytes(), type=_Cast)
INSTALLER, OFFICE, BRIDGE, MINISTRY, TOWN, HARBOUR, PROVINCE, STRANGER = _PARTIES.players
CAST = (INSTALLER, OFFICE, BRIDGE, MINISTRY, TOWN, HARBOUR, PROVINCE)
"""All but the stranger, a recipient that is not registered."""
ISSUER = _PARTIES.issuer
"""The issuer of the bills."""
